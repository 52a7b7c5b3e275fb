import { confusionMetric } from './confusion.ts';

/** 2 TP / (2 TP + FP + FN), the harmonic mean of precision and recall. A slot where nothing is positive, nor called so, says nothing. */
export const f1 = confusionMetric('f1', 'F1 score, by slot', ({ tp, fp, fn }) => (tp + fp + fn > 0 ? (2 * tp) / (2 * tp + fp + fn) : null));
