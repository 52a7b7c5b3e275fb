import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chapterOf, healthAgainstMoney, whatIsMissing, type Chapter } from '../../../examples/market/chapters.ts';
import { parseChanges } from '../../../examples/market/changes.ts';
import { marketSpec } from '../../../examples/market/offline.ts';
import { prove, proofTable } from '../../../examples/market/prove.ts';
import { publishVersion } from '../../../examples/market/publish.ts';
import { whatTheKillLacks } from '../../../examples/market/pull-the-plug.ts';
import { marketRows, OUTCOME_DELAY_ROWS, REGIME_CHANGE_ROW, ROW_MS, type MarketRow } from '../../../examples/market/stream.ts';
import { liveRows, readPosition, writePosition } from '../../../examples/market/traffic.ts';
import { SEED } from '../../../examples/market/train.ts';
import { EUR, finding, killView, rolloutView, verdict } from '../../integration/cli/recorded.ts';

function take(count: number, seed = SEED): MarketRow[] { const rows: MarketRow[] = []; for (const row of marketRows(seed)) { if (rows.length >= count) break; rows.push(row); } return rows; }

describe('the stream', () => {
  test('the same seed gives the same rows, another seed others; a minute a row', () => {
    const rows = take(200);
    expect(take(200)).toEqual(rows);
    expect(take(200, SEED + 1)).not.toEqual(rows);
    expect(rows.every((row, i) => i === 0 || row.timeMs - rows[i - 1]!.timeMs === ROW_MS)).toBe(true);
    expect(rows.every((row) => row.features.every(Number.isFinite) && row.outcome === (row.moveBps > row.costBps ? 1 : 0))).toBe(true);
  });

  test('momentum tells the outcome before the change and much less after it', () => {
    const lift = (rows: readonly MarketRow[]): number => mean(rows.filter((row) => row.features[0]! > 0.5)) - mean(rows.filter((row) => row.features[0]! < -0.5));
    const mean = (rows: readonly MarketRow[]): number => rows.reduce((sum, row) => sum + row.outcome, 0) / rows.length;
    const rows = take(9_000 + 3_000);
    expect(lift(rows.filter((row) => row.index < REGIME_CHANGE_ROW))).toBeGreaterThan(1.4 * lift(rows.filter((row) => row.index >= REGIME_CHANGE_ROW)));
  });

  test('live traffic starts at a row and its position survives', () => {
    const file = join(mkdtempSync(join(tmpdir(), 'lastmile-market-')), 'data', 'position.json');
    expect(readPosition(file)).toEqual({ nextRow: 0, pending: [] });
    writePosition(file, { nextRow: 70, pending: [{ inferenceId: 'inf_1', value: 1, dueMs: 5 }] });
    const [first] = liveRows(SEED, readPosition(file).nextRow);
    expect(first).toMatchObject({ index: 70 });
    expect(Object.keys(first!.features)).toHaveLength(8);
  });
});

describe('offline, with the judge', () => {
  const told = prove(SEED);

  test('version 2 is promoted on money, 3 rolled back for its answers, 4 for its money', () => {
    expect(told.map((it) => [it.what, it.kind, it.why])).toEqual([
      ['2 against 1', 'promote', 'proved-better (value)'], ['3 against 2', 'rollback', 'guardrail (off-contract)'], ['4 against 2', 'rollback', 'proved-worse (value)'],
    ]);
    expect(told[0]!.cycles).toBeLessThanOrEqual(60);
    expect(told[2]!.cycles).toBeLessThanOrEqual(48);
  });

  test('README.md shows these numbers', () => {
    const readme = readFileSync('examples/market/README.md', 'utf8');
    for (const line of proofTable(told).split('\n')) expect(readme).toContain(line);
  });

  test('with clean outputs version 3 is not rolled back for answers off contract, and a right version 4 not for money', () => {
    const spec = marketSpec();
    const short = { ...spec, spec: { ...spec.spec, rollout: { ...spec.spec.rollout, horizonMs: 2.5 * 86_400_000 } } };
    const [, third, fourth] = prove(SEED, { v3Output: 'clean', v4Payoff: 'winning' }, short);
    expect([third!.kind, fourth!.kind]).not.toContain('rollback');
    expect(third!.why).not.toContain('off-contract');
    expect(fourth!.why).not.toContain('proved-worse');
  });

  test('labels come as late as the file says', () => { expect(marketSpec().spec.labels).toMatchObject({ delayMs: OUTCOME_DELAY_ROWS * ROW_MS, clock: 'event' }); });
});

test('the ONNX Runtime answers as the trainer does, with NaN where version 3 has its hole and nowhere else', () => {
  const results = JSON.parse(execFileSync(process.execPath, ['test/unit/market/onnx-parity.ts'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })) as { version: string; worst: number; nan: number; sameNan: boolean; sameLabel: boolean }[];
  expect(results.map((it) => it.version)).toEqual(['1', '2', '3', '4', '3', '4']);
  expect(results.every((it) => it.worst < 1e-5 && it.sameNan && it.sameLabel)).toBe(true);
  expect(results.map((it) => it.nan > 0)).toEqual([false, false, true, false, false, false]);
});

