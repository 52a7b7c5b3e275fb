import { studentQuantile, studentTail } from './student-t.ts';
import { anytimeP, asymptoticLogE, asymptoticRadius, asymptoticRho } from './asymptotic-sequence.ts';

/** One arm of split traffic: mean and variance of one observation. */
export interface Arm { readonly n: number; readonly mean: number; readonly variance: number }

/** `sumSquares` is not used for a proportion, whose variance is p(1 − p). NaN below two observations. */
export function armOf({ n, sum, sumSquares }: { readonly n: number; readonly sum: number; readonly sumSquares: number }, isProportion: boolean): Arm {
  const mean = sum / n;
  return { n, mean, variance: isProportion ? mean * (1 - mean) : n < 2 ? NaN : (sumSquares - sum * mean) / (n - 1) };
}

export interface ArmsEstimate { readonly estimate: number; readonly standardError: number; /** Welch's degrees of freedom. */ readonly freedom: number; readonly n: number }

/**
 * Challenger minus champion; `relative`: over the champion's mean, by the delta method: Var = Var(ȳ_b)/ȳ_a² + Var(ȳ_a) ȳ_b²/ȳ_a⁴. `base`: means that a relative
 * difference is measured by, where those of the arms were adjusted. Degrees of freedom by Welch (Biometrika 34, 1947) and Satterthwaite.
 */
export function differenceOfArms(champion: Arm, challenger: Arm, { scale, base }: { readonly scale: 'absolute' | 'relative'; readonly base: { readonly champion: number; readonly challenger: number } }): ArmsEstimate {
  const weight = scale === 'absolute' ? { champion: 1, challenger: 1 } : { champion: base.challenger ** 2 / base.champion ** 4, challenger: 1 / base.champion ** 2 };
  const [old, young] = [(champion.variance / champion.n) * weight.champion, (challenger.variance / challenger.n) * weight.challenger];
  const difference = challenger.mean - champion.mean;
  return {
    estimate: scale === 'absolute' ? difference : difference / base.champion, standardError: Math.sqrt(old + young), n: champion.n + challenger.n,
    freedom: (champion.variance / champion.n + challenger.variance / challenger.n) ** 2 / ((champion.variance / champion.n) ** 2 / (champion.n - 1) + (challenger.variance / challenger.n) ** 2 / (challenger.n - 1)),
  };
}

/** One-sided (1): that the challenger is better; no upper bound. Null: no bound. */
export interface ArmsInterval { readonly lower: number | null; readonly upper: number | null; readonly pValue: number }

/** Valid at one look that was fixed before: Welch's t. */
export function fixedInterval({ estimate, standardError, freedom }: ArmsEstimate, { alpha, sides }: { readonly alpha: number; readonly sides: 1 | 2 }): ArmsInterval {
  const radius = studentQuantile(alpha / sides, freedom) * standardError;
  const t = estimate / standardError;
  return { lower: estimate - radius, upper: sides === 1 ? null : estimate + radius, pValue: sides === 1 ? studentTail(t, freedom) : Math.min(1, 2 * studentTail(Math.abs(t), freedom)) };
}

/** Valid at any look: the asymptotic confidence sequence with s² = n · SE², n of both arms. */
export function anytimeInterval({ estimate, standardError, n }: ArmsEstimate, { alpha, sides, nStar }: { readonly alpha: number; readonly sides: 1 | 2; readonly nStar: number }): ArmsInterval {
  const of = { n, mean: estimate, deviation: standardError * Math.sqrt(n) };
  const way = sides === 1 ? 'one-sided' : 'two-sided';
  const rho = asymptoticRho(nStar, alpha, way);
  const radius = asymptoticRadius(of, { rho, alpha, sides: way });
  return { lower: estimate - radius, upper: sides === 1 ? null : estimate + radius, pValue: anytimeP(asymptoticLogE(of, { rho, mu0: 0, sides: way })) };
}
