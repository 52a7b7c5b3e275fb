import { evidenceOf } from '../../../domain/analysis/evidence.ts';
import { foldMetric } from '../../../domain/analysis/fold.ts';
import { judge } from '../../../domain/analysis/judge.ts';
import type { RateSums } from '../../../domain/analysis/blocks.ts';
import type { StoredLeg } from '../../../domain/record.ts';
import { uniforms } from '../../../domain/analysis/stats/seeded-random.ts';
import { BINARY, block, fixedPlan, leg, metricPolicy, rateSums, scores, START } from '../../support/analysis-arbitraries.ts';

const plan = fixedPlan({ rollout: { goal: 'healthy', minCycles: 1 }, metrics: [metricPolicy('collapse', { role: 'guardrail', margin: 0.5 })] });
const u = uniforms(5);
const asked = (n: number, challenger: (score: number, i: number) => Partial<StoredLeg>, champion: () => number = u): StoredLeg[] => Array.from({ length: n }, (_, i) => {
  const score = champion();
  const at = { atMs: START + i };
  return [leg(`inf_${String(i).padStart(4, '0')}`, 'champion', { ...scores(score), ...at }), leg(`inf_${String(i).padStart(4, '0')}`, 'challenger', { ...challenger(score, i), ...at })];
}).flat();
const fold = (legs: readonly StoredLeg[]): RateSums => foldMetric({ metric: 'collapse', plan, contract: BINARY, value: null, legs, labels: [] }) as RateSums;

test('one answer to everything fails with every pair of neighbours; answers that follow the request do not', () => {
  expect(fold(asked(50, () => scores(0.5))).challengerShadow).toEqual({ n: 49, bad: 49 });
  expect(fold(asked(50, (score) => scores(1 - score))).challengerShadow).toEqual({ n: 49, bad: 0 });
});

test('where the champion answers alike there is nothing to tell; failures are no answers', () => {
  expect(fold(asked(50, () => scores(0.5), () => 0.3)).challengerShadow).toEqual({ n: 0, bad: 0 });
  expect(fold(asked(6, (score, i) => (i % 2 === 1 ? { error: 'status', status: 500, predictions: [] } : scores(score)))).challengerShadow).toEqual({ n: 2, bad: 0 });
});

test('a model that collapsed is rolled back, quick and without errors though it is', () => {
  const slot = Math.floor(START / plan.metrics[0]!.tauMs);
  const verdict = (legs: readonly StoredLeg[]): string => {
    const { kind, reasons } = judge({
      plan, evidence: evidenceOf(plan.metrics.map(({ name }) => block(plan, name, slot, name === 'collapse' ? fold(legs) : rateSums({ n: 5_000, bad: 0 })))),
      progress: null, value: null, rulingMs: START + 1, atMs: 1, n: 1,
    });
    return `${kind} ${reasons.map(({ code, metric }) => `${code} ${metric ?? ''}`).join()}`;
  };
  expect(verdict(asked(60, () => scores(0.5)))).toBe('rollback guardrail collapse');
  expect(verdict(asked(60, (score) => scores(score)))).not.toMatch(/collapse|rollback/);
});
