import { FALSE_PROMOTIONS_PER_YEAR } from '../deployment-defaults.ts';
import type { RolloutPolicy } from '../deployment.ts';
import type { RolloutId } from '../ids.ts';
import type { AnalysisPlan } from './plan.ts';

export const YEAR_MS = 365 * 86_400_000;
/** What a rollout gets where the budget was lowered below what is spent: no proof of practical length passes at it, and no formula divides by zero. */
const NEXT_TO_NOTHING = 1e-12;

/** The chance of a false promotion that a rollout was judged at; dated by the start of its comparison. */
export interface AlphaSpent { readonly rolloutId: RolloutId; readonly atMs: number; readonly alpha: number }

/** What a fixed plan spends: each of its proofs is held at this level, and a promotion needs all of them. */
export function spentBy({ rolloutId, startedAtMs, metrics }: { readonly rolloutId: RolloutId; readonly startedAtMs: number; readonly metrics: readonly { readonly alpha: number }[] }): AlphaSpent {
  return { rolloutId, atMs: startedAtMs, alpha: Math.max(...metrics.map(({ alpha }) => alpha)) };
}

export interface Budget { readonly perYear: number; readonly spent: number; readonly left: number; readonly rollouts: number; readonly nextAlpha: number }

/**
 * The yearly budget of false promotions (decision D5) and the alpha that the next rollout gets: min(alpha of the file, left / (n + 2)), where n rollouts have
 * spent within the last 365 days and `left` is what they left of the budget.
 *
 * Why it holds: given all that came before it, a rollout promotes a version that it should not with a chance of at most its alpha (decision-engine 2.8: every
 * proof at full alpha, all needed), and its alpha is set before its evidence. So the expected number of false promotions is at most the sum of the alphas, and
 * so is the chance of any (union bound; the same accounts as alpha-investing, Foster and Stine, J. R. Statist. Soc. B 70(2), 2008, without earning back).
 * A grant is never more than half of what is left of the year that ends with it. The last grant of any 365 days was made when all others of them were counted:
 * so their sum is below the budget, whatever the sequence.
 *
 * Why this share: a first grant of 1/2, then 1/3 of the rest, then 1/4 … leaves budget/(n + 1) after n, so that grants fall like 1/n² and not like 2⁻ⁿ, as
 * halving would, which starves the tenth rollout. A steady N rollouts a year settle at budget/(2N). Proofs lengthen with ln(1/alpha) only.
 */
export function budgetOf({ alpha, falsePromotionsPerYear: perYear = FALSE_PROMOTIONS_PER_YEAR }: Pick<RolloutPolicy, 'alpha' | 'falsePromotionsPerYear'>, spent: readonly AlphaSpent[]): Budget {
  const sum = spent.reduce((total, one) => total + one.alpha, 0);
  const left = Math.max(perYear - sum, 0);
  const nextAlpha = Math.min(alpha, Math.max(left / (spent.length + 2), NEXT_TO_NOTHING));
  return { perYear, spent: sum, left, rollouts: spent.length, nextAlpha };
}

/** The others that count against a rollout whose comparison began then: those of the year before it, both ends included. */
export function spentBefore({ rolloutId, startedAtMs }: Pick<AnalysisPlan, 'rolloutId' | 'startedAtMs'>, spent: readonly AlphaSpent[]): readonly AlphaSpent[] {
  return spent.filter((one) => one.rolloutId !== rolloutId && one.atMs >= startedAtMs - YEAR_MS);
}

/** The plan at the alpha granted, which every proof of it is then held at. Tests for harm keep the file's alpha (plan.harmAlpha): a budget must not dull them. */
export function atAlpha(plan: AnalysisPlan, alpha: number): AnalysisPlan {
  return { ...plan, metrics: plan.metrics.map((metric) => ({ ...metric, alpha })) };
}

/** For `lastmile plan`. */
export function budgetNote(policy: Pick<RolloutPolicy, 'alpha' | 'falsePromotionsPerYear'>, spent: readonly AlphaSpent[]): string {
  const { perYear, spent: sum, left, rollouts, nextAlpha } = budgetOf(policy, spent);
  const before = rollouts === 0 ? 'nothing was spent in the last 365 days' : `${short(sum)} was spent by ${rollouts === 1 ? 'one rollout' : `${String(rollouts)} rollouts`} of the last 365 days, ${short(left)} is left`;
  return `False promotions: at most ${short(perYear)} a year are to be expected (rollout.falsePromotions); ${before}. The next rollout is judged at alpha ${short(nextAlpha)}.`;
}

function short(value: number): string { return String(Number(value.toPrecision(3))); }
