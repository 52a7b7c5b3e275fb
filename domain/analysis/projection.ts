import type { MetricPlan } from './plan.ts';
import { centred, lowerBound } from './stats/block-means.ts';
import { sumBound, tunedRho } from './stats/gamma-exponential.ts';

const FARTHEST = 100_000;

/** How a metric's proof may go on, from the block means so far. */
export interface Outlook { readonly metric: MetricPlan; readonly means: readonly number[]; readonly threshold: number }

/** Blocks still needed for a proof if the next ones are like those so far; null when they would never give one, or when there are none. */
export function projectedBlocks({ metric, means, threshold }: Outlook): number | null {
  const n = means.length;
  if (n === 0) return null;
  const { sum, v } = centred(means, metric.centreCap);
  const mean = sum / n;
  const enough = (total: number): boolean => boundAfter(metric, { total, mean, v: (v / n) * total }) > threshold;
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
export function isFutile({ metric, means, threshold }: Outlook, upper: number, blocksLeft: number): boolean {
  const n = means.length;
  if (n === 0) return false;
  const { sum, v } = centred(means, metric.centreCap);
  const total = n + Math.max(0, blocksLeft);
  return boundAfter(metric, { total, mean: (sum + (total - n) * upper) / total, v: (v / n) * total }) <= threshold;
}

/** The bound that the policy asks for, after `total` blocks of this mean and spread; the mixture sees V alone, so no blocks are made up. */
function boundAfter({ lossBound, centreCap, vOpt, alpha, proof, range }: MetricPlan, { total, mean, v }: { total: number; mean: number; v: number }): number {
  const full = proof === 'full' && lossBound < -range.lo;
  const level = full ? alpha / 2 : alpha;
  const bound = mean - sumBound({ rho: tunedRho(vOpt, level, 'one-sided'), c: lossBound + centreCap }, v, level) / total;
  return full ? bound - Math.min(1, Math.log(2 / alpha) / total) * (-range.lo - lossBound) : bound;
}

/** The upper bound of the mean by the same method, sides changed; the full range where a block gained more than was planned for. */
export function upperBound(metric: MetricPlan, means: readonly number[], alpha: number): number {
  const planned = metric.gainBound ?? metric.lossBound;
  const gainBound = means.some((mean) => mean > planned) ? metric.range.hi : planned;
  return Math.min(-lowerBound(means.map((mean) => -mean), { lossBound: gainBound, centreCap: metric.centreCap, vOpt: metric.vOpt }, alpha), metric.range.hi);
}
