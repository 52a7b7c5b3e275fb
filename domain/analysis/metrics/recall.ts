import { confusionMetric } from './confusion.ts';

/** TP / (TP + FN). A slot without a positive outcome says nothing. */
export const recall = confusionMetric('recall', 'share of positive outcomes that are found, by slot', ({ tp, fn }) => (tp + fn > 0 ? tp / (tp + fn) : null));
