import { draftPlan, planProblems } from '../../../domain/analysis/drafting.ts';
import { evidenceOf } from '../../../domain/analysis/evidence.ts';
import type { MicroBlock, PairedSums } from '../../../domain/analysis/blocks.ts';
import { foldMetric } from '../../../domain/analysis/fold.ts';
import { judge } from '../../../domain/analysis/judge.ts';
import { delong } from '../../../domain/analysis/stats/delong.ts';
import type { Label, StoredLeg } from '../../../domain/record.ts';
import { uniforms } from '../../../domain/analysis/stats/seeded-random.ts';
import { BINARY, block, CONFUSION, DAY, draftInput, fixedPlan, healthy, label, leg, metricPolicy, PER_UNIT, REGRESSION, scores, specOf, START, termsFor } from '../../support/analysis-arbitraries.ts';

interface Request { readonly champion: number | Partial<StoredLeg>; readonly challenger: number | Partial<StoredLeg>; readonly outcome?: number }
const legsOf = (requests: readonly Request[]): StoredLeg[] => requests.flatMap(({ champion, challenger }, i) => (['champion', 'challenger'] as const).map((version) => {
  const said = version === 'champion' ? champion : challenger;
  return leg(`inf_${i}`, version, typeof said === 'number' ? scores(said) : said);
}));
const labelsOf = (requests: readonly Request[]): Label[] => requests.flatMap(({ outcome }, i) => (outcome === undefined ? [] : [label(`inf_${i}`, outcome)]));
function fold(metric: string, requests: readonly Request[]): PairedSums {
  const plan = fixedPlan({ metrics: [metricPolicy(metric, { margin: 0.0005 })], ...termsFor(metric), rollout: { goal: 'no-worse' } });
  const sums = foldMetric({ metric, plan, ...termsFor(metric), legs: legsOf(requests), labels: labelsOf(requests) });
  if (sums.kind !== 'paired') throw new Error('not paired');
  return sums;
}
const FAILED = { error: 'status', status: 500, predictions: [] } as const;
/** Champion: 2 of 3 positives found, one false alarm. Challenger: all found, one false alarm. */
const SIX: readonly Request[] = [
  { champion: 0.9, challenger: 0.8, outcome: 1 }, { champion: 0.8, challenger: 0.9, outcome: 1 }, { champion: 0.2, challenger: 0.7, outcome: 1 },
  { champion: 0.6, challenger: 0.1, outcome: 0 }, { champion: 0.1, challenger: 0.6, outcome: 0 }, { champion: 0.3, challenger: 0.2, outcome: 0 },
];

test.each([
  ['precision', 2 / 3, 3 / 4], ['recall', 2 / 3, 1], ['f1', 2 / 3, 6 / 7], ['auc', 7 / 9, 1],
])('%s of a slot is that of all its rows, and d is their difference', (metric, champion, challenger) => {
  const sums = fold(metric, SIX);
  expect(sums).toMatchObject({ n: 6, pairs: 6, needed: 6, labelled: 6, scored: 6, m2: 0 });
  expect([sums.championMean, sums.challengerMean, sums.mean, sums.min, sums.max].map((x) => x.toFixed(12))).toEqual([champion, challenger, challenger - champion, challenger - champion, challenger - champion].map((x) => x.toFixed(12)));
});

test('auc is what DeLong has', () => {
  const u = uniforms(3);
  const requests = Array.from({ length: 400 }, () => { const outcome = Number(u() < 0.4); return { champion: Math.round((0.3 * outcome + 0.7 * u()) * 50) / 50, challenger: 0.5 * outcome + 0.5 * u(), outcome }; });
  const side = (of: 'champion' | 'challenger') => ({ positive: requests.filter(({ outcome }) => outcome === 1).map((each) => each[of]), negative: requests.filter(({ outcome }) => outcome === 0).map((each) => each[of]) });
  const { champion, challenger } = delong(side('champion'), side('challenger'));
  expect(fold('auc', requests).championMean).toBeCloseTo(champion, 12);
  expect(fold('auc', requests).challengerMean).toBeCloseTo(challenger, 12);
});

