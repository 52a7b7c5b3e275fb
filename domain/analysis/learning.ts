import type { MicroBlock } from './blocks.ts';
import { joined } from './cycles.ts';
import type { AnalysisPlan, MetricPlan } from './plan.ts';
import { lag1Correlation } from './stats/correlation.ts';
import { deviation, momentsOf } from './stats/moments.ts';
import { fromBlocks, isTaught, withoutPilot, type Spread } from './tuning.ts';

/** Below this correlation of neighbours, blocks count as independent enough to be short. */
const INDEPENDENT = 0.1;
/** A correlation of fewer block means says nothing. */
const LEAST_BLOCKS_FOR_LAG = 16;
/** From fewer block means no spread is learnt. */
export const LEAST_BLOCKS = 8;
const LARGEST_PLAN = 100;
const SMALLEST_PLAN = 8;

type Run = readonly MicroBlock[];

/** What a metric is planned from: the micro-blocks of whole covered cycles, one run for the pilot or for each earlier rollout. */
export interface Lesson {
  readonly from: 'pilot' | 'earlier-rollout';
  /** Runs long enough to show how blocks hang together and spread: the worst of them counts. At least one. */
  readonly teachers: readonly Run[];
  /** Runs too short for that; their worst block counts all the same. */
  readonly witnesses: readonly Run[];
  readonly evidenceFromMs: number;
}

/**
 * Block length, loss bound and tuning of one metric (decision-engine 3b). Of several runs always the more careful: the longest block that one of them asks for,
 * the worst block that any of them had, the widest spread. Null where earlier rollouts do not teach this metric (tuning.ts isTaught): ask a pilot.
 */
export function learnt(draft: AnalysisPlan, metric: MetricPlan, { from, teachers, witnesses, evidenceFromMs }: Lesson): MetricPlan | null {
  const { blockSlots, lag1 } = blockLength(draft.cycleMs / metric.tauMs, teachers);
  const blocks = plannedBlocks(draft, metric.tauMs * blockSlots, evidenceFromMs);
  const declared = metric.plannedFrom === 'declared' ? metric.lossBound : null;
  const samples = teachers.map((micro) => spreadSample(micro, blockSlots));
  if (samples.some(({ length }) => length < LEAST_BLOCKS)) return { ...metric, blockSlots, lag1, ...withoutPilot(metric.range, declared, blocks) };
  const spread = spreadOf(samples, witnesses.map((micro) => meansOf(micro, blockSlots)));
  if (from === 'earlier-rollout' && declared === null && !isTaught(spread, metric.range)) return null;
  return { ...metric, blockSlots, lag1, ...fromBlocks({ ...spread, from, range: metric.range, declared, blocks }) };
}

function spreadOf(teachers: readonly (readonly number[])[], witnesses: readonly (readonly number[])[]): Spread {
  const means = [...teachers, ...witnesses].flat();
  return { spread: Math.max(...teachers.map((sample) => deviation(momentsOf(sample)))), least: Math.min(...means), greatest: Math.max(...means) };
}

/** The shortest block that divides the cycle and whose means are not correlated in any run; else the cycle, and what the correlation is. */
function blockLength(perCycle: number, runs: readonly Run[]): { readonly blockSlots: number; readonly lag1: number | null } {
  for (let blockSlots = 1; blockSlots < perCycle; blockSlots += 1) {
    if (perCycle % blockSlots !== 0) continue;
    const lags = runs.map((micro) => meansOf(micro, blockSlots)).map((means) => means.length < LEAST_BLOCKS_FOR_LAG ? null : lag1Correlation(means));
    if (lags.every((lag) => lag !== null && lag < INDEPENDENT)) return { blockSlots, lag1: highest(lags) };
  }
  return { blockSlots: perCycle, lag1: highest(runs.map((micro) => lag1Correlation(meansOf(micro, perCycle)))) };
}

function highest(lags: readonly (number | null)[]): number | null {
  const known = lags.filter((lag) => lag !== null);
  return known.length === 0 ? null : Math.max(...known);
}

/** Where a short pilot has too few blocks to show their spread, single slots stand in: they spread at least as much. */
function spreadSample(micro: Run, blockSlots: number): readonly number[] {
  const means = meansOf(micro, blockSlots);
  return means.length >= LEAST_BLOCKS ? means : meansOf(micro, 1);
}

function meansOf(micro: Run, blockSlots: number): readonly number[] { return joined(micro, blockSlots).map(({ mean }) => mean); }

/** How many blocks the rollout can see before its horizon. */
function plannedBlocks({ startedMs, horizonMs, maturityMs }: AnalysisPlan, blockMs: number, evidenceFromMs: number): number {
  return Math.min(Math.max(Math.floor((startedMs + horizonMs - maturityMs - evidenceFromMs) / blockMs), SMALLEST_PLAN), LARGEST_PLAN);
}
