import { primaryMetric } from './metric-plan.ts';
import type { AnalysisPlan, MetricPlan } from './plan.ts';

/** Where the mean difference of a paired metric must be proved to lie, to pass and to fail. */
export interface Thresholds {
  /** Passed when the lower bound is above. */
  readonly pass: number;
  /** Failed when the upper bound is below. */
  readonly fail: number;
}

/** No worse than the margin; under goal `better` the primary metric must gain, and a proved loss of any size fails it (decision-engine 2.9). */
export function thresholds(plan: AnalysisPlan, metric: MetricPlan): Thresholds {
  const mustGain = plan.goal === 'better' && primaryMetric(plan)?.name === metric.name;
  return mustGain ? { pass: 0, fail: 0 } : { pass: -metric.margin, fail: -metric.margin };
}

/** All segments together are one more test for harm. */
export function familyHarmAlpha(plan: AnalysisPlan): number { return (plan.harmAlpha ?? plan.metrics[0]?.alpha ?? 0) / familiesOf(plan); }

function familiesOf({ metrics, segments }: AnalysisPlan): number { return metrics.length + (segments === undefined ? 0 : 1); }

/** Any proved harm rolls back, so that all tests for harm share one α (decision-engine 2.8); rates are tested in two roles each. */
export function harmAlpha(plan: AnalysisPlan, metric: MetricPlan): number {
  return (plan.harmAlpha ?? metric.alpha) / familiesOf(plan) / (metric.kind === 'rate' ? 2 : 1);
}

/** Of the cycles seen, the share that may lack coverage before the metric counts as not judged. */
export const ALLOWED_SHORT = 0.25;
/** Short cycles end a rollout only when this many cycles have been seen. */
export const LEAST_CYCLES_TO_GIVE_UP = 4;
/** A split this much against its promise (e-value) holds every promotion. */
export const SHARE_MISMATCH = 1_000;
