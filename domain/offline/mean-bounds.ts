import type { Range } from '../value/payoff.ts';
import { anytimeP, asymptoticLogE, asymptoticRadius, asymptoticRho } from '../analysis/stats/asymptotic-sequence.ts';
import { logEvidence, lowerBound, type MeanAssumptions } from '../analysis/stats/block-means.ts';
import { spreadOfMean } from '../analysis/stats/asymptotic-blocks.ts';

/** Means of blocks, or single differences, in time order; d = challenger − champion, larger is better. */
export type Observations = readonly number[];

/** What a promotion must be proved above, and harm below. */
export interface NullMeans { readonly pass: number; readonly harm: number }

/** `lower`, `upper`: two-sided at α; null: no bound. `logBetter`: ln of the e-value against "the mean is at most `pass`"; `logWorse`: against "at least `harm`". */
export interface MeanBounds {
  readonly lower: number | null;
  readonly upper: number | null;
  readonly logBetter: number;
  readonly logWorse: number;
  readonly pValue?: number;
  readonly method: string;
}

export interface StrictTerms { readonly range: Range; readonly lossBound: number | null; readonly blockSize: number; readonly vOpt: number | null; readonly alpha: number }

/** Tuning where the options give none: for single differences the published 100 for [−1, 1]; for blocks as if they spread over the loss bound like six deviations. */
const SINGLE_V = 100;
const DEVIATIONS = 6;
/** Observations that a bound is tuned for at least. */
const FEWEST = 8;

/**
 * Engine strict (decision-engine 2.2 and 3b): empirical Bernstein by the gamma-exponential mixture; true at every number of rows, for any dependence between rows.
 * Without a loss bound the centre is the mean of the past, c the width of the range, and for single differences V is at least the square of half the range,
 * as in Choe and Ramdas's code. With one, c = L + the cap of the centre on the loss side, and the upper bound keeps the hard range.
 */
export function strictBounds(values: Observations, nulls: NullMeans, terms: StrictTerms): MeanBounds {
  const { alpha } = terms;
  const { below, above } = assumptions(terms, values.length);
  const negated = values.map((value) => -value);
  const isBroken = values.some((value) => value < -below.lossBound);
  return {
    lower: isBroken ? null : within(lowerBound(values, below, alpha / 2), terms.range), upper: within(-lowerBound(negated, above, alpha / 2), terms.range),
    logBetter: isBroken ? -Infinity : logEvidence(values, below, { alpha, mu0: nulls.pass }), logWorse: logEvidence(negated, above, { alpha, mu0: -nulls.harm }),
    method: `empirical-Bernstein, gamma-exponential mixture${terms.lossBound === null ? '' : ', given the loss bound'}`,
  };
}

function assumptions({ range: { lo, hi }, lossBound, blockSize, vOpt }: StrictTerms, n: number): { readonly below: MeanAssumptions; readonly above: MeanAssumptions } {
  const half = (hi - lo) / 2;
  const floor = blockSize === 1 && lossBound === null ? { leastV: half * half } : {};
  const spread = (lossBound ?? -lo) / DEVIATIONS;
  const tuned = vOpt ?? (blockSize === 1 ? SINGLE_V * half * half : (spread * spread * Math.max(n, FEWEST)) / 4);
  const below = lossBound === null ? { lossBound: -lo, centreCap: hi } : { lossBound: Math.min(lossBound, -lo), centreCap: spread };
  return { below: { ...below, vOpt: tuned, ...floor }, above: { lossBound: hi, centreCap: lossBound === null ? -lo : spread, vOpt: tuned, ...floor } };
}

/** No bound says more than the range does. */
function within(bound: number, { lo, hi }: Range): number { return Math.min(Math.max(bound, lo), hi); }

export interface FastTerms { readonly nStar: number; readonly alpha: number }

/** Engine fast (decision-engine 2.1): asymptotic confidence sequence; neighbours that hang together get a long-run variance. It needs the burn-in. */
export function fastBounds(values: Observations, nulls: NullMeans, terms: FastTerms): MeanBounds {
  const spread = spreadOfMean(values);
  return asymptoticBounds(spread, nulls, { ...terms, method: `asymptotic${spread.isLongRun ? ', long-run variance' : ''}` });
}

/** Of any estimate whose standard error is deviation/√n. */
export function asymptoticBounds(of: { readonly n: number; readonly mean: number; readonly deviation: number }, { pass, harm }: NullMeans, { nStar, alpha, method }: FastTerms & { readonly method: string }): MeanBounds {
  const rho = asymptoticRho(nStar, alpha, 'two-sided');
  const oneSided = asymptoticRho(nStar, alpha, 'one-sided');
  const radius = asymptoticRadius(of, { rho, alpha, sides: 'two-sided' });
  const known = Number.isFinite(radius) && of.deviation > 0;
  return {
    lower: known ? of.mean - radius : null, upper: known ? of.mean + radius : null,
    logBetter: asymptoticLogE(of, { rho: oneSided, mu0: pass, sides: 'one-sided' }), logWorse: asymptoticLogE({ ...of, mean: -of.mean }, { rho: oneSided, mu0: -harm, sides: 'one-sided' }),
    pValue: anytimeP(asymptoticLogE(of, { rho, mu0: 0, sides: 'two-sided' })), method,
  };
}
