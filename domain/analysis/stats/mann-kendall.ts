/** Which way a series goes; unknown: too few values to tell. */
export type Movement = 'up' | 'down' | 'steady' | 'unknown';

/** Values below which the normal approximation of S is not used (Mann 1945 gives exact tables up to 10; 8 is the usual limit). */
const FEWEST = 8;

/**
 * Whether a series, oldest first, moves: the Mann-Kendall test, which asks only for the order of the values, so that one wild value cannot make a trend.
 * S = sum over i < j of sign(x_j - x_i); Var S = [n(n-1)(2n+5) - sum over ties t(t-1)(2t+5)] / 18; z = (S - sign S) / sqrt(Var S), against `critical`.
 * Source: Mann, Econometrica 13 (1945) 245-259; Kendall, Rank Correlation Methods (1975), with the correction for ties.
 */
export function mannKendall(series: readonly number[], critical: number): Movement {
  const n = series.length;
  if (n < FEWEST) return 'unknown';
  const s = series.reduce((sum, x, i) => sum + series.slice(i + 1).reduce((inner, y) => inner + Math.sign(y - x), 0), 0);
  const variance = (term(n) - tiesOf(series).reduce((sum, t) => sum + term(t), 0)) / 18;
  if (variance <= 0) return 'steady';
  const z = (s - Math.sign(s)) / Math.sqrt(variance);
  return Math.abs(z) <= critical ? 'steady' : z > 0 ? 'up' : 'down';
}

function term(n: number): number { return n * (n - 1) * (2 * n + 5); }

/** Sizes of the groups of equal values. */
function tiesOf(series: readonly number[]): readonly number[] {
  const counts = new Map<number, number>();
  for (const x of series) counts.set(x, (counts.get(x) ?? 0) + 1);
  return [...counts.values()].filter((count) => count > 1);
}
