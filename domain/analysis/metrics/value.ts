import { leastPayoff, payoff, valueRange } from '../../value/payoff.ts';
import type { RowMetric } from './metric.ts';

/** Money per request by the value model. Where both answer the same they earn the same; the cost of serving cancels in d and is in both means. */
export const value: RowMetric = {
  name: 'value', kind: 'paired', by: 'row', needsOutcomes: true, unit: 'currency units per request',
  range: ({ contract, value: model }) => {
    if (model === null) return 'needs a value model: value: {currency, payoff}';
    const wanted = model.payoff.kind === 'confusion' ? 'binary' : 'regression';
    if (contract.task !== wanted) return `has a payoff for task ${wanted}, and the task is ${contract.task}`;
    const range = valueRange(model);
    return range.hi > 0 ? range : 'has a payoff that is the same for right and wrong answers: no answer could earn more than another';
  },
  usable: ({ score, klass }) => (klass !== null && !Number.isNaN(klass)) || (score !== null && Number.isFinite(score)),
  same: (champion, challenger) => champion.klass === null && challenger.klass === null ? champion.score === challenger.score : champion.klass === challenger.klass,
  score: (row, label, { contract, value: model }) => model === null ? NaN : payoff(model, contract, row, label) - model.costPerRequest,
  worst: ({ value: model }) => model === null ? NaN : leastPayoff(model) - model.costPerRequest,
};
