import { logGamma } from './log-gamma.ts';
import { gammaSeries, logGammaP } from './log-incomplete-gamma.ts';
import { crossing } from './root.ts';

/**
 * The gamma–exponential mixture of Howard, Ramdas, McAuliffe, Sekhon (Ann. Statist. 49(2), 2021, arXiv 1810.08240): a test martingale
 * for sums S of differences that never fall more than `c` below their predictable centre, with V = Σ (x − centre)².
 */
export interface GammaExponential {
  /** Where it is tightest: see tunedRho. */
  readonly rho: number;
  /** Scale: the largest fall below the predictable centre. */
  readonly c: number;
}

/** ρ that makes the bound tightest near V = vOpt. One-sided mixtures take D(2α), two-sided D(α); D(a) = 2 ln(1/a) + ln(1 + 2 ln(1/a)). */
export function tunedRho(vOpt: number, alpha: number, sides: 'one-sided' | 'two-sided'): number {
  return vOpt / tuning(sides === 'one-sided' ? 2 * alpha : alpha);
}

/** D(a) above; also tunes the mixture for events. */
export function tuning(a: number): number {
  const twice = 2 * Math.log(1 / a);
  return twice + Math.log(1 + twice);
}

/**
 * ln m(s, v), the logarithm of the e-value against "the mean is not above zero".
 * With r = ρ/c², a = (v + ρ)/c², x = (c s + v + ρ)/c²: ln m = r ln r − ln Γ(r) − ln P(r, r) + ln Γ(a) + ln P(a, x) − a ln x + x − r.
 * For x <= 0, where P has no value, a lower bound by Jensen's inequality: too small an e-value is safe, too large is not.
 */
export function logMixture(mixture: GammaExponential, s: number, v: number): number { return logLead(mixture) + logTail(mixture, s, v); }

/** What depends on neither s nor v. */
function logLead({ rho, c }: GammaExponential): number {
  const r = rho / (c * c);
  return r * Math.log(r) - logGamma(r) - logGammaP(r, r) - r;
}

function logTail({ rho, c }: GammaExponential, s: number, v: number): number {
  const a = (v + rho) / (c * c);
  const x = (c * s + v + rho) / (c * c);
  if (x <= 0) return x / (a + 1) - Math.log(a);
  if (x < a + 1) return Math.log(gammaSeries(a, x)) - Math.log(a);
  return logGamma(a) + logGammaP(a, x) - a * Math.log(x) + x;
}

/** u(v): the sum beyond which ln m exceeds ln(1/α). At every time at once, S passes u(V) with probability at most α. */
export function sumBound(mixture: GammaExponential, v: number, alpha: number): number {
  const limit = Math.log(1 / alpha);
  const lead = logLead(mixture);
  const beyond = (u: number): boolean => lead + logTail(mixture, u, v) > limit;
  let high = Math.sqrt(2 * (v + mixture.rho) * limit) + mixture.c * limit;
  while (!beyond(high)) high *= 2;
  return crossing(beyond, 0, high);
}
