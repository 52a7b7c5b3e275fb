import type { PairedSums } from '../../../domain/analysis/blocks.ts';
import { draftPlan, planProblems } from '../../../domain/analysis/drafting.ts';
import { isComparable } from '../../../domain/analysis/earlier-rollouts.ts';
import { foldMetric } from '../../../domain/analysis/fold.ts';
import type { AnalysisPlan } from '../../../domain/analysis/plan.ts';
import { sealing } from '../../../domain/analysis/sealing.ts';
import { uniforms } from '../../../domain/analysis/stats/seeded-random.ts';
import type { Label, StoredLeg } from '../../../domain/record.ts';
import { DAY, draftInput, fixedPlan, label, leg, metricPolicy, scores, specOf, START, termsFor } from '../../support/analysis-arbitraries.ts';

const splitPlan = (metric: string, margin = 0.05): AnalysisPlan => fixedPlan({ metrics: [metricPolicy(metric, { margin })], ...termsFor(metric), rollout: { compare: 'split', goal: 'no-worse', shadow: { samplePer10k: 0, maxMs: DAY } } });
const plan = splitPlan('accuracy');

/** A request that chance sent to one version, at the challenger's share. */
function drawn(id: string, version: 'champion' | 'challenger', per10k: number, more: Partial<StoredLeg> = {}): StoredLeg {
  return leg(id, version, { role: version, assignmentPer10k: version === 'challenger' ? per10k : 10_000 - per10k, ...scores(0.9), ...more });
}
function fold(legs: readonly StoredLeg[], labels: readonly Label[], metric = 'accuracy'): PairedSums {
  return foldMetric({ metric, plan: metric === 'accuracy' ? plan : splitPlan(metric, metric === 'cost' ? 1e-4 : 0.05), ...termsFor(metric), legs, labels }) as PairedSums;
}

test('the difference is that of the two arms, each over its own requests', () => {
  const legs = [drawn('inf_1', 'champion', 2_000), drawn('inf_2', 'champion', 2_000), drawn('inf_3', 'champion', 2_000), drawn('inf_4', 'challenger', 2_000), drawn('inf_5', 'challenger', 2_000)];
  const labels = [label('inf_1', 1), label('inf_2', 1), label('inf_3', 0), label('inf_4', 1), label('inf_5', 0)];
  expect(fold(legs, labels)).toEqual({ kind: 'paired', n: 5, needed: 5, labelled: 5, pairs: 5, mean: 0.5 - 2 / 3, m2: 0, min: 0.5 - 2 / 3, max: 0.5 - 2 / 3, championMean: 2 / 3, challengerMean: 0.5, scored: 5 });
});

test('a share that changes within a slot makes no difference of its own: strata are compared by themselves', () => {
  // The challenger is right where the champion is, but gets most of its requests when they are hard.
  const hour = (name: string, per10k: number, counts: readonly [number, number], outcome: number) => (['champion', 'challenger'] as const).flatMap((version, i) => Array.from({ length: counts[i]! }, (_, n) => [drawn(`inf_${name}${version}${String(n)}`, version, per10k), label(`inf_${name}${version}${String(n)}`, outcome)] as const));
  const all = [...hour('easy', 1_000, [90, 10], 1), ...hour('hard', 9_000, [10, 90], 0)];
  const sums = fold(all.map(([one]) => one), all.map(([, outcome]) => outcome));
  expect(sums).toMatchObject({ mean: 0, n: 200 });
  expect([sums.championMean, sums.challengerMean]).toEqual([0.5, 0.5]);
});

test('only what chance drew counts: not a leg of a gateway without its lease, not one that had no other way, not a refused request', () => {
  const legs = [
    drawn('inf_1', 'champion', 5_000), drawn('inf_2', 'challenger', 5_000), drawn('inf_3', 'champion', 0), drawn('inf_4', 'challenger', 10_000), drawn('inf_5', 'champion', 5_000, { leaseLost: true }),
    drawn('inf_6', 'challenger', 5_000, { error: 'status', status: 400, predictions: [] }), leg('inf_7', 'challenger', { role: 'shadow' }),
  ];
  expect(fold(legs, legs.map(({ inferenceId }) => label(inferenceId, 1)))).toMatchObject({ pairs: 2, n: 2, needed: 2, mean: 0 });
});

