import { logBeta } from './log-gamma.ts';
import { tuning } from './gamma-exponential.ts';
import { crossing } from './root.ts';
import { rateInterval, type Interval } from './bernoulli-sequence.ts';

/** Howard and Ramdas, Bernoulli 28(3) 2022, arXiv 1906.09712: A of theorem 2. */
const A = 0.85;
const GRID = 400;

/**
 * C of theorem 2 for A = 0.85: the least C with 4 exp(−γ² C)(1 + 1/((γ² − 1) ln η)) = α for some η in (1, 2A²) with γ > 1,
 * γ = sqrt(2/η)(A − sqrt(2(η − 1)/C)). 8.1227 for α = .05.
 */
export function uniformQuantileC(alpha: number): number {
  const holds = (c: number): boolean => {
    for (let i = 1; i < GRID; i += 1) {
      const eta = 1 + ((2 * A * A - 1) * i) / GRID;
      const gamma = Math.sqrt(2 / eta) * (A - Math.sqrt((2 * (eta - 1)) / c));
      if (gamma > 1 && 4 * Math.exp(-gamma * gamma * c) * (1 + 1 / ((gamma * gamma - 1) * Math.log(eta))) <= alpha) return true;
    }
    return false;
  };
  return crossing(holds, 1, 100);
}

/** Half width, in quantile space, that holds for all quantiles and every t >= tMin at once: A sqrt((ln(1 + ln(t/tMin)) + C)/t). Infinite below tMin. */
export function uniformQuantileRadius(t: number, of: { readonly tMin: number; readonly alpha: number }): number {
  return t < of.tMin ? Infinity : A * Math.sqrt((Math.log(1 + Math.log(t / of.tMin)) + uniformQuantileC(of.alpha)) / t);
}

/**
 * Confidence sequence for the p-quantile of one arm: those values q at which the share of observations at or below q is not refuted as p
 * (bernoulli-sequence.ts on 1{X <= q}). `sorted` ascending; −∞ or ∞ where too little is known.
 */
export function quantileInterval(sorted: readonly number[], p: number, of: { readonly alpha: number; readonly tOpt: number }): Interval {
  const n = sorted.length;
  const refuted = (bad: number): 'low' | 'high' | null => {
    const { lower, upper } = rateInterval({ n, bad }, of.alpha, of.tOpt);
    return upper < p ? 'low' : lower > p ? 'high' : null;
  };
  let from = 0;
  while (from < n && refuted(from + 1) === 'low') from += 1;
  let to = n - 1;
  while (to >= 0 && refuted(to) === 'high') to -= 1;
  // Below the first value that is not refuted lies its neighbour; an end that nothing refutes is open.
  return { lower: refuted(0) === 'low' ? sorted[from] ?? -Infinity : -Infinity, upper: refuted(n) === 'high' ? sorted[to] ?? Infinity : Infinity };
}

/**
 * ln of the e-value against "both arms have the same p-quantile": the product of the arms' beta-binomial mixtures at p, at the common value that
 * fits both best. Both ascending. Valid at any sizes at once, for any dependence on the past within each arm.
 */
export function sameQuantileLogE(a: readonly number[], b: readonly number[], of: { readonly p: number; readonly alpha: number; readonly tOpt: number }): number {
  const kappa = Math.max(of.tOpt / tuning(of.alpha) - 1, 0.001);
  const prior = logBeta((1 - of.p) * kappa, of.p * kappa);
  const logMixture = (n: number, k: number): number => logBeta(n - k + (1 - of.p) * kappa, k + of.p * kappa) - prior - k * Math.log(of.p) - (n - k) * Math.log1p(-of.p);
  let least = Infinity;
  let [i, j] = [0, 0];
  for (;;) {
    least = Math.min(least, logMixture(a.length, i) + logMixture(b.length, j));
    const next = Math.min(a[i] ?? Infinity, b[j] ?? Infinity);
    if (next === Infinity) return least;
    while ((a[i] ?? Infinity) === next) i += 1;
    while ((b[j] ?? Infinity) === next) j += 1;
  }
}
