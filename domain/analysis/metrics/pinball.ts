import { rangeWidth } from './absolute-error.ts';
import type { RowMetric } from './metric.ts';

/**
 * Pinball loss of a predicted quantile q, negated: q · (y − x) where the outcome is above the value, (1 − q) · (x − y) where it is below; distances beyond the width of
 * contract.range count as that width. Its mean is least at the true quantile (Koenker and Bassett, Econometrica 46, 1978).
 */
export const pinball: RowMetric = {
  name: 'pinball', kind: 'paired', by: 'row', needsOutcomes: true, unit: 'pinball loss per request',
  range: ({ contract, quantile }) => {
    if (contract.task !== 'regression') return `is for regression, and the task is ${contract.task}`;
    if (quantile === null) return 'needs to know which quantile is predicted: write quantile: 0.9, for example';
    if (contract.range === null) return 'needs contract.range: without it one answer could outweigh all others';
    const most = rangeWidth(contract) * Math.max(quantile, 1 - quantile);
    return { lo: -most, hi: most };
  },
  usable: ({ score }) => score !== null && Number.isFinite(score),
  same: (champion, challenger) => champion.score === challenger.score,
  score: ({ score }, label, { contract, quantile }) => {
    if (typeof label !== 'number' || score === null || quantile === null) return NaN;
    const above = label - score;
    return -Math.min(Math.abs(above), rangeWidth(contract)) * (above >= 0 ? quantile : 1 - quantile);
  },
  worst: ({ contract, quantile }) => (quantile === null ? NaN : -rangeWidth(contract) * Math.max(quantile, 1 - quantile)),
};
