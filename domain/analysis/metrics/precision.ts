import { confusionMetric } from './confusion.ts';

/** TP / (TP + FP). A version that calls nothing positive where something is has precision 0; where nothing is, the slot says nothing. */
export const precision = confusionMetric('precision', 'share of positive answers that are right, by slot', ({ tp, fp, fn }) => (tp + fp > 0 ? tp / (tp + fp) : fn > 0 ? 0 : null));
