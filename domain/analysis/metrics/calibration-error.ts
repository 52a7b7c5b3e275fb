import { calibrationError as expectedError } from '../stats/calibration-error.ts';
import type { Answers, SlotMetric } from './metric.ts';

/**
 * Expected calibration error of a slot in ten bins (stats/calibration-error.ts), negated so that larger is better. It is too large on few rows, for both versions
 * alike; a row without a prediction counts as the surest wrong one.
 */
export const calibrationError: SlotMetric = {
  name: 'calibration-error', kind: 'paired', by: 'slot', needsOutcomes: true, countsFailures: false, unit: 'expected calibration error, by slot',
  range: ({ contract }) => contract.task !== 'binary' ? `is for probabilities of a positive class, and the task is ${contract.task}`
    : contract.score === null ? 'needs contract.score, the output that carries the probability' : { lo: -1, hi: 1 },
  usable: ({ score }) => score !== null && score >= 0 && score <= 1,
  values: (ours, theirs) => (ours.rows.length === 0 || theirs.rows.length === 0 ? null : { champion: -errorOf(ours), challenger: -errorOf(theirs) }),
};

function errorOf({ rows }: Answers): number {
  return expectedError(rows.map(({ prediction, outcome }) => { const truth = outcome === 1 ? 1 : 0; return { probability: prediction?.score ?? 1 - truth, outcome: truth }; }));
}
