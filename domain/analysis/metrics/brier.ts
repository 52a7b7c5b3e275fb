import type { RowMetric } from './metric.ts';

/** Brier score of the positive class (Brier 1950), negated so that larger is better. */
export const brier: RowMetric = {
  name: 'brier', kind: 'paired', by: 'row', needsOutcomes: true, unit: 'squared error per request',
  range: ({ contract }) => contract.task !== 'binary' ? `is for probabilities of a positive class, and the task is ${contract.task}`
    : contract.score === null ? 'needs contract.score, the output that carries the probability' : { lo: -1, hi: 1 },
  usable: ({ score }) => score !== null && score >= 0 && score <= 1,
  same: (champion, challenger) => champion.score === challenger.score,
  score: ({ score }, label) => label === 0 || label === 1 ? -(((score ?? NaN) - label) ** 2) : NaN,
  worst: () => -1,
};
