import fc from 'fast-check';
import { foldedMetrics, foldMetric, isEmpty } from '../../../domain/analysis/fold.ts';
import { evidenceOf } from '../../../domain/analysis/evidence.ts';
import { judge } from '../../../domain/analysis/judge.ts';
import { METRICS, metricOf } from '../../../domain/analysis/metrics/index.ts';
import { METRIC_NAMES } from '../../../domain/metric-names.ts';
import type { AnalysisPlan } from '../../../domain/analysis/plan.ts';
import type { MicroBlock } from '../../../domain/analysis/blocks.ts';
import type { StoredLeg } from '../../../domain/record.ts';
import { uniforms } from '../../../domain/analysis/stats/seeded-random.ts';
import { block, CHALLENGER, CHAMPION, DAY, fixedPlan, leg, metricPolicy, slices, START, termsFor, type Slice } from '../../support/analysis-arbitraries.ts';

/** The laws that every metric of the catalogue obeys; a new one is tested by being listed there. */
const NAMED = Object.values(METRICS).filter(({ kind }) => kind !== 'share').map(({ name }) => name);
const SEED = { seed: 20_260_504, numRuns: 200 };

const kindOf = (name: string): string => metricOf(name).kind;

function planFor(metric: string, goal: 'better' | 'no-worse' = 'better'): AnalysisPlan {
  const policy = metricPolicy(metric, kindOf(metric) === 'rate' ? { role: 'guardrail', margin: 0.3 } : { margin: goal === 'better' ? 0 : metric === 'cost' ? 0.0005 : 0.05 });
  return fixedPlan({ metrics: kindOf(metric) === 'rate' ? [policy, metricPolicy('accuracy')] : [policy], ...termsFor(metric), rollout: { goal } });
}
const fold = (plan: AnalysisPlan, metric: string, { legs, labels }: Slice): MicroBlock['sums'] => foldMetric({ metric, plan, ...termsFor(metric), legs, labels });
/** Both answer the same way, with the contract's own kind of prediction. */
const same = (slice: Slice): Slice => {
  const champions = slice.legs.filter(({ variantId }) => variantId === CHAMPION);
  return { ...slice, legs: champions.flatMap((one): StoredLeg[] => [{ ...one, role: 'champion' }, { ...one, variantId: CHALLENGER, role: 'shadow' }]) };
};
/** The verdict on a slice repeated for sixty days, with every other guardrail in the best of health. */
function verdictOn(plan: AnalysisPlan, slice: Slice, only: string): ReturnType<typeof judge> {
  const blocks = plan.metrics.flatMap(({ name, kind, tauMs }) => {
    const sums = fold(plan, name, kind === 'rate' && name !== only ? GOOD : slice);
    return isEmpty(sums) ? [] : Array.from({ length: kind === 'rate' ? 60 : 240 }, (_, i) => block(plan, name, START / tauMs + i, sums));
  });
  return judge({ plan, evidence: evidenceOf(blocks), progress: null, value: termsFor(only).value, rulingMs: START + 70 * DAY, atMs: START + 70 * DAY, n: 1 });
}
const GOOD: Slice = { legs: Array.from({ length: 40 }, (_, i) => [leg(`inf_g${i}`, 'champion'), leg(`inf_g${i}`, 'challenger')]).flat(), labels: [] };

test('the catalogue and the names that a file may say are the same', () => {
  expect([...NAMED].sort()).toEqual(Object.keys(METRIC_NAMES).sort());
  for (const name of NAMED) expect(kindOf(name)).toBe(METRIC_NAMES[name as keyof typeof METRIC_NAMES].kind);
  for (const [key, { name }] of Object.entries(METRICS)) expect(name).toBe(key);
  expect(foldedMetrics(planFor('accuracy')).every((name) => name in METRICS)).toBe(true);
});

