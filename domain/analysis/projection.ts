import type { Engine } from '../deployment.ts';
import { BURN_IN, levelsOf } from './paired-bounds.ts';
import type { MetricPlan } from './plan.ts';
import { asymptoticLowerBound, spreadOfMean } from './stats/asymptotic-blocks.ts';
import { centred } from './stats/block-means.ts';
import { sumBound, tunedRho } from './stats/gamma-exponential.ts';
import { PLANNED_BLOCKS } from './tuning.ts';

const FARTHEST = 100_000;

/** How a metric's proof may go on, from the block means so far. */
export interface Outlook { readonly engine: Engine; readonly metric: MetricPlan; readonly means: readonly number[]; readonly threshold: number }

/** Blocks still needed for a proof if the next ones are like those so far; null when they would never give one, or when there are none. */
export function projectedBlocks(outlook: Outlook): number | null {
  const { means, threshold } = outlook;
  const n = means.length;
  if (n === 0) return null;
  const after = boundLater(outlook);
  const mean = means.reduce((total, each) => total + each, 0) / n;
  const enough = (total: number): boolean => after(total, mean) > threshold;
  if (enough(n)) return 0;
  if (mean <= threshold || !enough(FARTHEST)) return null;
  let [below, over] = [n, FARTHEST];
  while (over - below > 1) {
    const middle = Math.floor((below + over) / 2);
    if (enough(middle)) over = middle; else below = middle;
  }
  return over - n;
}

/** Even if the truth were as good as the upper bound allows, the blocks that are left would not give a proof. */
export function isFutile(outlook: Outlook, upper: number, blocksLeft: number): boolean {
  const { means, threshold } = outlook;
  const n = means.length;
  if (n === 0) return false;
  const sum = means.reduce((total, each) => total + each, 0);
  const total = n + Math.max(0, blocksLeft);
  return boundLater(outlook)(total, (sum + (total - n) * upper) / total) <= threshold;
}

/** The better of the engine's bounds after `total` blocks of this mean, which spread like those so far. */
function boundLater({ engine, metric, means }: Outlook): (total: number, mean: number) => number {
  const level = levelsOf(engine, metric.alpha);
  const n = means.length;
  const { v } = centred(means, metric.centreCap);
  const strict = (total: number, mean: number): number => boundAfter({ ...metric, alpha: level.strict }, { total, mean, v: (v / n) * total });
  if (engine === 'strict') return strict;
  const { deviation } = spreadOfMean(means);
  const nStar = metric.plannedBlocks ?? PLANNED_BLOCKS;
  // Blocks that have not varied yet may do so later; then the mean itself is what the asymptotic bound can reach at most.
  const fast = (total: number, mean: number): number => (total < BURN_IN.blocks ? -Infinity : asymptoticLowerBound({ n: total, mean, deviation }, { nStar, alpha: level.fast }) ?? mean);
  return (total, mean) => Math.max(strict(total, mean), fast(total, mean));
}

/** The bound that the policy asks for, after `total` blocks of this mean and spread; the mixture sees V alone, so no blocks are made up. */
function boundAfter({ lossBound, centreCap, vOpt, alpha, proof, range }: MetricPlan, { total, mean, v }: { total: number; mean: number; v: number }): number {
  const full = proof === 'full' && lossBound < -range.lo;
  const level = full ? alpha / 2 : alpha;
  const bound = mean - sumBound({ rho: tunedRho(vOpt, level, 'one-sided'), c: lossBound + centreCap }, v, level) / total;
  return full ? bound - Math.min(1, Math.log(2 / alpha) / total) * (-range.lo - lossBound) : bound;
}
