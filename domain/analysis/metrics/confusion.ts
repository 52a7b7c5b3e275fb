import type { Answers, SlotMetric, Terms } from './metric.ts';

/** Counts of one version in a slot; a row without a prediction counts as the wrong class. */
export interface Confusion { readonly tp: number; readonly fp: number; readonly fn: number }

export function confusion({ rows }: Answers): Confusion {
  let [tp, fp, fn] = [0, 0, 0];
  for (const { prediction, outcome } of rows) {
    const right = prediction !== null && prediction.klass === outcome;
    if (outcome === 1) { if (right) tp += 1; else fn += 1; } else if (!right) fp += 1;
  }
  return { tp, fp, fn };
}

/** What the ratios of the confusion matrix have in common: binary tasks, a difference in [−1, 1], and a value for both versions or for none. */
export function confusionMetric(name: string, unit: string, ratio: (of: Confusion) => number | null): SlotMetric {
  return {
    name, kind: 'paired', by: 'slot', needsOutcomes: true, countsFailures: false, unit,
    range: binaryRange, usable: ({ klass }) => klass === 0 || klass === 1,
    values: (ours, theirs) => {
      const [champion, challenger] = [ratio(confusion(ours)), ratio(confusion(theirs))];
      return champion === null || challenger === null ? null : { champion, challenger };
    },
  };
}

function binaryRange({ contract: { task } }: Terms): { readonly lo: number; readonly hi: number } | string {
  return task === 'binary' ? { lo: -1, hi: 1 } : `is for two classes, and the task is ${task}`;
}