test('calibration error in ten bins, negated', () => {
  // Champion: 0.25 twice with one positive: |0.5 − 0.25|; challenger 0.5 twice: exact.
  expect(fold('calibration-error', [{ champion: 0.25, challenger: 0.5, outcome: 1 }, { champion: 0.25, challenger: 0.5, outcome: 0 }])).toMatchObject({ championMean: -0.25, challengerMean: -0, mean: 0.25 });
});

test('a version that failed counts as the wrong class, ranked at the wrong end, surely wrong', () => {
  const failing = SIX.map((request, i) => (i === 0 || i === 3 ? { ...request, challenger: FAILED } : request));
  expect(fold('recall', failing).challengerMean).toBeCloseTo(2 / 3, 12);
  expect(fold('precision', failing).challengerMean).toBeCloseTo(2 / 4, 12);
  // Of nine pairs the failed positive loses three, the failed negative two more.
  expect(fold('auc', failing).challengerMean).toBeCloseTo(4 / 9, 12);
  expect(fold('calibration-error', [{ champion: 0.5, challenger: FAILED, outcome: 1 }])).toMatchObject({ championMean: -0.5, challengerMean: -1 });
  expect(fold('auc', SIX.map((request) => ({ ...request, challenger: FAILED })))).toMatchObject({ challengerMean: 0 });
});

test('a slot that lacks a class says nothing, and neither does one without a positive; a version that finds none has none', () => {
  const negatives = SIX.slice(3);
  for (const metric of ['recall', 'auc']) expect(fold(metric, negatives)).toMatchObject({ n: 0, scored: 0, mean: 0, pairs: 3, needed: 3, labelled: 3 });
  expect(fold('precision', negatives)).toMatchObject({ n: 3, championMean: 0, challengerMean: 0 });
  expect(fold('precision', [{ champion: 0.9, challenger: 0.1, outcome: 1 }])).toMatchObject({ n: 1, championMean: 1, challengerMean: 0, mean: -1 });
  expect(fold('precision', [{ champion: 0.9, challenger: 0.1, outcome: 0 }])).toMatchObject({ n: 0 });
});

test('every pair needs its outcome, agreeing ones too; one without is left out and counts against coverage', () => {
  const partly = SIX.map((request, i) => (i === 5 ? { champion: request.champion, challenger: request.challenger } : request));
  expect(fold('recall', partly)).toMatchObject({ pairs: 6, needed: 6, labelled: 5, n: 5 });
  expect(fold('accuracy', SIX)).toMatchObject({ needed: 3 });
});

test('a challenger that fails its caller alone is a miss', () => {
  const plan = fixedPlan({ metrics: [metricPolicy('recall')] });
  const alone = leg('inf_9', 'challenger', { ...FAILED, role: 'challenger' });
  const sums = foldMetric({ metric: 'recall', plan, ...termsFor('recall'), legs: [...legsOf(SIX), alone], labels: [...labelsOf(SIX), label('inf_9', 1)] });
  expect(sums).toMatchObject({ pairs: 7, needed: 7, labelled: 7, challengerMean: 3 / 4, championMean: 2 / 3 });
});

