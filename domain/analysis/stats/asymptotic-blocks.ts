import { asymptoticRadius, asymptoticRho } from './asymptotic-sequence.ts';
import { lag1Correlation } from './correlation.ts';
import { longRunVariance } from './long-run-variance.ts';
import { deviation, momentsOf } from './moments.ts';

/** A correlation of neighbours that the plain standard deviation does not stand. */
const CORRELATED = 0.1;
const LEAST_FOR_LAG = 16;

/** √n times the standard error of the mean; `isLongRun` where neighbours hang together and the long-run variance was taken (decision-engine 3b). */
export interface SpreadOfMean { readonly n: number; readonly mean: number; readonly deviation: number; readonly isLongRun: boolean }

export function spreadOfMean(values: readonly number[]): SpreadOfMean {
  const moments = momentsOf(values);
  const lag1 = values.length < LEAST_FOR_LAG ? null : lag1Correlation(values);
  const isLongRun = lag1 !== null && lag1 >= CORRELATED;
  return { n: moments.n, mean: moments.mean, deviation: isLongRun ? Math.sqrt(longRunVariance(values)) : deviation(moments), isLongRun };
}

/**
 * Lower confidence bound of a mean, one-sided and asymptotic (Waudby-Smith et al., arXiv 2103.06476 v7, eq 134 with ρ by eq 161), tightest near `nStar` observations.
 * Null where the observations do not vary: then nothing is known of their spread. For an upper bound negate the mean and the result.
 */
export function asymptoticLowerBound(of: Pick<SpreadOfMean, 'n' | 'mean' | 'deviation'>, { nStar, alpha }: { readonly nStar: number; readonly alpha: number }): number | null {
  if (!(of.deviation > 0)) return null;
  return of.mean - asymptoticRadius(of, { rho: asymptoticRho(nStar, alpha, 'one-sided'), alpha, sides: 'one-sided' });
}
