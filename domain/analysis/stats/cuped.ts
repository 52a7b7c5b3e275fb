/** Sums of one arm: outcome y, covariate x from before the experiment, their squares and product. */
export interface CovariateSums { readonly n: number; readonly y: number; readonly yy: number; readonly x: number; readonly xx: number; readonly xy: number }

const NONE: CovariateSums = { n: 0, y: 0, yy: 0, x: 0, xx: 0, xy: 0 };
function together(a: CovariateSums, b: CovariateSums): CovariateSums { return { n: a.n + b.n, y: a.y + b.y, yy: a.yy + b.yy, x: a.x + b.x, xx: a.xx + b.xx, xy: a.xy + b.xy }; }

/** Deviations from the own means: Σ(y − ȳ)², Σ(x − x̄)², Σ(x − x̄)(y − ȳ). */
function centred({ n, y, yy, x, xx, xy }: CovariateSums): { readonly yy: number; readonly xx: number; readonly xy: number } { return { yy: yy - (y * y) / n, xx: xx - (x * x) / n, xy: xy - (x * y) / n }; }

/** θ = cov(Y, X)/var(X) over the observations of all arms together (Deng, Xu, Kohavi, Walker, WSDM 2013, section 3.2). 0 where the covariate does not vary: then nothing is adjusted. */
export function cupedTheta(arms: readonly CovariateSums[]): number {
  const { xx, xy } = centred(arms.reduce(together, NONE));
  return xx > 0 ? xy / xx : 0;
}

/** Mean and variance (of one observation) of Y − θ(X − mean of X over all arms). The mean difference is unbiased whatever θ is; the variance falls by the square of the correlation. */
export function cupedAdjusted(arm: CovariateSums, theta: number, overallX: number): { readonly n: number; readonly mean: number; readonly variance: number } {
  const { yy, xx, xy } = centred(arm);
  const { n, y, x } = arm;
  return { n, mean: y / n - theta * (x / n - overallX), variance: n < 2 ? NaN : (yy - 2 * theta * xy + theta * theta * xx) / (n - 1) };
}
