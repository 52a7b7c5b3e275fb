import { momentsOf } from './moments.ts';

/** Share of n that lags may reach: Newey and West's rule for the Bartlett kernel. */
function lags(n: number): number { return Math.min(n - 1, Math.floor(4 * (n / 100) ** (2 / 9))); }

/**
 * Long-run variance of a series by the Bartlett kernel: γ_0 + 2 Σ_{j=1..L} (1 − j/(L+1)) γ_j, L = floor(4 (n/100)^(2/9)), γ_j = Σ (x_i − x̄)(x_{i+j} − x̄)/n.
 * n times the variance of the mean when neighbours hang together. Never below the plain sample variance: a negative correlation earns nothing.
 * Source: Newey and West, Econometrica 55 (1987) 703-708; the number of lags: Newey and West, Review of Economic Studies 61 (1994) 631-653.
 */
export function longRunVariance(values: readonly number[]): number {
  const { n, mean, m2 } = momentsOf(values);
  if (n < 2) return 0;
  const most = lags(n);
  let total = m2 / n;
  for (let lag = 1; lag <= most; lag += 1) {
    let gamma = 0;
    for (let i = lag; i < n; i += 1) gamma += ((values[i] ?? mean) - mean) * ((values[i - lag] ?? mean) - mean);
    total += (2 * (1 - lag / (most + 1)) * gamma) / n;
  }
  return Math.max(total, m2 / (n - 1));
}
