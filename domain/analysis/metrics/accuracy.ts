import type { RowMetric } from './metric.ts';

/** d is −1, 0 or 1 for one row. Where both decide the same, d = 0 whatever the outcome: only disagreements need a label (decision D5). */
export const accuracy: RowMetric = {
  name: 'accuracy', kind: 'paired', by: 'row', needsOutcomes: true, unit: 'right answers per request',
  range: ({ contract }) => contract.task === 'regression' ? 'is for classes, and the task is regression; use absolute-error' : { lo: -1, hi: 1 },
  usable: ({ klass }) => klass !== null && !Number.isNaN(klass),
  same: (champion, challenger) => champion.klass === challenger.klass,
  score: ({ klass }, label) => String(klass) === String(label) ? 1 : 0,
  worst: () => 0,
};
