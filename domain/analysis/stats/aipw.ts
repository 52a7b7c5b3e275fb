/** A difference whose outcome may be missing. `propensity`: the known probability with which it was observed, above 0; `predicted`: what a model made from earlier rows expects of it. */
export interface PartlySeen { readonly value: number | null; readonly propensity: number; readonly predicted: number }

/**
 * Augmented inverse-propensity pseudo-outcome (Robins, Rotnitzky, Zhao, JASA 89 (1994)): predicted + 1{seen}(value − predicted)/propensity. Its conditional mean is the true
 * one when the propensity is, whatever is predicted, so that confidence sequences of means hold for it. NaN for a propensity that is not in (0, 1].
 */
export function pseudoOutcome({ value, propensity, predicted }: PartlySeen): number {
  if (!(propensity > 0 && propensity <= 1)) return NaN;
  return value === null ? predicted : predicted + (value - predicted) / propensity;
}

/** Range of the pseudo-outcome of values in [lo, hi] with propensities of at least `least` and predictions in [lo, hi]: what a bounded sequence needs. */
export function pseudoRange({ lo, hi }: { readonly lo: number; readonly hi: number }, least: number): { readonly lo: number; readonly hi: number } {
  const stretch = (hi - lo) / least;
  return { lo: Math.min(lo, hi - stretch), hi: Math.max(hi, lo + stretch) };
}

/** Where nobody knows why outcomes are missing: the mean if all missing ones were as bad, and as good, as can be. */
export function worstCase(values: readonly (number | null)[], { lo, hi }: { readonly lo: number; readonly hi: number }): { readonly lower: number; readonly upper: number } {
  const of = (missing: number): number => values.reduce<number>((sum, value) => sum + (value ?? missing), 0) / values.length;
  return { lower: of(lo), upper: of(hi) };
}
