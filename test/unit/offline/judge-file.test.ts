import { FILE_METRICS, judgeFile } from '../../../domain/offline/judge-file.ts';
import { congruential, scoredPairs } from '../../support/congruential.ts';
import { judgeOptions, pairedFile, type Pair } from '../../support/judge-options.ts';

const pairs = pairedFile(scoredPairs());
const judged = (metric: string, of: Parameters<typeof judgeOptions>[0] = { metric }) => judgeFile(pairs, judgeOptions({ ...of, metric }));
const swapped = pairedFile(scoredPairs().map(({ champion, challenger, label }) => ({ champion: challenger, challenger: champion, label })));

/** Computed in numpy and scipy 1.17 from the formulas, on the same rows. */
describe('values of other software', () => {
  test('brier, per observation: the empirical-Bernstein interval as comparecast has it', () => {
    const [finding] = judged('brier', { metric: 'brier', blockSize: 1, vOpt: 100, range: { lo: -1, hi: 1 } }).metrics;
    expect(finding).toMatchObject({
      n: 600, blocks: 600, champion: expect.closeTo(0.17208766666666667, 12), challenger: expect.closeTo(0.09608883333333333, 12), difference: expect.closeTo(0.07599883333333333, 12),
      lower: expect.closeTo(0.04286527191752577, 9), upper: expect.closeTo(0.10913239474914091, 9),
    });
    expect((finding?.eBetter ?? 0) / 158_796.15008296067).toBeCloseTo(1, 8);
    expect(finding?.eWorse).toBeLessThan(0.05);
  });
  test('brier, engine fast: the asymptotic interval and its p-value', () => {
    const [finding] = judged('brier', { metric: 'brier', engine: 'fast' }).metrics;
    expect(finding).toMatchObject({ lower: expect.closeTo(0.05020691241995402, 9), upper: expect.closeTo(0.10179075424671265, 9), method: 'asymptotic' });
    expect((finding?.pValue ?? 0) / 3.8695773618100695e-13).toBeCloseTo(1, 7);
  });
  test('auc: DeLong', () => {
    const [finding] = judged('auc').metrics;
    expect(finding).toMatchObject({ champion: expect.closeTo(0.812215421147883, 12), challenger: expect.closeTo(0.9952277207179168, 12), statistic: expect.closeTo(10.59336979848743, 9) });
    expect((finding?.pValue ?? 0) / 3.19865402889775e-26).toBeCloseTo(1, 6);
  });
  test('accuracy: shares, and the exact McNemar p-value', () => {
    const [finding] = judged('accuracy').metrics;
    expect(finding).toMatchObject({ champion: expect.closeTo(0.6983333333333334, 12), challenger: expect.closeTo(0.9566666666666667, 12), discordant: 195 });
    expect((finding?.pValue ?? 0) / 4.2533785903815133e-32).toBeCloseTo(1, 6);
  });
  test.each([['log-loss', 0.5062501928562178, 0.3399056460459567], ['calibration-error', 0.10723333333333333, 0.22728333333333328], ['f1', 0.6499032882011605, 0.9444444444444444], ['error-rate', 1 - 0.6983333333333334, 1 - 0.9566666666666667]])('%s', (metric, champion, challenger) => {
    expect(judged(metric).metrics[0]).toMatchObject({ champion: expect.closeTo(champion, 10), challenger: expect.closeTo(challenger, 10) });
  });
});

