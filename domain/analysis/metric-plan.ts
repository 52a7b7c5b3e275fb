import { LastmileError } from '../errors.ts';
import { primaryOf } from '../metric-names.ts';
import { placeOf } from './field.ts';
import type { AnalysisPlan, MetricPlan } from './plan.ts';

/** The plan of one metric, or of one line of a segment, whoever's of the field it is. Throws LM_INVARIANT when the plan has no such metric. */
export function metricPlan(plan: AnalysisPlan, line: string): MetricPlan {
  const { line: name } = placeOf(line);
  const found = plan.metrics.find((metric) => metric.name === name) ?? segmentPlans(plan).find((metric) => metric.name === name);
  if (found === undefined) throw new LastmileError('LM_INVARIANT', `The analysis plan of ${plan.rolloutId} has no metric "${name}"; it has ${plan.metrics.map((metric) => metric.name).join(', ')}.`);
  return found;
}

export function pairedPlans(plan: AnalysisPlan): readonly MetricPlan[] { return plan.metrics.filter(({ kind }) => kind === 'paired'); }
export function segmentPlans({ segments }: AnalysisPlan): readonly MetricPlan[] { return segments?.metrics ?? []; }
export function ratePlans(plan: AnalysisPlan): readonly MetricPlan[] { return plan.metrics.filter(({ kind }) => kind === 'rate'); }

/** The metric that goal `better` must show a gain on: value where it is required, else the first required one. */
export function primaryMetric(plan: AnalysisPlan): MetricPlan | null { return primaryOf(plan.metrics); }
