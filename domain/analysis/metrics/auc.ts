import { auc as areaOf } from '../stats/auc.ts';
import type { Answers, SlotMetric } from './metric.ts';

/** A row without a prediction is ranked at the wrong end. */
const WORST = Number.MAX_VALUE;

/** Area under the ROC curve of the scores of a slot (Mann and Whitney; stats/auc.ts). A slot that lacks one of the classes says nothing. */
export const auc: SlotMetric = {
  name: 'auc', kind: 'paired', by: 'slot', needsOutcomes: true, countsFailures: false, unit: 'area under the ROC curve, by slot',
  range: ({ contract }) => contract.task !== 'binary' ? `is for two classes, and the task is ${contract.task}` : contract.score === null ? 'needs contract.score, the output that is ranked' : { lo: -1, hi: 1 },
  usable: ({ score }) => score !== null && Number.isFinite(score),
  values: (ours, theirs) => {
    const [champion, challenger] = [areaOf(scoresOf(ours)), areaOf(scoresOf(theirs))];
    return Number.isFinite(champion) && Number.isFinite(challenger) ? { champion, challenger } : null;
  },
};

function scoresOf({ rows }: Answers): { readonly positive: readonly number[]; readonly negative: readonly number[] } {
  const score = (isPositive: boolean): readonly number[] => rows.filter(({ outcome }) => (outcome === 1) === isPositive).map(({ prediction }) => prediction?.score ?? (isPositive ? -WORST : WORST));
  return { positive: score(true), negative: score(false) };
}