describe('verdicts', () => {
  test('a better challenger is promoted by every metric that shows it, the same file turned round is rolled back', () => {
    for (const metric of ['accuracy', 'error-rate', 'brier', 'auc', 'f1', 'precision', 'recall']) {
      expect({ metric, verdict: judged(metric).verdict }).toEqual({ metric, verdict: 'promote' });
      expect({ metric, verdict: judgeFile(swapped, judgeOptions({ metric })).verdict }).toEqual({ metric, verdict: 'rollback' });
    }
  });
  test('difference, bounds and evidence turn with the file', () => {
    const one = judged('brier').metrics[0]!;
    const other = judgeFile(swapped, judgeOptions({ metric: 'brier' })).metrics[0]!;
    expect({ difference: other.difference, lower: other.lower, upper: other.upper, eBetter: other.eBetter, eWorse: other.eWorse })
      .toEqual({ difference: -one.difference!, lower: -one.upper!, upper: -one.lower!, eBetter: one.eWorse, eWorse: one.eBetter });
  });
  test('twice the same model is not better, and no worse than a margin once there is enough of it', () => {
    const same = pairedFile(scoredPairs().map(({ champion, label }) => ({ champion, challenger: champion, label })));
    expect(judgeFile(same, judgeOptions({ metric: 'accuracy' }))).toMatchObject({ verdict: 'collecting', reasons: [{ code: 'not-enough-evidence' }] });
    expect(judgeFile(same, judgeOptions({ metric: 'accuracy', goal: 'no-worse', margin: 0.1, vOpt: 1 }))).toMatchObject({ verdict: 'promote', reasons: [{ code: 'proved-no-worse' }] });
  });
  test('a block that loses more than the bound ends without a verdict', () => {
    expect(judgeFile(pairs, judgeOptions({ metric: 'brier', lossBound: 0.05 }))).toMatchObject({ verdict: 'inconclusive', reasons: [{ code: 'loss-bound' }], metrics: [{ lower: null }] });
    expect(judgeFile(pairs, judgeOptions({ metric: 'brier', blockSize: 20, lossBound: 0.3 })).metrics[0]).toMatchObject({ blocks: 30, method: expect.stringContaining('given the loss bound') });
  });
  test('a loss beyond the declared range is no proof, a gain beyond it is cut', () => {
    const few: readonly Pair[] = Array.from({ length: 300 }, () => ({ champion: 0, challenger: 1, label: null }));
    expect(judgeFile(pairedFile([...few, { champion: 9, challenger: 1, label: null }]), judgeOptions({ metric: 'value', range: { lo: -2, hi: 2 } }))).toMatchObject({ verdict: 'inconclusive', reasons: [{ code: 'loss-bound' }] });
    expect(judgeFile(pairedFile([...few, { champion: 1, challenger: 9, label: null }]), judgeOptions({ metric: 'value', range: { lo: -2, hi: 2 } }))).toMatchObject({ verdict: 'promote', metrics: [{ difference: expect.closeTo(302 / 301, 10) }] });
  });
  test('missing outcomes: where both say the same none is needed, else too few forbid a promotion', () => {
    const half = scoredPairs().map((row, i) => ({ ...row, label: i % 2 === 0 ? row.label : null }));
    expect(judgeFile(pairedFile(half), judgeOptions({ metric: 'accuracy' }))).toMatchObject({ verdict: 'collecting', reasons: [{ code: 'coverage' }] });
    const agreed = scoredPairs().map((row) => ({ ...row, label: (row.champion >= 0.5) === (row.challenger >= 0.5) ? null : row.label }));
    expect(judgeFile(pairedFile(agreed), judgeOptions({ metric: 'accuracy' }))).toMatchObject({ verdict: 'promote', metrics: [{ n: 600 }] });
  });
  test('times that go back, too few cycles, a short burn-in: no promotion', () => {
    expect(judgeFile({ ...pairs, isOrdered: false }, judgeOptions({ metric: 'brier' }))).toMatchObject({ verdict: 'collecting', reasons: [{ code: 'time-order' }] });
    expect(judged('brier', { metric: 'brier', cycle: 400 })).toMatchObject({ verdict: 'collecting', reasons: [{ code: 'min-cycles' }] });
    expect(judged('brier', { metric: 'brier', cycle: 300, minCycles: 2 }).verdict).toBe('promote');
    expect(judgeFile(pairedFile(scoredPairs().slice(0, 400)), judgeOptions({ metric: 'brier', engine: 'fast' }))).toMatchObject({ verdict: 'collecting', reasons: [{ code: 'burn-in' }] });
    expect(judgeFile(pairedFile(scoredPairs().slice(0, 400).map(({ champion, challenger, label }) => ({ champion: challenger, challenger: champion, label }))), judgeOptions({ metric: 'brier', engine: 'fast' })).verdict).toBe('collecting');
  });
  test('failed answers count as the worst, and are a guardrail of their own', () => {
    const failing = scoredPairs().map((row, i) => (i % 3 === 0 ? { ...row, challenger: null, challengerError: true } : row));
    const verdict = judgeFile(pairedFile(failing), judgeOptions({ metric: 'brier' }));
    expect(verdict).toMatchObject({ verdict: 'rollback', reasons: expect.arrayContaining([expect.objectContaining({ code: 'guardrail', metric: 'errors' })]) });
    expect(verdict.metrics.map(({ name, n }) => [name, n])).toEqual([['brier', 600], ['errors', 600]]);
    expect(judgeFile(pairedFile(failing), judgeOptions({ metric: 'errors' }))).toMatchObject({ verdict: 'rollback', metrics: [{ name: 'errors', challenger: expect.closeTo(1 / 3, 3) }] });
    const unranged = scoredPairs().map((row, i) => ({ ...row, ...(i === 5 ? { challenger: null, challengerError: true } : {}) }));
    expect(judgeFile(pairedFile(unranged), judgeOptions({ metric: 'absolute-error', engine: 'fast' }))).toMatchObject({ verdict: 'collecting', reasons: [{ code: 'unanswered' }] });
  });
  test('a segment that loses is found although the whole gains', () => {
    const u = congruential(5, 6_000);
    const rows = Array.from({ length: 6_000 }, (_, i): Pair => {
      const isSmall = i % 6 === 0;
      const right = (rate: number, k: number): number => ((u[(i * 7 + k) % 6_000] ?? 0) < rate ? 1 : 0);
      return { label: 1, champion: right(0.7, 0), challenger: right(isSmall ? 0.3 : 0.9, 1), segment: isSmall ? 'new customers' : 'others' };
    });
    const verdict = judgeFile(pairedFile(rows), judgeOptions({ metric: 'accuracy' }));
    expect(verdict.metrics[0]?.difference).toBeGreaterThan(0.05);
    expect(verdict).toMatchObject({ verdict: 'rollback', reasons: [{ code: 'segment', text: expect.stringContaining('new customers') }], segments: [{ segment: 'new customers', worse: true }, { segment: 'others', worse: false }] });
  });
});

