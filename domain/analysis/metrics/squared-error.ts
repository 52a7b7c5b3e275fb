import type { RowMetric } from './metric.ts';
import { rangeWidth } from './absolute-error.ts';

/** Square of the distance of the predicted value from the outcome, negated; distances beyond the width of contract.range count as that width. */
export const squaredError: RowMetric = {
  name: 'squared-error', kind: 'paired', by: 'row', needsOutcomes: true, unit: 'squared units of the predicted value per request',
  range: ({ contract }) => contract.task !== 'regression' ? `is for regression, and the task is ${contract.task}; use brier or accuracy`
    : contract.range === null ? 'needs contract.range: without it one answer could outweigh all others' : { lo: -(rangeWidth(contract) ** 2), hi: rangeWidth(contract) ** 2 },
  usable: ({ score }) => score !== null && Number.isFinite(score),
  same: (champion, challenger) => champion.score === challenger.score,
  score: ({ score }, label, { contract }) => typeof label === 'number' ? -(Math.min(Math.abs((score ?? NaN) - label), rangeWidth(contract)) ** 2) : NaN,
  worst: ({ contract }) => -(rangeWidth(contract) ** 2),
};
