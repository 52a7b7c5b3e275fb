import type { MicroBlock } from './blocks.ts';
import { joined, wholeCycles, type Cycle } from './cycles.ts';
import { pairedPlans } from './metric-plan.ts';
import type { AnalysisPlan, MetricPlan } from './plan.ts';
import { lag1Correlation } from './stats/correlation.ts';
import { momentsOf } from './stats/moments.ts';
import { fromPilot, withoutPilot } from './tuning.ts';
import { validBlocks } from './valid-blocks.ts';

/** Below this correlation of neighbours, blocks count as independent enough to be short. */
const INDEPENDENT = 0.1;
/** A correlation of fewer block means says nothing. */
const LEAST_BLOCKS_FOR_LAG = 16;
/** From fewer block means no spread is learnt. */
const LEAST_BLOCKS = 8;
const LARGEST_PLAN = 100;
const SMALLEST_PLAN = 8;

/**
 * The plan that evidence will be judged by, or null while the pilot is not complete. The pilot is the first `pilotCycles` cycles that were whole, covered and
 * not empty for every paired metric; it teaches block length, loss bound and tuning and is then left out of the evidence (decision D5).
 * Fixed at once where there is nothing to learn: no paired metrics, or no pilot asked for.
 */
export function fixPlan(draft: AnalysisPlan, blocks: readonly MicroBlock[]): AnalysisPlan | null {
  if (draft.state === 'fixed') return draft;
  const firstCycleMs = Math.ceil(draft.startedMs / draft.cycleMs) * draft.cycleMs;
  if (pairedPlans(draft).length === 0 || draft.pilotCycles === 0) return fixed(draft, firstCycleMs, (metric) => metric);
  const pilots = pilotCycles(draft, blocks, firstCycleMs);
  const end = pilots === null ? undefined : pilots.cycles.at(-1)?.toMs;
  if (pilots === null || end === undefined) return null;
  return fixed(draft, end, (metric) => planned(draft, metric, { evidenceFromMs: end, micro: pilots.of(metric) }));
}

function fixed(draft: AnalysisPlan, evidenceFromMs: number, plan: (metric: MetricPlan) => MetricPlan): AnalysisPlan {
  return { ...draft, state: 'fixed', evidenceFromMs, metrics: draft.metrics.map((metric) => metric.kind === 'paired' ? plan(metric) : metric) };
}

interface Pilot { readonly cycles: readonly Cycle[]; of(metric: MetricPlan): readonly MicroBlock[] }

/** The first cycles that every paired metric can use; null while there are not enough. */
function pilotCycles(draft: AnalysisPlan, blocks: readonly MicroBlock[], fromMs: number): Pilot | null {
  const valid = validBlocks(draft, blocks);
  const perMetric = pairedPlans(draft).map((metric) => wholeCycles(draft, metric, valid.get(metric.name) ?? [], fromMs).filter(({ state }) => state === 'judged'));
  const [first = [], ...others] = perMetric;
  const usable = first.filter(({ index }) => others.every((cycles) => cycles.some((cycle) => cycle.index === index))).slice(0, draft.pilotCycles);
  if (usable.length < draft.pilotCycles) return null;
  const indices = new Set(usable.map(({ index }) => index));
  return { cycles: usable, of: (metric) => (valid.get(metric.name) ?? []).filter(({ slot }) => indices.has(Math.floor((slot * metric.tauMs) / draft.cycleMs))) };
}

function planned(draft: AnalysisPlan, metric: MetricPlan, { evidenceFromMs, micro }: { evidenceFromMs: number; micro: readonly MicroBlock[] }): MetricPlan {
  const { blockSlots, lag1 } = blockLength(draft.cycleMs / metric.tauMs, micro);
  const blocks = plannedBlocks(draft, metric.tauMs * blockSlots, evidenceFromMs);
  const declared = metric.plannedFrom === 'declared' ? metric.lossBound : null;
  const means = spreadSample(micro, blockSlots);
  if (means.length < LEAST_BLOCKS) return { ...metric, blockSlots, lag1, ...withoutPilot(metric.range, declared, blocks) };
  const extremes = { least: Math.min(...means), greatest: Math.max(...means) };
  return { ...metric, blockSlots, lag1, ...fromPilot({ moments: momentsOf(means), ...extremes, range: metric.range, declared, blocks }) };
}

/** The shortest block that divides the cycle and whose means are not correlated; else the cycle, and what the correlation is. */
function blockLength(perCycle: number, micro: readonly MicroBlock[]): { readonly blockSlots: number; readonly lag1: number | null } {
  for (let blockSlots = 1; blockSlots < perCycle; blockSlots += 1) {
    const means = meansOf(micro, blockSlots);
    const lag1 = means.length < LEAST_BLOCKS_FOR_LAG || perCycle % blockSlots !== 0 ? null : lag1Correlation(means);
    if (lag1 !== null && lag1 < INDEPENDENT) return { blockSlots, lag1 };
  }
  return { blockSlots: perCycle, lag1: lag1Correlation(meansOf(micro, perCycle)) };
}

/** Where a short pilot has too few blocks to show their spread, single slots stand in: they spread at least as much. */
function spreadSample(micro: readonly MicroBlock[], blockSlots: number): readonly number[] {
  const means = meansOf(micro, blockSlots);
  return means.length >= LEAST_BLOCKS ? means : meansOf(micro, 1);
}

function meansOf(micro: readonly MicroBlock[], blockSlots: number): readonly number[] { return joined(micro, blockSlots).map(({ mean }) => mean); }

/** How many blocks the rollout can see before its horizon. */
function plannedBlocks({ startedMs, horizonMs, maturityMs }: AnalysisPlan, blockMs: number, evidenceFromMs: number): number {
  return Math.min(Math.max(Math.floor((startedMs + horizonMs - maturityMs - evidenceFromMs) / blockMs), SMALLEST_PLAN), LARGEST_PLAN);
}