describe('the ending', () => {
  const done = (version: string, outcome: 'first' | 'promoted' | 'rolled-back' | 'refused' | 'inconclusive', of: Parameters<typeof verdict> | null): Chapter =>
    chapterOf(version, rolloutView({ stage: 'done', outcome }, { n: Number(version), verdict: of === null ? null : verdict(...of) }));
  const loss = { ...EUR, perRequestMicros: -1, lowerMicros: -3, upperMicros: -1, totalMicros: -5 };
  const first = done('1', 'first', null);
  const second = done('2', 'promoted', ['promote', { code: 'proved-better', metric: 'value' }, { findings: [finding({ state: 'pass' })] }]);
  const third = done('3', 'rolled-back', ['rollback', { code: 'guardrail', metric: 'off-contract' }, { findings: [finding({ metric: 'off-contract', role: 'guardrail', state: 'fail' })] }]);
  const fourth = done('4', 'rolled-back', ['rollback', { code: 'proved-worse', metric: 'value' }, { findings: [finding({ state: 'fail' }), finding({ metric: 'errors', role: 'guardrail', state: 'pass', estimate: 0, margin: 0.02 })], money: loss }]);

  test('nothing is missing when all of it happened', () => { expect(whatIsMissing([first, second, third, fourth])).toEqual([]); });

  test.each([
    ['version 2', [first, done('2', 'inconclusive', ['inconclusive', { code: 'horizon' }]), third, fourth]],
    ['version 2', [first, done('2', 'promoted', ['promote', { code: 'person' }]), third, fourth]],
    ['version 3', [first, second, done('3', 'refused', ['rollback', { code: 'validation' }]), fourth]],
    ['version 3', [first, second, done('3', 'inconclusive', ['inconclusive', { code: 'futile', metric: 'value' }]), fourth]],
    ['version 4', [first, second, third, done('4', 'promoted', ['promote', { code: 'proved-better', metric: 'value' }])]],
    ['version 4', [first, second, third, done('4', 'rolled-back', ['rollback', { code: 'guardrail', metric: 'latency' }])]],
    ['version 4', [first, second, third]],
  ])('what did not happen is named: %s', (named, chapters) => {
    const missing = whatIsMissing(chapters);
    expect(missing).toHaveLength(1);
    expect(missing[0]).toContain(named);
  });

  test('health and money stand side by side, in the verdict\'s numbers', () => {
    expect(healthAgainstMoney(fourth, () => 'MONEY')).toEqual(['What a check of health alone saw:', '  errors: green (0.00 % of 1,800 answers, limit 2.00 %)', 'What the money says:', '  MONEY']);
  });
});

describe('the kill', () => {
  test('nothing lacks when it is proved and a last good version answers; nor when a person has since revived it', () => {
    expect(whatTheKillLacks(killView({ state: 'proved', provedAtMs: 1_400 }))).toEqual([]);
    expect(whatTheKillLacks(killView({ state: 'revived', provedAtMs: 1_400, revivedAtMs: 9_000 }))).toEqual([]);
  });

  test.each([
    ['it is silent', { state: 'silent' }],
    ['it is unconfirmed (gateway gw-2 has not answered)', { state: 'unconfirmed', missing: ['gateway gw-2 has not answered'] }],
    ['it is revived', { state: 'revived', revivedAtMs: 9_000 }],
    ['no last good version answered', { state: 'proved', provedAtMs: 1_400, answering: null }],
  ] as const)('what it lacks is named: %s', (named, of) => {
    expect(whatTheKillLacks(killView(of))).toEqual([expect.stringContaining(named)]);
  });
});

test('settings change the ending; unknown ones are refused with the known', () => {
  expect(parseChanges(['v3.output=clean', 'v4.payoff=winning', 'kill.scope=all'])).toEqual({ v3Output: 'clean', v4Payoff: 'winning', killScope: 'all' });
  expect(parseChanges([])).toEqual({ v3Output: 'nan', v4Payoff: 'losing', killScope: 'champion' });
  expect(() => parseChanges(['v3.output=dirty'])).toThrow(/v3.output=nan\|clean, v4.payoff=losing\|winning, kill.scope=champion\|all/);
});

test('a version is published whole, once', () => {
  const root = mkdtempSync(join(tmpdir(), 'lastmile-registry-'));
  const of = { name: 'market-signal', version: '1', bytes: Uint8Array.of(1, 2, 3) };
  expect(publishVersion(root, of)).toBe('published');
  expect(publishVersion(root, of)).toBe('there-already');
  expect(() => publishVersion(root, { ...of, bytes: Uint8Array.of(9) })).toThrow(/never changes/);
  expect([...readFileSync(join(root, 'market-signal', '1', 'model.onnx'))]).toEqual([1, 2, 3]);
});
