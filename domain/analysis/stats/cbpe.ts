import { isotonicFit, isotonicValue, type IsotonicStep } from './isotonic.ts';

/** A score and the class that the model made of it; `positive` decides as the contract's threshold does. */
export interface Scored { readonly score: number; readonly positive: boolean }

/** Scores to probabilities, from rows whose labels are known: never from the rows that are estimated. */
export function calibration(labelled: readonly { readonly score: number; readonly label: 0 | 1 }[]): readonly IsotonicStep[] {
  return isotonicFit(labelled.map(({ score, label }) => ({ x: score, y: label })));
}

/** Expected counts of the confusion matrix. */
export interface ExpectedConfusion { readonly tp: number; readonly fp: number; readonly tn: number; readonly fn: number }

/**
 * Confidence-based performance estimation (NannyML's CBPE; Białek et al., arXiv 2407.08649): with calibrated p the expected count of true positives is Σ p over
 * predicted positives, and so on. Right as long as the calibration holds: an early warning, never a proof.
 */
export function expectedConfusion(rows: readonly Scored[], steps: readonly IsotonicStep[]): ExpectedConfusion {
  let [tp, fp, tn, fn] = [0, 0, 0, 0];
  for (const { score, positive } of rows) {
    const p = isotonicValue(steps, score);
    if (positive) { tp += p; fp += 1 - p; } else { fn += p; tn += 1 - p; }
  }
  return { tp, fp, tn, fn };
}

export function expectedAccuracy({ tp, fp, tn, fn }: ExpectedConfusion): number { return (tp + tn) / (tp + fp + tn + fn); }
