import { accuracy } from './accuracy.ts';
import type { RowMetric } from './metric.ts';

/** Accuracy told the other way round, for those who count wrong answers; d is the same, and larger is still better. */
export const errorRate: RowMetric = { ...accuracy, name: 'error-rate', unit: 'fewer wrong answers per request', score: (row, label, terms) => accuracy.score(row, label, terms) - 1, worst: () => -1 };
