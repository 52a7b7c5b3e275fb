import { momentsOf } from '../stats/moments.ts';
import { answerTimes, longestTimeMs } from './answer-times.ts';
import type { SlotMetric } from './metric.ts';

const SECOND_MS = 1_000;

/** Money that an answer costs to make: the time it took, at value.costPerSecond; negated. The flat costPerRequest is the same for both and cancels. */
export const cost: SlotMetric = {
  name: 'cost', kind: 'paired', by: 'slot', needsOutcomes: false, countsFailures: true, unit: 'currency units per request, by slot',
  range: ({ contract, value }) => {
    if (value?.costPerSecond === undefined) return 'needs what a second of serving costs: value: {costPerSecond}';
    const most = (longestTimeMs(contract) / SECOND_MS) * value.costPerSecond;
    return most > 0 ? { lo: -most, hi: most } : 'has value.costPerSecond 0: no answer could cost more than another';
  },
  usable: () => true,
  values: (ours, theirs, { contract, value }) => {
    const [champion, challenger] = [momentsOf(answerTimes(ours, contract)), momentsOf(answerTimes(theirs, contract))];
    const perMs = (value?.costPerSecond ?? NaN) / SECOND_MS;
    return champion.n === 0 || challenger.n === 0 ? null : { champion: -champion.mean * perMs, challenger: -challenger.mean * perMs };
  },
};
