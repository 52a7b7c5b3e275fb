/**
 * Asymptotic confidence sequence for a mean (Waudby-Smith, Arbour, Sinha, Kennedy, Ramdas, arXiv 2103.06476 v7; equation numbers of that version):
 * valid at every n at once, from a burn-in on, for observations that are nearly independent; an approximation for skewed ones.
 * `n` counts observations, which may be means of blocks; `deviation` is their running standard deviation; for two arms take n = n_a + n_b and
 * deviation² = n · SE².
 */
export interface MeanEstimate { readonly n: number; readonly mean: number; readonly deviation: number }

export type Sides = 'two-sided' | 'one-sided';

/** Eq 161: ρ for which the interval is tightest near nStar observations; 2α takes the place of α when one-sided. */
export function asymptoticRho(nStar: number, alpha: number, sides: Sides): number {
  const logAlpha = Math.log(sides === 'one-sided' ? 2 * alpha : alpha);
  return Math.sqrt((-2 * logAlpha + Math.log(1 - 2 * logAlpha)) / nStar);
}

/** Distance of the bound from the mean: eq 9 (two-sided) or eq 134 (one-sided). Infinite without observations. */
export function asymptoticRadius({ n, deviation }: Pick<MeanEstimate, 'n' | 'deviation'>, { rho, alpha, sides }: { readonly rho: number; readonly alpha: number; readonly sides: Sides }): number {
  if (!(n > 0)) return Infinity;
  const spread = n * rho * rho + 1;
  const log = sides === 'two-sided' ? Math.log(Math.sqrt(spread) / alpha) : Math.log(1 + Math.sqrt(spread) / (2 * alpha));
  return deviation * Math.sqrt(((2 * spread) / (n * n * rho * rho)) * log);
}

/**
 * ln of the e-value against "the mean is mu0" (two-sided, eq 155) or "the mean is not above mu0" (one-sided, the exact dual of eq 134).
 * Two-sided: E = exp(ρ² n² (x̄ − μ0)² / (2 s² (nρ² + 1))) / sqrt(nρ² + 1). One-sided: z = ρ n (x̄ − μ0) / (s sqrt(nρ² + 1)), E = 2 (exp(z²/2) − 1) / sqrt(nρ² + 1), 0 where z <= 0.
 * Without spread nothing is known: ln E = −∞.
 */
export function asymptoticLogE({ n, mean, deviation }: MeanEstimate, { rho, mu0, sides }: { readonly rho: number; readonly mu0: number; readonly sides: Sides }): number {
  if (!(n > 0) || !(deviation > 0)) return -Infinity;
  const spread = n * rho * rho + 1;
  const z = (rho * n * (mean - mu0)) / (deviation * Math.sqrt(spread));
  if (sides === 'two-sided') return (z * z) / 2 - Math.log(spread) / 2;
  return z <= 0 ? -Infinity : Math.log(2) + logExpm1((z * z) / 2) - Math.log(spread) / 2;
}

/** Valid at any time at which one looks: min(1, 1/E). */
export function anytimeP(logE: number): number { return Math.min(1, Math.exp(-logE)); }

function logExpm1(x: number): number { return x > 30 ? x : Math.log(Math.expm1(x)); }
