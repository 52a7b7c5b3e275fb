import { rateInterval } from './bernoulli-sequence.ts';
import { logMixture, sumBound, tunedRho } from './gamma-exponential.ts';

/** How block means are allowed to move, and how the bound is tuned; fixed before the first of them is seen. */
export interface MeanAssumptions {
  /** No block mean lies further below zero than this. */
  readonly lossBound: number;
  /** Limit of the predictable centre, the mean of the past. */
  readonly centreCap: number;
  readonly vOpt: number;
  /** Least V; absent: none. Choe and Ramdas's code takes 1 for single differences in [−1, 1]. */
  readonly leastV?: number;
}

/**
 * Lower confidence bound, valid at every n at once, for the running average of the conditional means of block means x_1 … x_n
 * (Choe and Ramdas 2024, arXiv 2110.00115, Theorem 2, one-sided). Centre g_i = min(cap, mean of the past), g_1 = 0; V = Σ (x_i − g_i)², no floor;
 * c = lossBound + cap; bound = x̄ − u(V)/n. Gains need no bound. −∞ without data. For an upper bound negate the data and the result.
 */
export function lowerBound(means: readonly number[], { lossBound, centreCap, vOpt, leastV }: MeanAssumptions, alpha: number): number {
  if (means.length === 0) return -Infinity;
  const { sum, v } = atLeast(centred(means, centreCap), leastV);
  return (sum - sumBound({ rho: tunedRho(vOpt, alpha, 'one-sided'), c: lossBound + centreCap }, v, alpha)) / means.length;
}

/** ln of the e-value against "the mean is not above mu0", zero where none is named; beyond ln(1/α) exactly where lowerBound is above mu0, and forty times cheaper. */
export function logEvidence(means: readonly number[], { lossBound, centreCap, vOpt, leastV }: MeanAssumptions, { alpha, mu0 = 0 }: { readonly alpha: number; readonly mu0?: number }): number {
  const { sum, v } = atLeast(centred(means, centreCap), leastV);
  return means.length === 0 ? 0 : logMixture({ rho: tunedRho(vOpt, alpha, 'one-sided'), c: lossBound + centreCap }, sum - means.length * mu0, v);
}

function atLeast<S extends { readonly v: number }>(sums: S, least: number | undefined): S { return least === undefined || sums.v >= least ? sums : { ...sums, v: least }; }

/** S and V. */
export function centred(means: readonly number[], cap: number): { readonly sum: number; readonly v: number } {
  let sum = 0;
  let v = 0;
  means.forEach((x, i) => {
    const centre = i === 0 ? 0 : Math.min(cap, sum / i);
    v += (x - centre) ** 2;
    sum += x;
  });
  return { sum, v };
}

/**
 * The bound without the assumption that no block loses more than L: lower_L − r · (|lo| − L), with losses beyond L cut to L in lower_L, r an upper bound
 * of the rate of worse blocks, and half of α for each. Zero worse blocks: r = ln(2/α)/n, by Π(1 − p_i) <= exp(−Σ p_i). Never above lower_L itself.
 */
export function lowerBoundInFull(means: readonly number[], assumptions: MeanAssumptions, alpha: number, lo: number): number {
  const { lossBound } = assumptions;
  if (lossBound >= -lo) return lowerBound(means, assumptions, alpha);
  const worse = means.filter((x) => x < -lossBound).length;
  const rate = worse === 0 ? Math.min(1, Math.log(2 / alpha) / means.length) : rateInterval({ n: means.length, bad: worse }, alpha / 2, RATE_TUNING).upper;
  return lowerBound(means.map((x) => Math.max(x, -lossBound)), assumptions, alpha / 2) - rate * (-lo - lossBound);
}

/** Blocks at which the rate of worse blocks is known best. */
const RATE_TUNING = 100;