describe('classes and scores', () => {
  test('class names, with 1 and 1.0 the same', () => {
    const rows: readonly Pair[] = Array.from({ length: 400 }, (_, i) => ({ champion: i % 2, challenger: '2.0', label: '2' }));
    expect(judgeFile(pairedFile(rows.map((row, i) => ({ ...row, champion: i % 4 === 0 ? '2' : row.champion }))), judgeOptions({ metric: 'accuracy' })).metrics[0]).toMatchObject({ champion: expect.closeTo(0.25, 10), challenger: 1 });
  });
  test('the threshold moves what a score means', () => {
    expect(judged('accuracy', { metric: 'accuracy', threshold: 0.99 }).metrics[0]?.challenger).toBeCloseTo(scoredPairs().filter(({ challenger, label }) => (challenger >= 0.99 ? 1 : 0) === label).length / 600, 12);
  });
  test.each([
    ['scores against names', [{ champion: 0.7, challenger: 0.8, label: 'yes' }], 'accuracy', /Row 1, column champion: "0\.7" is no class/],
    ['other classes than the outcomes', [{ champion: 'a', challenger: 'b', label: 'c' }], 'accuracy', /No answer is ever one of the outcomes \(c\)/],
    ['no positive class', [{ champion: 'a', challenger: 'a', label: 'a' }], 'f1', /No outcome is "1"; say with --positive/],
    ['a probability beyond 1', [{ champion: 0.5, challenger: 1.2, label: 1 }], 'brier', /Row 1, column challenger: "1\.2" is no probability/],
    ['an outcome that is none', [{ champion: 0.5, challenger: 0.6, label: 3 }], 'brier', /Row 1, column label: "3" is no outcome 0 or 1/],
    ['not a number', [{ champion: 'NaN', challenger: 0.6, label: 1 }], 'absolute-error', /Row 1, column champion: "NaN" is no finite number/],
    ['infinity', [{ champion: 1, challenger: 'Infinity', label: 1 }], 'value', /Row 1, column challenger: "Infinity" is no finite number/],
  ] as const)('%s', (_, rows, metric, message) => {
    expect(() => judgeFile(pairedFile(rows), judgeOptions({ metric, engine: 'fast' }))).toThrow(message);
  });
});

test('what nothing can be judged by is refused, with what is known', () => {
  expect(() => judged('acuracy')).toThrow(/Unknown metric "acuracy"; known: .*accuracy/);
  expect(() => judged('absolute-error')).toThrow(/strict engine needs to know how far two answers of absolute-error can differ: give --range LO,HI/);
  expect(() => judged('brier', { metric: 'brier', alpha: 0.7, minCycles: 3, lossBound: -1 })).toThrow(/alpha lies between 0 and 0\.5; loss-bound is above 0; min-cycles needs cycle/);
  expect(judgeFile(pairedFile([]), judgeOptions({ metric: 'brier' }))).toMatchObject({ verdict: 'collecting', reasons: [{ code: 'no-data' }] });
});

test.each(FILE_METRICS.filter((metric) => metric !== 'errors'))('%s: a document of finite numbers or nulls, the same twice, whatever the engine', (metric) => {
  for (const engine of ['strict', 'fast'] as const) {
    const of = judgeOptions({ metric, engine, range: ['absolute-error', 'squared-error', 'pinball', 'value'].includes(metric) ? { lo: -1, hi: 1 } : null });
    const text = JSON.stringify(judgeFile(pairs, of));
    expect(text).toBe(JSON.stringify(judgeFile(pairs, of)));
    const finding = judgeFile(pairs, of).metrics[0]!;
    expect(Object.values(finding).filter((value) => typeof value === 'number' && !Number.isFinite(value))).toEqual([]);
    expect(finding.lower ?? -Infinity).toBeLessThanOrEqual(finding.upper ?? Infinity);
  }
});
