import type { Contract, Prediction } from '../../contract.ts';
import { rangeWidth } from './absolute-error.ts';
import type { AnsweredRow, SlotMetric } from './metric.ts';

/**
 * How far the challenger's answers as a whole lie from the champion's on the same rows, negated: 0 alike, −1 as far as answers can be. Scores and values: Wasserstein-1
 * distance over the width of their range; classes: total variation, half the sum of the differences of their shares. It says nothing of who is right, and needs no
 * outcome; unlike `disagreement` it does not see errors that cancel. The champion's own value is 0.
 */
export const outputShift: SlotMetric = {
  name: 'output-shift', kind: 'paired', by: 'slot', needsOutcomes: false, countsFailures: false, unit: 'distance between the two distributions of answers, by slot',
  range: ({ contract }) => contract.task === 'regression' && contract.range === null ? 'needs contract.range, over which values are compared' : { lo: -1, hi: 1 },
  usable: ({ score, klass }) => (score !== null && Number.isFinite(score)) || (klass !== null && !Number.isNaN(klass)),
  values: (ours, theirs, { contract }) => {
    const both = ours.rows.flatMap(({ prediction }, i) => { const other = theirs.rows[i]?.prediction ?? null; return prediction === null || other === null ? [] : [[prediction, other] as const]; });
    return both.length === 0 ? null : { champion: 0, challenger: 0 - distance(both, contract) };
  },
};

type Answer = NonNullable<AnsweredRow['prediction']>;

function distance(both: readonly (readonly [Answer, Answer])[], contract: Contract): number {
  const width = widthOf(contract);
  const [ours, theirs] = [both.map(([a]) => a), both.map(([, b]) => b)];
  return width === null ? totalVariation(ours, theirs) : Math.min(1, wasserstein(ours, theirs) / width);
}

/** Null where answers are compared as classes. */
function widthOf(contract: Contract): number | null {
  if (contract.task === 'regression') return rangeWidth(contract);
  return contract.task === 'binary' && contract.score !== null ? (contract.range === null ? 1 : rangeWidth(contract)) : null;
}

/** Of samples of equal size: the mean distance of the values of equal rank. */
function wasserstein(ours: readonly Prediction[], theirs: readonly Prediction[]): number {
  const sorted = (of: readonly Prediction[]): readonly number[] => of.map(({ score }) => score ?? NaN).sort((a, b) => a - b);
  const other = sorted(theirs);
  return sorted(ours).reduce((sum, value, i) => sum + Math.abs(value - (other[i] ?? NaN)), 0) / ours.length;
}

function totalVariation(ours: readonly Prediction[], theirs: readonly Prediction[]): number {
  const counts = new Map<string, number>();
  const count = (of: readonly Prediction[], step: number): void => { for (const { klass } of of) counts.set(String(klass), (counts.get(String(klass)) ?? 0) + step); };
  count(ours, 1);
  count(theirs, -1);
  return [...counts.values()].reduce((sum, each) => sum + Math.abs(each), 0) / 2 / ours.length;
}
