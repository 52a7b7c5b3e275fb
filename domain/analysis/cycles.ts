import type { MicroBlock, PairedSums } from './blocks.ts';
import { sumsOf } from './fold.ts';
import type { AnalysisPlan, MetricPlan } from './plan.ts';
import { merge, NO_MOMENTS } from './stats/moments.ts';

/** One observation: the mean of d over the requests of `blockSlots` slots. */
export interface AnalysisBlock { readonly n: number; readonly mean: number }

/**
 * One whole cycle of one paired metric, all its slots settled. `short`: some slot missed coverage, so that none of the cycle is evidence (decision D5);
 * `empty`: no request with a known d.
 */
export interface Cycle {
  readonly index: number;
  readonly fromMs: number;
  readonly toMs: number;
  readonly state: 'judged' | 'short' | 'empty';
  readonly blocks: readonly AnalysisBlock[];
  readonly slots: readonly PairedSums[];
}

/**
 * The whole cycles of a metric from `fromMs` on, in time order, up to the first that is not complete: cycles are admitted whole, so that what is judged
 * never shrinks. `micro` are the metric's blocks in order of slots, without gaps but empty slots (sealing.ts).
 */
export function wholeCycles(plan: AnalysisPlan, metric: MetricPlan, micro: readonly MicroBlock[], fromMs: number): readonly Cycle[] {
  const perCycle = plan.cycleMs / metric.tauMs;
  const last = micro.at(-1)?.slot ?? -1;
  const byCycle = new Map<number, MicroBlock[]>();
  for (const block of micro) {
    const index = Math.floor(block.slot / perCycle);
    if (index * plan.cycleMs >= fromMs && last >= (index + 1) * perCycle - 1) byCycle.set(index, [...byCycle.get(index) ?? [], block]);
  }
  return [...byCycle].sort(([a], [b]) => a - b).map(([index, blocks]) => cycleOf(plan, metric, index, blocks));
}

function cycleOf(plan: AnalysisPlan, metric: MetricPlan, index: number, micro: readonly MicroBlock[]): Cycle {
  const slots = micro.map(({ sums }) => sumsOf('paired', sums));
  const blocks = joined(micro, metric.blockSlots);
  const state = micro.some((block) => block.state === 'short') ? 'short' : blocks.length === 0 ? 'empty' : 'judged';
  return { index, fromMs: index * plan.cycleMs, toMs: (index + 1) * plan.cycleMs, state, blocks, slots };
}

/** Joins runs of `blockSlots` slots, aligned to the cycle, into analysis blocks; a run without a known d is no observation. */
export function joined(micro: readonly MicroBlock[], blockSlots: number): readonly AnalysisBlock[] {
  const runs = new Map<number, AnalysisBlock>();
  for (const { slot, sums } of micro) {
    const { n, mean, m2 } = sumsOf('paired', sums);
    const run = Math.floor(slot / blockSlots);
    const { n: before, mean: sofar } = runs.get(run) ?? { n: 0, mean: 0 };
    const both = merge({ ...NO_MOMENTS, n: before, mean: sofar }, { n, mean, m2 });
    runs.set(run, { n: both.n, mean: both.mean });
  }
  return [...runs].sort(([a], [b]) => a - b).map(([, block]) => block).filter(({ n }) => n > 0);
}

export function judgedBlocks(cycles: readonly Cycle[]): readonly AnalysisBlock[] {
  return cycles.flatMap(({ state, blocks }) => state === 'judged' ? blocks : []);
}
