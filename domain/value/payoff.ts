import type { Contract, Prediction } from '../contract.ts';
import type { Payoff, ValueModel } from '../deployment.ts';

/** Lowest and highest value of something, in the unit of that thing. */
export interface Range { readonly lo: number; readonly hi: number }

type Outcome = number | string;

/**
 * What one answered row earned, in currency units, before the cost of serving it.
 * Binary: the cell of the confusion matrix; `label` 1 is the positive class (contract-reading labelValue).
 * Regression: perUnit for each unit of absolute error, errors beyond `clip` counting as `clip`.
 * NaN where the row or the outcome is not of the kind that the payoff is for; NaN never counts as evidence.
 */
export function payoff(value: ValueModel, contract: Contract, prediction: Prediction, label: Outcome): number {
  if (value.payoff.kind === 'confusion') return contract.task === 'binary' ? confusionCell(value.payoff, prediction.klass, label) : NaN;
  const { perUnit, clip } = value.payoff;
  return prediction.score === null || typeof label !== 'number' ? NaN : perUnit * Math.min(Math.abs(prediction.score - label), clip);
}

function confusionCell({ tp, fp, tn, fn }: Extract<Payoff, { kind: 'confusion' }>, klass: Prediction['klass'], label: Outcome): number {
  if ((klass !== 0 && klass !== 1) || (label !== 0 && label !== 1)) return NaN;
  if (label === 1) return klass === 1 ? tp : fn;
  return klass === 1 ? fp : tn;
}

/** The least that one answered row can earn. */
export function leastPayoff({ payoff: of }: ValueModel): number { return of.kind === 'confusion' ? Math.min(of.tp, of.fp, of.tn, of.fn) : Math.min(0, of.perUnit * of.clip); }

/** The most that two answers to one row can differ in payoff, either way. The cost of serving is the same for both and cancels. */
export function valueRange({ payoff: of }: ValueModel): Range {
  const most = of.kind === 'confusion' ? Math.max(Math.abs(of.tp - of.fn), Math.abs(of.tn - of.fp)) : Math.abs(of.perUnit * of.clip);
  return { lo: -most, hi: most };
}
