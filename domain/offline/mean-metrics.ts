import { logLossOf, MOST_LOG_LOSS } from '../analysis/metrics/log-loss.ts';
import type { Range } from '../value/payoff.ts';
import { classReader, nameOf } from './classes.ts';
import type { JudgeOptions } from './options.ts';
import { finiteNumber, outcome, probability, type Column, type PairedRow } from './paired-rows.ts';

/** What one answer is worth, in the metric's own unit; NaN never. */
export type Score = (row: PairedRow, column: Column, text: string, label: string) => number;

/** A metric that is a mean over rows. */
export interface MeanMetric {
  readonly name: string;
  /** Larger is better (1) or worse (−1); differences are turned so that larger is better. */
  readonly sign: 1 | -1;
  readonly needsLabel: boolean;
  /** Hard range of the difference; null: the file cannot know it. */
  readonly range: (options: JudgeOptions) => Range | null;
  readonly prepare: (rows: readonly PairedRow[], options: JudgeOptions) => { readonly score: Score; /** Rows of which d = 0 is known without an outcome. */ readonly same: (champion: string, challenger: string) => boolean };
}

const UNIT: Range = { lo: -1, hi: 1 };
const unit = (): Range => UNIT;
const unknown = (): null => null;
const sameNumber = (champion: string, challenger: string): boolean => Number(champion) === Number(challenger);
const numeric = (score: Score): MeanMetric['prepare'] => () => ({ score, same: sameNumber });

function ofClasses(right: 0 | 1): MeanMetric['prepare'] {
  return (rows, options) => {
    const classOf = classReader(rows, options);
    return { score: (_row, _column, text, label) => (classOf(text) === nameOf(label) ? right : 1 - right), same: (champion, challenger) => classOf(champion) === classOf(challenger) };
  };
}

const logLoss: Score = (row, column, text, label) => logLossOf(probability(row, column, text), outcome(row, label));

export const MEAN_METRICS: readonly MeanMetric[] = [
  { name: 'accuracy', sign: 1, needsLabel: true, range: unit, prepare: ofClasses(1) },
  { name: 'error-rate', sign: -1, needsLabel: true, range: unit, prepare: ofClasses(0) },
  { name: 'brier', sign: -1, needsLabel: true, range: unit, prepare: numeric((row, column, text, label) => (probability(row, column, text) - outcome(row, label)) ** 2) },
  { name: 'log-loss', sign: -1, needsLabel: true, range: () => ({ lo: -MOST_LOG_LOSS, hi: MOST_LOG_LOSS }), prepare: numeric(logLoss) },
  { name: 'absolute-error', sign: -1, needsLabel: true, range: unknown, prepare: numeric((row, column, text, label) => Math.abs(finiteNumber(row, column, text) - finiteNumber(row, 'label', label))) },
  { name: 'squared-error', sign: -1, needsLabel: true, range: unknown, prepare: numeric((row, column, text, label) => (finiteNumber(row, column, text) - finiteNumber(row, 'label', label)) ** 2) },
  {
    // Koenker and Bassett 1978: q (y − x) where the outcome lies above, (1 − q)(x − y) where below.
    name: 'pinball', sign: -1, needsLabel: true, range: unknown,
    prepare: (_rows, { quantile }) => ({
      same: sameNumber,
      score: (row, column, text, label) => { const over = finiteNumber(row, 'label', label) - finiteNumber(row, column, text); return over >= 0 ? quantile * over : (quantile - 1) * over; },
    }),
  },
  { name: 'value', sign: 1, needsLabel: false, range: unknown, prepare: numeric((row, column, text) => finiteNumber(row, column, text)) },
];
