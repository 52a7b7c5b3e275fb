import type { RowMetric } from './metric.ts';

/** Probabilities are kept this far from 0 and 1, so that one row loses at most ln(10⁶) = 13.8. */
export const LEAST_PROBABILITY = 1e-6;
export const MOST_LOG_LOSS = -Math.log(LEAST_PROBABILITY);

/** −ln of the probability that was given to what happened (Good, JRSS B 14 (1952)), 0 and up. */
export function logLossOf(probability: number, outcome: 0 | 1): number {
  const p = Math.min(Math.max(probability, LEAST_PROBABILITY), 1 - LEAST_PROBABILITY);
  return -Math.log(outcome === 1 ? p : 1 - p);
}

/** Logarithmic score of the positive class; larger is better. Its range is wide: engine strict needs many blocks for it, brier far fewer. */
export const logLoss: RowMetric = {
  name: 'log-loss', kind: 'paired', by: 'row', needsOutcomes: true, unit: 'nats per request',
  range: ({ contract }) => contract.task !== 'binary' ? `is for probabilities of a positive class, and the task is ${contract.task}`
    : contract.score === null ? 'needs contract.score, the output that carries the probability' : { lo: -MOST_LOG_LOSS, hi: MOST_LOG_LOSS },
  usable: ({ score }) => score !== null && score >= 0 && score <= 1,
  same: (champion, challenger) => champion.score === challenger.score,
  score: ({ score }, label) => label === 0 || label === 1 ? -logLossOf(score ?? NaN, label) : NaN,
  worst: () => -MOST_LOG_LOSS,
};
