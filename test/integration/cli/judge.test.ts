import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { scoredPairs } from '../../support/congruential.ts';
import { run } from '../../support/cli-run.ts';

const folder = mkdtempSync(join(tmpdir(), 'lastmile-judge-'));
function file(name: string, text: string): string { const path = join(folder, name); writeFileSync(path, text); return path; }
const csv = (rows: readonly string[], header = 'champion,challenger,label'): string => `${header}\n${rows.join('\n')}\n`;
const pairs = file('pairs.csv', csv(scoredPairs().map(({ champion, challenger, label }) => `${champion},${challenger},${label}`)));
const json = async (...argv: readonly string[]) => { const { code, out } = await run(['judge', ...argv, '--json']); return { code, document: JSON.parse(out) as Record<string, unknown> }; };

test('the documented form: a verdict with its metrics and gates, and the exit code', async () => {
  const { code, document } = await json(pairs, '--metric', 'brier', '--block-size', '1', '--v-opt', '100', '--range', '-1,1');
  expect(code).toBe(0);
  expect(document).toMatchObject({ verdict: 'promote', judgeVersion: expect.any(String), metrics: [{ name: 'brier', n: 600, blocks: 600, lower: expect.closeTo(0.04286527191752577, 9), upper: expect.closeTo(0.10913239474914091, 9), eBetter: expect.any(Number), eWorse: expect.any(Number), method: expect.any(String) }] });
  expect(document.gates).toContainEqual(expect.objectContaining({ name: 'coverage', pass: true }));
  expect(await json(pairs, '--metric', 'auc')).toMatchObject({ code: 0, document: { metrics: [{ statistic: expect.closeTo(10.59336979848743, 9), pValue: expect.any(Number) }] } });
});
test('every option has its say; what is not promoted is exit code 3', async () => {
  const of = ['--metric', 'accuracy', '--engine', 'fast', '--goal', 'no-worse', '--margin', '0.02', '--alpha', '0.01', '--n-star', '300', '--min-cycles', '3', '--cycle', '300', '--threshold', '0.6'];
  expect(await json(pairs, ...of)).toMatchObject({ code: 3, document: { verdict: 'collecting', reasons: [{ code: 'min-cycles' }], engine: 'fast', goal: 'no-worse', margin: 0.02, alpha: 0.01 } });
  expect(await json(pairs, '--metric', 'brier', '--block-size', '10', '--loss-bound', '0.01')).toMatchObject({ code: 3, document: { verdict: 'inconclusive', blockSize: 10 } });
});
test('for people: the verdict, the reason, a table and the gates; standard input works', async () => {
  const { code, out } = await run(['judge', '-', '--metric', 'accuracy'], { input: csv(['1,1,1', '0,1,1']) });
  expect(code).toBe(3);
  expect(out).toMatch(/^NOT YET\n {2}accuracy: neither better nor worse is proved yet/);
  expect(out).toMatch(/✓ coverage: 1 of 1 outcomes that are needed are there/);
});
test('repeated ids count once, times that go back are told, segments are judged', async () => {
  const rows = scoredPairs().map(({ champion, challenger, label }, i) => `r${i === 5 ? 4 : i},${i === 9 ? 1 : i + 10},${i % 2 === 0 ? 'a' : 'b'},${champion},${challenger},${label}`);
  const { document } = await json(file('wide.csv', csv(rows, 'id,ts,segment,champion,challenger,label')), '--metric', 'brier');
  expect(document).toMatchObject({ verdict: 'collecting', reasons: [{ code: 'time-order' }], metrics: [{ n: 599 }], segments: [{ segment: 'a' }, { segment: 'b' }] });
});
test('failed answers', async () => {
  const rows = Array.from({ length: 400 }, (_, i) => `1,${i % 2 === 0 ? '' : '1'},1,0,${i % 2 === 0 ? 1 : 0}`);
  const header = 'champion,challenger,label,champion_error,challenger_error';
  expect(await json(file('errors.csv', csv(rows, header)), '--metric', 'accuracy')).toMatchObject({ code: 3, document: { verdict: 'rollback', metrics: [{ name: 'accuracy' }, { name: 'errors', challenger: 0.5 }] } });
  expect(await json(file('only.csv', csv(['0,1', '0,0'], 'champion_error,challenger_error')), '--metric', 'errors')).toMatchObject({ document: { metrics: [{ name: 'errors', n: 2 }] } });
});

