import { logBeta, logGamma } from './log-gamma.ts';
import { twoSidedP } from './normal-distribution.ts';

/** Pairs in which one alone was right: `better` the challenger, `worse` the champion. Pairs that agree say nothing of which is better. */
export interface Discordant { readonly better: number; readonly worse: number }

/** McNemar, Psychometrika 12 (1947): χ² with one degree of freedom, with or without Edwards' correction; p = 1 where nothing differs. */
export function mcnemarChiSquare({ better, worse }: Discordant, corrected: boolean): { readonly statistic: number; readonly p: number } {
  const n = better + worse;
  if (n === 0) return { statistic: 0, p: 1 };
  const distance = Math.max(0, Math.abs(better - worse) - (corrected ? 1 : 0));
  return { statistic: (distance * distance) / n, p: twoSidedP(distance / Math.sqrt(n)) };
}

/** Exact: two-sided binomial(better + worse, ½), twice the smaller tail. */
export function mcnemarExactP({ better, worse }: Discordant): number {
  const n = better + worse;
  const few = Math.min(better, worse);
  let tail = 0;
  for (let k = 0; k <= few; k += 1) tail += Math.exp(logGamma(n + 1) - logGamma(k + 1) - logGamma(n - k + 1) - n * Math.LN2);
  return Math.min(1, 2 * tail);
}

/** ln of the anytime-valid e-value against "neither is better": E = 2^(b+c) B(a + b, a + c)/B(a, a), the two-sided beta mixture; larger a expects smaller differences. */
export function mcnemarLogE({ better, worse }: Discordant, a = 1): number { return (better + worse) * Math.LN2 + logBeta(a + better, a + worse) - logBeta(a, a); }