describe('times', () => {
  const timed = (champion: readonly number[], challenger: readonly number[]): Request[] => champion.map((ms, i) => ({ champion: { latencyMs: ms }, challenger: { latencyMs: challenger[i]! } }));
  const hundred = Array.from({ length: 100 }, (_, i) => i + 1);

  test.each([['latency-p50', 50], ['latency-p95', 95], ['latency-p99', 99]])('%s is the nearest rank', (metric, ms) => {
    expect(fold(metric, timed(hundred, hundred.map((each) => each + 7)))).toMatchObject({ n: 100, needed: 0, labelled: 0, championMean: -ms, challengerMean: -ms - 7, mean: -7 });
  });
  test('a time-out and what is no number are the longest time; another failure is no answer', () => {
    const slow = timed(hundred, hundred).map((request, i) => (i < 2 ? { ...request, challenger: i === 0 ? { error: 'timeout' as const, status: 0, predictions: [], latencyMs: 3 } : { latencyMs: NaN } } : request));
    expect(fold('latency-p99', slow)).toMatchObject({ championMean: -99, challengerMean: -1_000, mean: -901 });
    expect(fold('latency-p50', [...timed([1, 2, 3], [1, 2, 3]), { champion: { latencyMs: 4 }, challenger: FAILED }])).toMatchObject({ championMean: -2, challengerMean: -2 });
  });
  test('cost is the mean time at its price, and needs the price', () => {
    expect(fold('cost', timed([100, 300], [50, 50])).mean).toBeCloseTo(0.15 * 0.01, 12);
    expect(planProblems(specOf({ metrics: [metricPolicy('accuracy'), metricPolicy('cost', { role: 'guardrail', margin: 0.001 })], value: { currency: 'EUR', payoff: CONFUSION.payoff, costPerRequest: 0 } }), BINARY)).toEqual(['metrics[cost] needs what a second of serving costs: value: {costPerSecond}']);
  });
});

describe('output shift', () => {
  test('scores: mean distance of equal ranks; errors that cancel are not seen', () => {
    expect(fold('output-shift', [{ champion: 0.1, challenger: 0.4 }, { champion: 0.5, challenger: 0.8 }])).toMatchObject({ n: 2, needed: 0, championMean: 0 });
    expect(fold('output-shift', [{ champion: 0.1, challenger: 0.4 }, { champion: 0.5, challenger: 0.8 }]).mean).toBeCloseTo(-0.3, 12);
    expect(fold('output-shift', [{ champion: 0.1, challenger: 0.9 }, { champion: 0.9, challenger: 0.1 }]).mean).toBeCloseTo(0, 12);
    expect(fold('output-shift', [{ champion: 0.1, challenger: FAILED }])).toMatchObject({ n: 0, pairs: 1 });
  });
  test('values over the width of the range, classes by total variation', () => {
    const of = (contract: typeof BINARY, answers: readonly (readonly [unknown, unknown])[]): PairedSums => {
      const plan = fixedPlan({ metrics: [metricPolicy('output-shift', { role: 'guardrail', margin: 0.1 }), metricPolicy(contract.task === 'regression' ? 'absolute-error' : 'accuracy')], contract });
      const legs = answers.flatMap((pair, i) => (['champion', 'challenger'] as const).map((version, k) => leg(`inf_${i}`, version, { predictions: [{ row: 0, ...(typeof pair[k] === 'number' ? { score: pair[k], klass: null } : { score: null, klass: String(pair[k]) }) }] })));
      return foldMetric({ metric: 'output-shift', plan, contract, value: null, legs, labels: [] }) as PairedSums;
    };
    expect(of(REGRESSION, [[2, 3], [4, 7]]).mean).toBeCloseTo(-0.2, 12);
    const classes = { ...BINARY, task: 'multiclass' as const, score: null, classes: ['a', 'b', 'c'], positive: null };
    expect(of(classes, [['a', 'b'], ['a', 'a'], ['b', 'b'], ['c', 'a']]).mean).toBeCloseTo(-0.25, 12);
  });
});

