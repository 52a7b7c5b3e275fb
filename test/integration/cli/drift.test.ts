import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { congruential } from '../../support/congruential.ts';
import { run } from '../../support/cli-run.ts';

const folder = mkdtempSync(join(tmpdir(), 'lastmile-drift-'));
function file(name: string, text: string): string { const path = join(folder, name); writeFileSync(path, text); return path; }
const u = congruential(3, 4_000);
const rows = (values: readonly number[], of: (value: number, i: number) => string): string => `age,plan,score\n${values.map(of).join('\n')}\n`;
const ref = file('ref.csv', rows(u.slice(0, 2_000), (value, i) => `${(value * 60).toFixed(2)},${i % 3 === 0 ? 'gold' : 'basic'},${value}`));
const same = file('same.csv', rows(u.slice(2_000), (value, i) => `${(value * 60).toFixed(2)},${i % 3 === 0 ? 'gold' : 'basic'},${value}`));
const moved = file('moved.csv', rows(u.slice(2_000), (value, i) => `${(value * 30).toFixed(2)},${i % 3 === 0 ? 'new' : 'basic'},${value}`));
const json = async (...argv: readonly string[]) => { const { code, out } = await run(['drift', ...argv, '--json']); return { code, document: JSON.parse(out) as { verdict: string; columns: Record<string, Record<string, unknown>>; rule: unknown } }; };

test('the documented form: every figure of every column, a verdict, and the exit code', async () => {
  const { code, document } = await json(ref, moved);
  expect(code).toBe(3);
  expect(document).toMatchObject({ verdict: 'drift', columns: { age: { type: 'numeric', verdict: 'drift' }, plan: { type: 'categorical', verdict: 'drift', newCategories: ['new'], ks: null, wasserstein: null }, score: { verdict: 'no-drift' } } });
  expect(Object.keys(document.columns.age!)).toEqual(expect.arrayContaining(['type', 'nRef', 'nCur', 'missing', 'psi', 'jsDistance', 'jsDivergence', 'base', 'wasserstein', 'wassersteinNormed', 'ks', 'ksP', 'lInfinity', 'chiSquare', 'chiSquareP', 'verdict']));
  expect(await json(ref, same)).toMatchObject({ code: 0, document: { verdict: 'no-drift' } });
});
test('columns, bins, edges on either side, standard input', async () => {
  expect(Object.keys((await json(ref, moved, '--columns', 'score')).document.columns)).toEqual(['score']);
  const edges = file('edges.json', JSON.stringify({ age: [0, 20, 40, 60], score: { edges: [0, 0.5, 1], closed: 'right' } }));
  const { document } = await json(ref, same, '--edges', edges, '--bins', '4');
  expect(document.columns.age!.edges).toEqual({ edges: [0, 20, 40, 60], closed: 'left' });
  expect(document.columns.score!.edges).toEqual({ edges: [0, 0.5, 1], closed: 'right' });
  expect((await run(['drift', ref, '-', '--columns', 'age'], { input: 'age\n1\n2\n' })).out).toMatch(/^TOO FEW ROWS TO TELL/);
});
test('counts, by name and in order', async () => {
  const counts = file('counts.json', JSON.stringify({ kind: { ref: { a: 2, b: 2, c: 2 }, cur: { a: 2, b: 2, c: 2, d: 1 } }, size: { ref: [100, 200, 300], cur: [300, 200, 100] } }));
  expect(await json('--counts', counts)).toMatchObject({ code: 3, document: { columns: { kind: { lInfinity: expect.closeTo(0.142857, 6), verdict: 'insufficient' }, size: { verdict: 'drift', ks: expect.closeTo(1 / 3, 10) } } } });
});
test('for people: what drifted first, and the budget', async () => {
  const { out } = await run(['drift', ref, moved]);
  expect(out).toMatch(/^DRIFT\n\ncolumn +verdict/);
  expect(out.indexOf('age')).toBeLessThan(out.indexOf('score'));
  expect(out).toContain('1 false alarm a month, 30 windows');
});
test.each([
  ['one file', ['drift', ref], 1, /Give two files to compare/],
  ['files and counts', ['drift', ref, same, '--counts', ref], 1, /either two files or --counts/],
  ['a missing file', ['drift', ref, join(folder, 'none.csv')], 1, /none\.csv cannot be read/],
  ['a column that is not there', ['drift', ref, same, '--columns', 'agee'], 1, /has no column agee; it has age, plan, score/],
  ['a second file without it', ['drift', ref, file('less.csv', 'age\n1\n')], 1, /less\.csv has no column plan, score/],
  ['no rows', ['drift', ref, file('empty.csv', 'age,plan,score\n')], 1, /has no rows/],
  ['edges that fall', ['drift', ref, same, '--edges', file('fall.json', '{"age":[3,1]}')], 1, /age: .*|must ascend/],
  ['edges for nothing', ['drift', ref, same, '--edges', file('other.json', '{"agee":[1,3]}')], 1, /has edges for agee, which is not compared/],
  ['bins of another number', ['drift', '--counts', file('uneven.json', '{"x":{"ref":[1,2],"cur":[1]}}')], 1, /x has 2 bins in ref and 1 in cur/],
  ['counts of two kinds', ['drift', '--counts', file('kinds.json', '{"x":{"ref":[1,2],"cur":{"a":1}}}')], 1, /a list on one side and named bins/],
  ['counts of nothing', ['drift', '--counts', file('nothing.json', '{"x":{"ref":[0],"cur":[1]}}')], 1, /x\.ref counts nothing/],
  ['a negative count', ['drift', '--counts', file('negative.json', '{"x":{"ref":[-1],"cur":[1]}}')], 1, /cannot be used/],
  ['no bins', ['drift', ref, same, '--bins', '0'], 2, /at least 1/],
])('%s is refused with what to do', async (_, argv, code, message) => {
  const ran = await run(argv);
  expect({ code: ran.code, out: ran.out }).toEqual({ code, out: '' });
  expect(ran.err).toMatch(message);
});
