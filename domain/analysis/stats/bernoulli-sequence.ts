import { logBeta } from './log-gamma.ts';
import { tuning } from './gamma-exponential.ts';
import { crossing } from './root.ts';

export interface Interval { readonly lower: number; readonly upper: number }

/** `bad` events among `n`; may be a sum of shares in [0, 1], which the Bernoulli case dominates. */
export interface Events { readonly n: number; readonly bad: number }

/** Beyond this an end counts as 0 or 1. */
const EDGE = 1e-12;

/**
 * Confidence sequence for a rate by the beta-binomial mixture (same paper as gamma-exponential; `bernoulli_confidence_interval` of confseq),
 * two-sided, valid at every n at once, for any dependence on the past (then of the mean conditional rate). Tightest near n = tOpt.
 * With κ = max(tOpt/D(α) − 1, .001): ln m(p) = ln B(n−k+(1−p)κ, k+pκ) − ln B((1−p)κ, pκ) − k ln p − (n−k) ln(1−p); p is kept while ln m(p) <= ln(1/α).
 */
export function rateInterval({ n, bad }: Events, alpha: number, tOpt: number): Interval {
  if (!(n > 0)) return { lower: 0, upper: 1 };
  const kappa = Math.max(tOpt / tuning(alpha) - 1, 0.001);
  const limit = Math.log(1 / alpha);
  const refuted = (p: number): boolean => logMixture({ n, bad }, p, kappa) > limit;
  return { lower: bad > 0 ? lowerEnd(refuted, bad / n) : 0, upper: bad < n ? upperEnd(refuted, bad / n) : 1 };
}

function logMixture({ n, bad }: Events, p: number, kappa: number): number {
  const good = n - bad;
  const prior = logBeta((1 - p) * kappa, p * kappa);
  return logBeta(good + (1 - p) * kappa, bad + p * kappa) - prior - bad * Math.log(p) - good * Math.log1p(-p);
}

function lowerEnd(refuted: (p: number) => boolean, rate: number): number {
  return refuted(EDGE) ? -crossing((q) => refuted(-q), -Math.max(rate, 2 * EDGE), -EDGE) : 0;
}

function upperEnd(refuted: (p: number) => boolean, rate: number): number {
  return refuted(1 - EDGE) ? crossing(refuted, Math.max(rate, EDGE), 1 - EDGE) : 1;
}
