import { logGammaQ } from './log-incomplete-gamma.ts';

/** ln Φ(z), with every digit in both tails: Φ(−z) = Q(½, z²/2)/2 (NIST DLMF 7.11.2). */
export function logNormalCdf(z: number): number {
  const logTail = Math.log(0.5) + logGammaQ(0.5, (z * z) / 2);
  return z < 0 ? logTail : Math.log1p(-Math.exp(logTail));
}

export function normalCdf(z: number): number { return Math.exp(logNormalCdf(z)); }

const STEPS = 4;

/** Φ⁻¹(p) for 0 < p < 1; −∞ at 0, ∞ at 1, NaN elsewhere. Hastings' approximation (Abramowitz and Stegun 26.2.23), then Newton on ln Φ, where the tail is nearly straight. */
export function normalQuantile(p: number): number {
  if (!(p >= 0 && p <= 1)) return NaN;
  if (p === 0 || p === 1) return p === 0 ? -Infinity : Infinity;
  if (p > 0.5) return -normalQuantile(1 - p);
  const t = Math.sqrt(-2 * Math.log(p));
  let z = (2.515517 + t * (0.802853 + t * 0.010328)) / (1 + t * (1.432788 + t * (0.189269 + t * 0.001308))) - t;
  for (let step = 0; step < STEPS; step += 1) {
    const logCdf = logNormalCdf(z);
    const logDensity = -(z * z) / 2 - Math.log(2 * Math.PI) / 2;
    z -= (logCdf - Math.log(p)) * Math.exp(logCdf - logDensity);
  }
  return z;
}

/** Two-sided p-value of a standard normal statistic. */
export function twoSidedP(z: number): number { return Math.min(1, 2 * Math.exp(logNormalCdf(-Math.abs(z)))); }
