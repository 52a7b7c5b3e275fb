import type { Range } from '../value/payoff.ts';
import type { MetricPlan } from './plan.ts';

/** What makes the bound of block means as tight as earlier data allow (decision-engine 3b). It changes how long a proof takes, and through the loss bound what it claims. */
export type Tuning = Pick<MetricPlan, 'lossBound' | 'gainBound' | 'centreCap' | 'vOpt' | 'plannedBlocks' | 'plannedFrom'>;

/** Of block means that were seen: their standard deviation, the worst and the best. */
export interface Spread { readonly spread: number; readonly least: number; readonly greatest: number }

/** Where the spec of a rollout does not tell how many blocks it may see. */
export const PLANNED_BLOCKS = 100;
const WORST_TIMES = 2;
const DEVIATIONS = 6;
/** However quiet the pilot was, block means are allowed to stray this share of the range. */
const LEAST_SHARE = 0.02;

/** No earlier data: the full range, or what the file declares; block means are guessed to spread over it like six deviations. */
export function withoutPilot(range: Range, declared: number | null, blocks = PLANNED_BLOCKS): Tuning {
  const lossBound = Math.min(declared ?? -range.lo, -range.lo);
  const spread = lossBound / DEVIATIONS;
  return { lossBound, gainBound: range.hi, centreCap: spread, vOpt: variance(spread, blocks), plannedBlocks: blocks, plannedFrom: declared === null ? 'full-range' : 'declared' };
}

/** From block means of the pilot, or of earlier rollouts. A declared loss bound stands. */
export function fromBlocks(of: Spread & { readonly from: 'pilot' | 'earlier-rollout'; readonly range: Range; readonly declared: number | null; readonly blocks: number }): Tuning {
  const { spread, declared, range } = of;
  const lossBound = declared ?? allowance(-of.least, spread, -range.lo);
  return {
    lossBound: Math.min(lossBound, -range.lo), gainBound: allowance(of.greatest, spread, range.hi), centreCap: spread,
    vOpt: variance(Math.max(spread, lossBound / 100), of.blocks), plannedBlocks: of.blocks, plannedFrom: declared === null ? of.from : 'declared',
  };
}

/**
 * Whether block means of other challengers say how far those of the next one may fall. Not where they hardly moved: answers almost equal to the champion's
 * say nothing of a version that differs, and it would break so tight a bound at once. Nor where a single bad block makes the bound the whole range though
 * blocks spread far less: that is as good as no bound, and a pilot of the challenger itself does better.
 */
export function isTaught({ spread, least }: Spread, { lo }: Range): boolean {
  const worst = WORST_TIMES * -least;
  const usual = DEVIATIONS * spread;
  return Math.max(worst, usual) >= LEAST_SHARE * -lo && (worst < -lo || usual >= -lo);
}

/** Twice the worst seen, at least six deviations, at most what the metric can be. */
function allowance(worst: number, spread: number, most: number): number {
  return Math.min(Math.max(WORST_TIMES * worst, DEVIATIONS * spread, LEAST_SHARE * most), most);
}

function variance(spread: number, blocks: number): number { return (spread * spread * blocks) / 4; }