test.each([
  ['no file', ['judge', '--metric', 'brier'], 1, /Give one thing to judge/],
  ['two files', ['judge', pairs, '--summary', pairs], 1, /Give one thing to judge/],
  ['no metric', ['judge', pairs], 1, /Say what to judge by: --metric accuracy\|/],
  ['an unknown metric', ['judge', pairs, '--metric', 'acuracy'], 1, /Unknown metric "acuracy"; known: absolute-error, accuracy/],
  ['a missing file', ['judge', join(folder, 'none.csv'), '--metric', 'brier'], 1, /none\.csv cannot be read/],
  ['a missing column', ['judge', file('short.csv', csv(['1,2'], 'champion,label')), '--metric', 'brier'], 1, /has no column challenger; it has champion, label/],
  ['no rows', ['judge', file('empty.csv', 'champion,challenger,label\n'), '--metric', 'brier'], 1, /has no rows/],
  ['a ragged row', ['judge', file('ragged.csv', csv(['1,1,1', '1,1'])), '--metric', 'accuracy'], 1, /is no CSV file with a header: .*line 3/],
  ['no text at all', ['judge', file('binary.csv', `a\n"\u0007\u001b[2J${'x'.repeat(900)}"y\n`), '--metric', 'accuracy'], 1, /^[^\u0007\u001b]{0,400}is no CSV file with a header: [^\u0007\u001b]{0,202}\.\n/],
  ['an empty answer', ['judge', file('hole.csv', csv(['1,,1'])), '--metric', 'accuracy'], 1, /Row 1, column challenger: it is empty; an answer that failed has 1 in the column challenger_error/],
  ['a flag that is none', ['judge', file('flag.csv', csv(['1,1,1,yes'], 'champion,challenger,label,challenger_error')), '--metric', 'accuracy'], 1, /Row 1, column challenger_error: "yes" is no 0 or 1/],
  ['a time that is none', ['judge', file('time.csv', csv(['1,1,1,soon'], 'champion,challenger,label,ts')), '--metric', 'accuracy'], 1, /Row 1, column ts: "soon" is no time/],
  ['a range of one number', ['judge', pairs, '--metric', 'brier', '--range', '1'], 2, /two numbers/],
  ['an engine that is none', ['judge', pairs, '--metric', 'brier', '--engine', 'slow'], 2, /strict, fast/],
  ['an alpha beyond', ['judge', pairs, '--metric', 'brier', '--alpha', '2'], 1, /alpha lies between 0 and 0\.5/],
])('%s is refused with what to do', async (_, argv, code, message) => {
  const ran = await run(argv);
  expect({ code: ran.code, out: ran.out }).toEqual({ code, out: '' });
  expect(ran.err).toMatch(message);
});

describe('--summary', () => {
  const arms = { champion: { n: 1_000, sum: 100, sumSquares: 100 }, challenger: { n: 1_000, sum: 130, sumSquares: 130 } };
  test('gives the interval of split arms, for any number of looks or for one', async () => {
    const any = await json('--summary', file('any.json', JSON.stringify({ ...arms, scale: 'absolute', sides: 2, alpha: 0.05, nStar: 5_000, proportion: true })));
    expect(any).toMatchObject({ code: 0, document: { estimate: expect.closeTo(0.03, 10), standardError: expect.any(Number), lower: expect.any(Number), upper: expect.any(Number), pValue: expect.any(Number) } });
    const { document } = await json('--summary', file('one.json', JSON.stringify({ ...arms, nStar: null })));
    expect(document.lower).toBeGreaterThan(any.document.lower as number);
  });
  test('proportions need no squares; unknown fields and bad sums are refused', async () => {
    expect(await json('--summary', file('p.json', JSON.stringify({ champion: { n: 10, sum: 3 }, challenger: { n: 10, sum: 4 }, proportion: true })))).toMatchObject({ code: 0 });
    expect((await run(['judge', '--summary', file('q.json', JSON.stringify({ champion: { n: 10, sum: 3 }, challenger: { n: 10, sum: 4 } }))])).err).toMatch(/champion\.sumSquares is missing/);
    expect((await run(['judge', '--summary', file('r.json', JSON.stringify({ ...arms, sids: 1 }))])).err).toMatch(/cannot be used: .*sids/);
    expect((await run(['judge', '--summary', file('s.json', '{')])).err).toMatch(/is not JSON/);
  });
});

describe('--metrics', () => {
  const wave = (level: number): readonly number[] => Array.from({ length: 100 }, (_, i) => level + ((i * 37) % 10) / 10);
  test('points of time series: pass, fail, and what is no pass', async () => {
    expect(await json('--metrics', file('good.json', JSON.stringify({ latency: { champion: wave(100), challenger: wave(101), direction: 'lower', margin: 5 } })))).toMatchObject({ code: 0, document: { verdict: 'promote' } });
    expect(await json('--metrics', file('zeros.json', JSON.stringify({ errors: { champion: Array(100).fill(0), challenger: wave(1), direction: 'lower' } })))).toMatchObject({ code: 3, document: { verdict: 'rollback' } });
    expect(await json('--metrics', file('hole.json', JSON.stringify({ errors: { champion: [1, null], challenger: [1, 2], direction: 'lower' } })))).toMatchObject({ code: 3, document: { verdict: 'collecting', metrics: [{ state: 'no-data' }] } });
    expect((await run(['judge', '--metrics', file('way.json', JSON.stringify({ errors: { champion: [1], challenger: [1], direction: 'up' } }))])).err).toMatch(/errors\.direction/);
    expect((await run(['judge', '--metrics', file('none.json', '{}')])).err).toMatch(/names no metric/);
  });
});
