import type { Engine } from '../deployment.ts';
import type { AnalysisPlan, MetricPlan } from './plan.ts';
import { asymptoticLowerBound, spreadOfMean } from './stats/asymptotic-blocks.ts';
import { lowerBound, lowerBoundInFull } from './stats/block-means.ts';
import { harmAlpha } from './thresholds.ts';
import { PLANNED_BLOCKS } from './tuning.ts';
import type { FastFinding } from './verdict.ts';

/** Block means of a paired metric in time order, how many requests they hold, and how many of these had an outcome that tells the versions apart. */
export interface PairedSample { readonly means: readonly number[]; readonly requests: number; readonly cases: number }

/** `lower` at the level of the metric's proof, `upper` at the level of the tests for harm; null: no bound. `fast`: the asymptotic part, in engine fast alone. */
export interface PairedBounds { readonly lower: number | null; readonly lowerFull: number | null; readonly upper: number | null; readonly fast?: FastFinding }

/** What an asymptotic bound needs before it is believed (decision-engine 3). */
export const BURN_IN = { blocks: 30, requests: 500, cases: 20 } as const;

/** How the error of one side is split. Engine strict spends all of it on the bound that holds at every number of blocks. */
export interface Levels { readonly strict: number; readonly fast: number }

/**
 * Engine fast asks both bounds and takes the better one; by the union bound their levels add up to α. The tenth for the strict one costs the asymptotic one about
 * 2 % of its width, and buys what it cannot tell: versions that answer alike (no spread, hence no asymptotic bound), and a great harm before the burn-in.
 */
const STRICT_PART = 0.1;
export function levelsOf(engine: Engine, alpha: number): Levels {
  return engine === 'strict' ? { strict: alpha, fast: 0 } : { strict: alpha * STRICT_PART, fast: alpha * (1 - STRICT_PART) };
}

/** A metric whose proof must hold without assumptions, and every safety metric, is judged strictly whatever the rollout's engine is. */
export function engineOf({ engine }: Pick<AnalysisPlan, 'engine'>, { proof, role }: MetricPlan): Engine { return proof === 'full' || role === 'safety' ? 'strict' : engine; }

export function pairedBounds(plan: AnalysisPlan, metric: MetricPlan, sample: PairedSample): PairedBounds {
  const { means } = sample;
  if (means.length === 0) return { lower: null, lowerFull: null, upper: null };
  const engine = engineOf(plan, metric);
  const proof = levelsOf(engine, metric.alpha);
  const harm = levelsOf(engine, harmAlpha(plan, metric));
  const { range: { lo, hi } } = metric;
  const lower = isBroken(metric, means) ? null : Math.max(lowerBound(means, metric, proof.strict), lo);
  const upper = strictUpper(metric, means, harm.strict);
  const lowerFull = Math.max(lowerBoundInFull(means, metric, metric.alpha, lo), lo);
  if (engine === 'strict') return { lower, lowerFull, upper };
  const fast = fastFinding(metric, sample, { proof: proof.fast, harm: harm.fast });
  return { lower: known([lower, fast.lower]).reduce<number | null>((most, bound) => Math.max(most ?? lo, bound), null), lowerFull, upper: known([upper, fast.upper]).reduce((least, bound) => Math.min(least, bound), hi), fast };
}

/** A block lost more than the plan assumed: what was proved under that assumption is void (decision-engine 3b). */
export function isBroken({ lossBound }: MetricPlan, means: readonly number[]): boolean { return means.some((mean) => mean < -lossBound); }

/** The upper bound of the mean by the same method, sides changed; the full range where a block gained more than was planned for. */
function strictUpper(metric: MetricPlan, means: readonly number[], alpha: number): number {
  const planned = metric.gainBound ?? metric.lossBound;
  const gainBound = means.some((mean) => mean > planned) ? metric.range.hi : planned;
  return Math.min(-lowerBound(means.map((mean) => -mean), { lossBound: gainBound, centreCap: metric.centreCap, vOpt: metric.vOpt }, alpha), metric.range.hi);
}

function fastFinding(metric: MetricPlan, { means, requests, cases }: PairedSample, alpha: { readonly proof: number; readonly harm: number }): FastFinding {
  const isBurntIn = means.length >= BURN_IN.blocks && requests >= BURN_IN.requests && cases >= BURN_IN.cases;
  if (!isBurntIn) return { lower: null, upper: null, cases, isBurntIn, isLongRun: false };
  const spread = spreadOfMean(means);
  const nStar = metric.plannedBlocks ?? PLANNED_BLOCKS;
  const below = asymptoticLowerBound(spread, { nStar, alpha: alpha.proof });
  const above = asymptoticLowerBound({ ...spread, mean: -spread.mean }, { nStar, alpha: alpha.harm });
  return { lower: below === null ? null : Math.max(below, metric.range.lo), upper: above === null ? null : Math.min(-above, metric.range.hi), cases, isBurntIn, isLongRun: spread.isLongRun };
}

function known(bounds: readonly (number | null)[]): readonly number[] { return bounds.filter((bound) => bound !== null); }