test('a challenger that failed counts at its worst, though the champion stood in for it', () => {
  const legs = [drawn('inf_1', 'champion', 5_000), drawn('inf_2', 'challenger', 5_000, { error: 'status', status: 500, predictions: [] }), drawn('inf_2', 'champion', 5_000)];
  expect(fold(legs, [label('inf_1', 1), label('inf_2', 1)])).toMatchObject({ pairs: 2, championMean: 1, challengerMean: 0, mean: -1 });
});

test('a slot without one of the arms says nothing; one that lacks outcomes holds the line, equal answers or not', () => {
  const legs = [drawn('inf_1', 'champion', 5_000), drawn('inf_2', 'champion', 5_000)];
  expect(fold(legs, [label('inf_1', 1), label('inf_2', 1)])).toMatchObject({ pairs: 2, needed: 2, labelled: 2, n: 0, mean: 0 });
  const both = [...legs, drawn('inf_3', 'challenger', 5_000)];
  const sums = fold(both, [label('inf_1', 1)]);
  expect(sums).toMatchObject({ needed: 3, labelled: 1 });
  expect(sealing({ plan, metric: 'accuracy', slot: START / (DAY / 4), completeAtMs: START + 3 * DAY, rulingMs: START + 1.36 * DAY, sums })).toBe('open');
});

test.each(['accuracy', 'error-rate', 'brier', 'log-loss', 'value', 'absolute-error', 'squared-error', 'pinball', 'precision', 'recall', 'f1', 'auc', 'ndcg', 'calibration-error', 'latency-p95', 'cost'])('%s is folded of arms within its range, and equal arms do not differ', (metric) => {
  const random = uniforms(5);
  const rows = Array.from({ length: 40 }, () => ({ score: random(), outcome: random() < 0.5 ? 1 : 0 }));
  const legs = (['champion', 'challenger'] as const).flatMap((version) => rows.map(({ score }, i) => drawn(`inf_${version}${String(i)}`, version, 5_000, scores(score))));
  const labels = legs.map(({ inferenceId }, i) => label(inferenceId, rows[i % rows.length]!.outcome));
  const sums = fold(legs, labels, metric);
  expect(sums.n).toBe(80);
  expect(sums.mean).toBeCloseTo(0, 12);
  const failing = fold(legs.map((one) => (one.role === 'challenger' ? { ...one, error: 'timeout' as const, status: 0, predictions: [] } : one)), labels, metric);
  expect(failing.mean).toBeLessThan(0);
  expect(failing.mean).toBeGreaterThanOrEqual(splitPlan(metric, 1e-4).metrics[0]!.range.lo);
});

test('what needs both answers to one request cannot be judged, and the plan says so', () => {
  const spec = specOf({ metrics: [metricPolicy('accuracy'), metricPolicy('output-shift', { role: 'guardrail', margin: 0.2 })], rollout: { compare: 'split' } });
  expect(planProblems(spec, termsFor('accuracy').contract)).toEqual([expect.stringMatching(/output-shift.*both versions/)]);
  expect(() => draftPlan({ ...draftInput(), spec })).toThrow(expect.objectContaining({ code: 'LM_INVALID_SPEC' }) as Error);
});

test('split and paired rollouts do not teach each other', () => {
  const comparing = (compare: 'split' | undefined) => { const spec = specOf(compare === undefined ? {} : { rollout: { compare } }); return { spec, plan: draftPlan({ ...draftInput(), spec }) }; };
  expect(isComparable(comparing('split'), comparing('split'))).toBe(true);
  expect(isComparable(comparing('split'), comparing(undefined))).toBe(false);
});
