import { LastmileError } from '../errors.ts';
import { cupedAdjusted, cupedTheta, type CovariateSums } from '../analysis/stats/cuped.ts';
import { anytimeInterval, armOf, differenceOfArms, fixedInterval, type Arm } from '../analysis/stats/two-arms.ts';

export interface ArmSums { readonly n: number; readonly sum: number; readonly sumSquares: number }
/** Of a covariate from before the experiment: Σx, Σx², Σxy over the same observations. */
export interface CovariateOfArm { readonly sum: number; readonly sumSquares: number; readonly sumProducts: number }

/** Split traffic in sums. `nStar`: observations of both arms at which the interval is tightest; null: a fixed sample, one look. */
export interface Summary {
  readonly champion: ArmSums;
  readonly challenger: ArmSums;
  readonly scale: 'absolute' | 'relative';
  readonly sides: 1 | 2;
  readonly alpha: number;
  readonly nStar: number | null;
  readonly proportion: boolean;
  readonly covariate: { readonly champion: CovariateOfArm; readonly challenger: CovariateOfArm } | null;
}

export interface SummaryVerdict { readonly estimate: number; readonly standardError: number; readonly lower: number | null; readonly upper: number | null; readonly pValue: number; readonly method: string }

/** Challenger − champion of two arms. Throws LM_INVALID_REQUEST where the sums cannot be those of observations, or tell nothing of spread. */
export function judgeSummary(of: Summary): SummaryVerdict {
  const [champion, challenger] = [checked('champion', of.champion, of.proportion), checked('challenger', of.challenger, of.proportion)];
  if (of.scale === 'relative' && champion.mean === 0) throw new LastmileError('LM_INVALID_REQUEST', 'The champion\'s mean is 0: nothing can be told relative to it. Use scale "absolute".');
  const [old, young] = adjusted(of) ?? [champion, challenger];
  const estimate = differenceOfArms(old, young, { scale: of.scale, base: { champion: champion.mean, challenger: challenger.mean } });
  if (!(estimate.standardError > 0)) throw new LastmileError('LM_INVALID_REQUEST', 'Neither arm varies, so that nothing can be said of chance: there is no interval.');
  const interval = of.nStar === null ? fixedInterval(estimate, of) : anytimeInterval(estimate, { ...of, nStar: of.nStar });
  return {
    estimate: estimate.estimate, standardError: estimate.standardError, ...interval,
    method: `${of.nStar === null ? 'Welch t, one look' : 'asymptotic confidence sequence, any number of looks'}${of.covariate === null ? '' : ', CUPED'}`,
  };
}

function checked(name: string, sums: ArmSums, isProportion: boolean): Arm {
  const arm = armOf(sums, isProportion);
  const wrong = !Number.isInteger(sums.n) || sums.n < 2 ? 'n is a whole number of at least 2'
    : isProportion && !(sums.sum >= 0 && sums.sum <= sums.n) ? 'the sum of a proportion lies between 0 and n'
      : !(arm.variance >= 0) ? 'sumSquares is at least sum²/n' : null;
  if (wrong !== null) throw new LastmileError('LM_INVALID_REQUEST', `${name}: ${wrong}.`);
  return arm;
}

function adjusted({ champion, challenger, covariate, proportion }: Summary): readonly [Arm, Arm] | null {
  if (covariate === null) return null;
  const sums = ([['champion', champion, covariate.champion], ['challenger', challenger, covariate.challenger]] as const).map(([name, { n, sum, sumSquares }, x]): CovariateSums => {
    const yy = proportion ? sum : sumSquares;
    if (!(x.sumSquares * n >= x.sum * x.sum)) throw new LastmileError('LM_INVALID_REQUEST', `${name}: the covariate's sumSquares is at least sum²/n.`);
    return { n, y: sum, yy, x: x.sum, xx: x.sumSquares, xy: x.sumProducts };
  });
  const theta = cupedTheta(sums);
  const overallX = sums.reduce((total, { x }) => total + x, 0) / sums.reduce((total, { n }) => total + n, 0);
  const [old, young] = sums.map((each) => cupedAdjusted(each, theta, overallX));
  return old === undefined || young === undefined ? null : [old, young];
}