describe.each(Object.keys(METRICS))('%s', (metric) => {
  const plan = planFor(metric === 'share' ? 'accuracy' : metric);

  test('empty input is no data', () => { expect(isEmpty(fold(plan, metric, { legs: [], labels: [] }))).toBe(true); });

  test('the order of legs and labels changes nothing, to the last digit', () => {
    fc.assert(fc.property(slices, fc.nat(), (slice, seed) => {
      expect(fold(plan, metric, { legs: shuffled(slice.legs, seed), labels: shuffled(slice.labels, seed) })).toEqual(fold(plan, metric, slice));
    }), SEED);
  });

  test('what is delivered twice counts once', () => {
    fc.assert(fc.property(slices, (slice) => {
      expect(fold(plan, metric, { legs: [...slice.legs, ...slice.legs], labels: [...slice.labels, ...slice.labels] })).toEqual(fold(plan, metric, slice));
    }), SEED);
  });

  test('sums are finite and inside what the metric can be', () => {
    fc.assert(fc.property(slices, (slice) => {
      const sums = fold(plan, metric, slice);
      for (const value of numbersIn(sums)) expect(Number.isFinite(value)).toBe(true);
      if (sums.kind !== 'paired') return;
      const { lo, hi } = plan.metrics.find(({ name }) => name === metric)!.range;
      expect(sums.min).toBeGreaterThanOrEqual(lo);
      expect(sums.max).toBeLessThanOrEqual(hi);
      expect(sums.labelled).toBeLessThanOrEqual(sums.needed);
      expect(sums.n).toBeLessThanOrEqual(sums.pairs);
    }), SEED);
  });
});

describe.each(NAMED)('a verdict by %s', (metric) => {
  const fewer = { ...SEED, numRuns: 30 };

  test('equal answers are never rolled back and never better', () => {
    fc.assert(fc.property(slices, (slice) => {
      const verdict = verdictOn(planFor(metric), same(slice), metric);
      expect(verdict.kind).not.toBe('rollback');
      expect(verdict.reasons.map(({ code }) => code)).not.toContain('proved-better');
    }), fewer);
  });

  test('answers that are not numbers never promote, even where no worse is enough', () => {
    fc.assert(fc.property(slices, (slice) => {
      const legs = slice.legs.map((one) => (one.variantId === CHALLENGER ? { ...one, latencyMs: Number.NaN, predictions: [{ row: 0, score: Number.NaN, klass: Number.NaN }], offContract: 'non-finite' as const } : one));
      for (const goal of ['better', 'no-worse'] as const) expect(verdictOn(planFor(metric, goal), { ...slice, legs }, metric).kind).not.toBe('promote');
    }), fewer);
  });
});

test('exchanging champion and challenger turns every d around', () => {
  const swap = ({ legs, labels }: Slice): Slice => ({ labels, legs: legs.map((one) => ({ ...one, variantId: one.variantId === CHAMPION ? CHALLENGER : CHAMPION })) });
  const paired = ({ legs, labels }: Slice): Slice => ({ labels, legs: legs.filter((one) => legs.some((other) => other.inferenceId === one.inferenceId && other.variantId !== one.variantId)) });
  // A distance between the two is the same from either side.
  for (const metric of NAMED.filter((name) => kindOf(name) === 'paired' && name !== 'output-shift')) {
    const plan = planFor(metric);
    fc.assert(fc.property(slices.map(paired), (slice) => {
      const [there, back] = [fold(plan, metric, slice), fold(plan, metric, swap(slice))];
      if (there.kind !== 'paired' || back.kind !== 'paired') throw new Error('not paired');
      expect(back.mean).toBeCloseTo(-there.mean, 9);
      expect([back.n, back.needed, back.labelled]).toEqual([there.n, there.needed, there.labelled]);
    }), SEED);
  }
});

function shuffled<T>(items: readonly T[], seed: number): readonly T[] {
  const uniform = uniforms(seed);
  return items.map((item) => [uniform(), item] as const).sort(([a], [b]) => a - b).map(([, item]) => item);
}

function numbersIn(value: unknown): number[] {
  if (typeof value === 'number') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(numbersIn) : [];
}
