import { auc, midranks, type Scores } from './auc.ts';
import { twoSidedP } from './normal-distribution.ts';

export interface AucDifference { readonly champion: number; readonly challenger: number; readonly difference: number; readonly standardError: number; readonly statistic: number; readonly p: number }

/** Placement values: of each positive the share of negatives below it, of each negative the share of positives above it (DeLong's V10, V01), by midranks. */
function placements({ positive, negative }: Scores): { readonly positive: readonly number[]; readonly negative: readonly number[] } {
  const [m, n] = [positive.length, negative.length];
  const all = midranks([...positive, ...negative]);
  const [own, other] = [midranks(positive), midranks(negative)];
  return {
    positive: positive.map((_, i) => ((all[i] ?? 0) - (own[i] ?? 0)) / n),
    negative: negative.map((_, j) => 1 - ((all[m + j] ?? 0) - (other[j] ?? 0)) / m),
  };
}

/**
 * DeLong, DeLong, Clarke-Pearson, Biometrics 44 (1988), by the midranks of Sun and Xu, IEEE SPL 21(11) 2014: the difference of two AUCs on the same rows,
 * challenger − champion, in O(n log n). The i-th score of each class is of the same row for both. A fixed-sample test: look once.
 * Variance 0 (the same order for both): statistic 0, p 1. NaN below two rows of a class.
 */
export function delong(champion: Scores, challenger: Scores): AucDifference {
  const [old, young] = [placements(champion), placements(challenger)];
  const between = (a: readonly number[], b: readonly number[]): number => variance(a.map((value, i) => value - (b[i] ?? 0))) / a.length;
  const [before, after] = [auc(champion), auc(challenger)];
  const standardError = Math.sqrt(between(young.positive, old.positive) + between(young.negative, old.negative));
  const difference = after - before;
  const statistic = standardError === 0 ? 0 : difference / standardError;
  return { champion: before, challenger: after, difference, standardError, statistic, p: twoSidedP(statistic) };
}

/** Standard error of one AUC. */
export function aucStandardError(scores: Scores): number {
  const { positive, negative } = placements(scores);
  return Math.sqrt(variance(positive) / positive.length + variance(negative) / negative.length);
}

function variance(values: readonly number[]): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1);
}
