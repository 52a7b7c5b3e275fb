import { Readable } from 'node:stream';
import fc from 'fast-check';
import { nestedDeeperThan } from '../../../api/body.ts';
import { linesOf } from '../../../api/lines.ts';
import { asLastmileError, problemOf, STATUS } from '../../../api/problem.ts';
import { createRateLimit } from '../../../api/rate-limit.ts';
import { tableContent } from '../../../api/control-channel.ts';
import { CATALOGUE, KINDS, LastmileError, type Code } from '../../../domain/errors.ts';
import { digestOfJson } from '../../../domain/digest.ts';
import { emptyRoute } from '../../../domain/traffic/commands.ts';

test('every kind of error has its own status, and no problem tells more than the error', () => {
  for (const kind of KINDS) expect(STATUS[kind]).toBeGreaterThanOrEqual(400);
  for (const code of Object.keys(CATALOGUE) as Code[]) {
    const problem = problemOf(new LastmileError(code, 'What, which, what to do.', { cause: new Error('secret') }), 'req_1');
    expect(problem).toEqual({ type: `https://lastmile.dev/errors/${code}`, title: problem.title, status: STATUS[CATALOGUE[code].kind], detail: 'What, which, what to do.', code, details: {}, requestId: 'req_1' });
  }
  const unknown = problemOf(asLastmileError(new Error('password=hunter2')), 'req_1');
  expect([unknown.status, unknown.code]).toEqual([500, 'LM_INVARIANT']);
  expect(JSON.stringify(unknown)).not.toContain('hunter2');
});

test('lines are the same however the bytes are cut', async () => {
  const text = fc.array(fc.string({ unit: 'grapheme', maxLength: 30 }).map((line) => line.replace(/\n/g, '')), { minLength: 1, maxLength: 8 });
  await fc.assert(fc.asyncProperty(text, fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1 }), async (lines, cuts) => {
    const bytes = Buffer.from(lines.join('\n'));
    const chunks: Buffer[] = [];
    for (let at = 0, i = 0; at < bytes.length; i += 1) { const size = cuts[i % cuts.length]!; chunks.push(bytes.subarray(at, at + size)); at += size; }
    const read: (string | null)[] = [];
    for await (const { line, text: given } of linesOf(Readable.from(chunks), 10_000)) { expect(line).toBe(read.length + 1); read.push(given); }
    const expected = [...lines];
    if (expected.at(-1) === '') expected.pop();
    expect(read).toEqual(expected);
  }), { seed: 5, numRuns: 200 });
});

test('a long line is told, the ones around it are read', async () => {
  const read = [];
  for await (const each of linesOf(Readable.from([Buffer.from('a\nbb'), Buffer.from('bbbb\nc')]), 3)) read.push(each);
  expect(read).toEqual([{ line: 1, text: 'a' }, { line: 2, text: null }, { line: 3, text: 'c' }]);
});

test.each([['[[1]]', 2, false], ['[[[1]]]', 2, true], ['"[[[["', 1, false], ['"\\"[[["', 1, false], ['[{"a":[1]}]', 3, false], ['[{"a":[1]}]', 2, true], ['[][][]', 1, false]])('%s nested deeper than %i: %s', (json, limit, deeper) => {
  expect(nestedDeeperThan(Buffer.from(json), limit)).toBe(deeper);
});

test('a bucket gives back what time brings, and no more than it holds', () => {
  const rate = createRateLimit({ burst: 2, perSecond: 10 });
  rate.take('a', 0);
  rate.take('a', 0);
  let refusal: unknown;
  try { rate.take('a', 50); } catch (error) { refusal = error; }
  expect(refusal).toMatchObject({ code: 'LM_BUSY', retryAfterMs: 50 });
  rate.take('b', 50);
  rate.take('a', 100);
  rate.take('a', 100_000);
  rate.take('a', 100_000);
  expect(() => { rate.take('a', 100_000); }).toThrow();
  expect(() => { rate.take('a', 0); }).toThrow();
});

test('the content of the table does not hang on the order of the stores', () => {
  const route = (uid: string) => emptyRoute({ tenantId: 't', deploymentUid: uid, name: uid, fallback: ['closed'], onLostControl: 'serve', stickyHeader: null, stickyJsonPath: null, recordInputs: false });
  const key = (hash: string, revokedAtMs: number | null = null) => ({ id: hash, hash, prefix: 'lm_', tenantId: 't', actor: { kind: 'service' as const, name: 'x' }, scopes: ['infer' as const], roles: [], createdAtMs: 0, expiresAtMs: null, revokedAtMs });
  const one = tableContent([route('dep_a'), route('dep_b')], [key('1'), key('2'), key('3', 5)], 10);
  const two = tableContent([route('dep_b'), route('dep_a')], [key('2'), key('1')], 10);
  expect(digestOfJson(one as never)).toBe(digestOfJson(two as never));
  expect(JSON.stringify(one)).not.toContain('applied');
});
