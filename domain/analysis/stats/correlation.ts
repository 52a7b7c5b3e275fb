import { momentsOf } from './moments.ts';

/** Lag-1 autocorrelation Σ (x_i − x̄)(x_{i+1} − x̄) / Σ (x_i − x̄)²; null below three values or where they do not vary. */
export function lag1Correlation(values: readonly number[]): number | null {
  const { n, mean, m2 } = momentsOf(values);
  if (n < 3 || !(m2 > 0)) return null;
  return values.slice(1).reduce((sum, x, i) => sum + (x - mean) * ((values[i] ?? mean) - mean), 0) / m2;
}
