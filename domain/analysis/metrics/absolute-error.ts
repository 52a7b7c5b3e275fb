import type { Contract } from '../../contract.ts';
import type { RowMetric } from './metric.ts';

/** Distance of the predicted value from the outcome, negated; distances beyond the width of contract.range count as that width. */
export const absoluteError: RowMetric = {
  name: 'absolute-error', kind: 'paired', by: 'row', needsOutcomes: true, unit: 'units of the predicted value per request',
  range: ({ contract }) => contract.task !== 'regression' ? `is for regression, and the task is ${contract.task}; use accuracy`
    : contract.range === null ? 'needs contract.range: without it one answer could outweigh all others' : { lo: -rangeWidth(contract), hi: rangeWidth(contract) },
  usable: ({ score }) => score !== null && Number.isFinite(score),
  same: (champion, challenger) => champion.score === challenger.score,
  score: ({ score }, label, { contract }) => typeof label === 'number' ? -Math.min(Math.abs((score ?? NaN) - label), rangeWidth(contract)) : NaN,
  worst: ({ contract }) => -rangeWidth(contract),
};

/** Of contract.range; NaN without one. */
export function rangeWidth({ range }: Contract): number { return range === null ? NaN : range.max - range.min; }