test('pinball: over- and underestimates weigh by the quantile; error rate is accuracy told otherwise', () => {
  const plan = fixedPlan({ metrics: [metricPolicy('pinball')], contract: REGRESSION, value: PER_UNIT });
  const legs = legsOf([{ champion: { predictions: [{ row: 0, score: 3, klass: null }] }, challenger: { predictions: [{ row: 0, score: 6, klass: null }] } }]);
  // Outcome 5, q = 0.9: champion 2 below costs 1.8, challenger 1 above 0.1.
  const sums = foldMetric({ metric: 'pinball', plan, contract: REGRESSION, value: null, legs, labels: [label('inf_0', 5)] }) as PairedSums;
  expect([sums.championMean, sums.challengerMean, sums.mean].map((x) => x.toFixed(9))).toEqual(['-1.800000000', '-0.100000000', '1.700000000']);
  expect(plan.metrics[0]).toMatchObject({ quantile: 0.9, range: { lo: -9, hi: 9 } });
  expect(planProblems(specOf({ metrics: [{ ...metricPolicy('pinball'), quantile: undefined as never }] }), REGRESSION)[0]).toMatch(/needs to know which quantile/);
  expect([fold('error-rate', SIX).mean, fold('error-rate', SIX).championMean]).toEqual([fold('accuracy', SIX).mean, fold('accuracy', SIX).championMean - 1]);
});

test('a margin that nothing could exceed guards nothing and is refused', () => {
  expect(planProblems(specOf({ rollout: { goal: 'no-worse' }, metrics: [metricPolicy('auc', { margin: 1 })] }), BINARY)).toEqual(['metrics[auc].margin is 1, and no version could be worse by more than 1: it would guard nothing']);
});

describe('judged', () => {
  const plan = fixedPlan({ metrics: [metricPolicy('auc'), metricPolicy('latency-p95', { role: 'guardrail', margin: 100 })] });
  const days = (auc: number, ms: number, n = 60): MicroBlock[] => {
    const first = plan.evidenceFromMs! / (DAY / 4);
    const sums = (mean: number, needed: number): PairedSums => ({ kind: 'paired', n: 200, needed, labelled: needed, pairs: 200, mean, m2: 0, min: mean, max: mean, championMean: 0.7, challengerMean: 0.7 + mean, scored: 200 });
    return Array.from({ length: n * 4 }, (_, i) => [block(plan, 'auc', first + i, sums(auc, 200)), block(plan, 'latency-p95', first + i, sums(ms, 0))]).flat();
  };
  const ask = (blocks: readonly MicroBlock[]): ReturnType<typeof judge> => judge({ plan, evidence: evidenceOf([...blocks, ...healthy(plan)]), progress: null, value: CONFUSION, rulingMs: START + 70 * DAY, atMs: 1, n: 1 });

  test('a better ranking promotes while the answers stay quick; slower than its margin is rolled back', () => {
    expect(ask(days(0.1, -5))).toMatchObject({ kind: 'promote', reasons: [{ code: 'proved-better', metric: 'auc', text: expect.stringMatching(/auc 0\.1, above 0\.0\d+ \(60 blocks\)/) as string }] });
    expect(ask(days(0.1, -400, 90)).reasons).toMatchObject([{ code: 'guardrail', metric: 'latency-p95' }]);
  });
  test('what needs no outcome is sealed without labels, and by goal healthy without any', () => {
    expect(plan.metrics.map(({ name, needsLabels }) => [name, needsLabels]).slice(0, 2)).toEqual([['auc', true], ['latency-p95', false]]);
    const spec = specOf({ rollout: { goal: 'healthy', pilotCycles: 0 }, labels: null, metrics: [metricPolicy('latency-p95', { role: 'guardrail', margin: 40 })] });
    expect(planProblems(spec, BINARY)).toEqual([]);
    expect(draftPlan({ ...draftInput(), spec }).metrics[0]).toMatchObject({ name: 'latency-p95', needsLabels: false, kind: 'paired', range: { lo: -1_000, hi: 1_000 } });
    expect(planProblems(specOf({ rollout: { goal: 'healthy' }, labels: null, metrics: [metricPolicy('auc', { role: 'guardrail', margin: 0.1 })] }), BINARY)).toEqual(['metrics[auc] is judged on outcomes, and there are no labels']);
  });
});
