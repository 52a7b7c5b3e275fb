import { auc, type Scores } from './auc.ts';

/**
 * The AUC difference as a stream: one value a block of rows, the difference of the AUCs within the block, bounded by [−1, 1]. Its mean over blocks is
 * judged like any bounded difference (gamma-exponential.ts). It is the AUC between rows of one block: seasons and drift between blocks do not enter.
 * Null for a block that lacks a class: it says nothing, and is counted as not judged.
 */
export function aucDifferenceOfBlock(champion: Scores, challenger: Scores): number | null {
  return champion.positive.length === 0 || champion.negative.length === 0 ? null : auc(challenger) - auc(champion);
}
