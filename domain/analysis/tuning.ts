import type { Range } from '../value/payoff.ts';
import type { MetricPlan } from './plan.ts';
import { deviation, type Moments } from './stats/moments.ts';

/** What makes the bound of block means as tight as earlier data allow (decision-engine 3b). It changes how long a proof takes, and through the loss bound what it claims. */
export type Tuning = Pick<MetricPlan, 'lossBound' | 'gainBound' | 'centreCap' | 'vOpt' | 'plannedFrom'>;

/** Where the spec of a rollout does not tell how many blocks it may see. */
const PLANNED_BLOCKS = 100;
const WORST_TIMES = 2;
const DEVIATIONS = 6;
/** However quiet the pilot was, block means are allowed to stray this share of the range. */
const LEAST_SHARE = 0.02;

/** No earlier data: the full range, or what the file declares; block means are guessed to spread over it like six deviations. */
export function withoutPilot(range: Range, declared: number | null, blocks = PLANNED_BLOCKS): Tuning {
  const lossBound = Math.min(declared ?? -range.lo, -range.lo);
  const spread = lossBound / DEVIATIONS;
  return { lossBound, gainBound: range.hi, centreCap: spread, vOpt: variance(spread, blocks), plannedFrom: declared === null ? 'full-range' : 'declared' };
}

/** From the moments and extremes of the pilot's block means. A declared loss bound stands. */
export function fromPilot(of: { readonly moments: Moments; readonly least: number; readonly greatest: number; readonly range: Range; readonly declared: number | null; readonly blocks: number }): Tuning {
  const spread = deviation(of.moments);
  const lossBound = of.declared ?? allowance(-of.least, spread, -of.range.lo);
  return {
    lossBound: Math.min(lossBound, -of.range.lo), gainBound: allowance(of.greatest, spread, of.range.hi), centreCap: spread,
    vOpt: variance(Math.max(spread, lossBound / 100), of.blocks), plannedFrom: of.declared === null ? 'pilot' : 'declared',
  };
}

/** Twice the worst seen, at least six deviations, at most what the metric can be. */
function allowance(worst: number, spread: number, most: number): number {
  return Math.min(Math.max(WORST_TIMES * worst, DEVIATIONS * spread, LEAST_SHARE * most), most);
}

function variance(spread: number, blocks: number): number { return (spread * spread * blocks) / 4; }
