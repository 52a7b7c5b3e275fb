/** Σ of numerators y, of denominators x, and of their products, over requests (or blocks). */
export interface RatioSums { readonly n: number; readonly y: number; readonly x: number; readonly yy: number; readonly xx: number; readonly xy: number }

/** Variance of y − R x per request, R = Σy/Σx: what a ratio metric is judged by once it is linearised around R (delta method; Deng, Knoblich, Lu, KDD 2018). */
export function linearisedVariance({ n, y, x, yy, xx, xy }: RatioSums): number {
  if (n < 2 || x === 0) return NaN;
  const ratio = y / x;
  // The mean of y − R x is zero by the choice of R.
  return (yy - 2 * ratio * xy + ratio * ratio * xx) / (n - 1);
}

/** Σy/Σx and its standard error: sqrt(Var(y − R x)/n) / mean(x). NaN without denominators. */
export function ratioEstimate(sums: RatioSums): { readonly ratio: number; readonly standardError: number } {
  return { ratio: sums.y / sums.x, standardError: Math.sqrt(linearisedVariance(sums) / sums.n) / (sums.x / sums.n) };
}

/** One request's share in a difference of ratios, linearised around the champion's ratio: (y_b − R x_b) − (y_a − R x_a), over the mean denominator. Its mean is the difference of the ratios to first order. */
export function linearised(champion: { readonly y: number; readonly x: number }, challenger: { readonly y: number; readonly x: number }, of: { readonly ratio: number; readonly meanX: number }): number {
  return (challenger.y - of.ratio * challenger.x - (champion.y - of.ratio * champion.x)) / of.meanX;
}
