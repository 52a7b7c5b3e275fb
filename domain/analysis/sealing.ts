import type { PairedSums, RateSums, ShareSums } from './blocks.ts';
import { placeOf } from './field.ts';
import { metricPlan, ratePlans } from './metric-plan.ts';
import type { AnalysisPlan, MetricPlan } from './plan.ts';

/**
 * When a slot becomes a sealed block. For the collector, per metric of foldedMetrics(plan):
 *
 * 1. dueSlots(…) gives the slots to look at, in time order; `sealedUpTo` is the highest slot stored for the metric, or passed over since.
 * 2. For each: read the legs of slotRange by the metric's clock (metricClock) and the labels as of labelsAsOfMs, fold them, ask sealing(…).
 *    `open`: stop; an open slot holds the line for its metric, later ones wait.
 *    `sealed` or `short`: store the block; but where isEmpty(sums) store nothing and pass over.
 * 3. What was passed over needs no memory. After a restart the line starts again at the highest stored slot, and empty slots are looked at again;
 *    one that has gained records since is sealed then, in its place, since nothing behind it was.
 *
 * The judge counts a cycle as complete once a block at or behind its last slot is stored, so an empty slot never needs a block of its own.
 */
export interface Line {
  /** How far gateways say that their records are complete, gateway time; null when none is heard. */
  readonly completeAtMs: number | null;
  /** The ruling time now; null before the first record of an event clock. */
  readonly rulingMs: number | null;
  readonly sealedUpTo: number | null;
}

/** Rates are looked at this long after their slot ended. */
const RATE_SETTLE_MS = 1_000;
/** A long silence is caught up in several calls. */
const MOST_SLOTS = 1_000;

interface Slots { readonly paired: boolean; readonly clock: MetricPlan['clock']; readonly tauMs: number; readonly needsLabels: boolean }

/** Slots of the split are those of the rates: every plan has some. */
function slotsOf(plan: AnalysisPlan, metric: string): Slots {
  const { kind, clock, tauMs, needsLabels } = placeOf(metric).line === 'share' ? ratePlans(plan)[0] ?? metricPlan(plan, 'errors') : metricPlan(plan, metric);
  return { paired: kind === 'paired', clock, tauMs, needsLabels };
}

/** Which time of a leg cuts the metric's slots; the `clock` of RecordStore.legs. */
export function metricClock(plan: AnalysisPlan, metric: string): 'ruling' | 'gateway' { return slotsOf(plan, metric).clock; }

/** [fromMs, toMs) of a slot, in the metric's clock. */
export function slotRange(plan: AnalysisPlan, metric: string, slot: number): { readonly fromMs: number; readonly toMs: number } {
  const { tauMs } = slotsOf(plan, metric);
  return { fromMs: slot * tauMs, toMs: (slot + 1) * tauMs };
}

/** Outcomes known later than this (ruling time) never count in the slot's block. */
export function labelsAsOfMs(plan: AnalysisPlan, metric: string, slot: number): number { return slotRange(plan, metric, slot).toMs + plan.maturityMs; }

/** Paired evidence begins with the first whole cycle, health with the slot in which shadow began. */
export function firstSlot(plan: AnalysisPlan, metric: string): number {
  const { paired, tauMs } = slotsOf(plan, metric);
  return paired ? (Math.ceil(plan.startedMs / plan.cycleMs) * plan.cycleMs) / tauMs : Math.floor(plan.startedAtMs / tauMs);
}

/** The slots to look at now, in time order; at most a thousand at a time. */
export function dueSlots(plan: AnalysisPlan, metric: string, line: Line): readonly number[] {
  const due: number[] = [];
  const from = Math.max(firstSlot(plan, metric), (line.sealedUpTo ?? -1) + 1);
  for (let slot = from; due.length < MOST_SLOTS && isDue(plan, metric, slot, line); slot += 1) due.push(slot);
  return due;
}

/** `open` until it is due and, with labels, covered or out of grace; `short` when it never was covered. Nothing needed counts as covered. */
export function sealing(of: { readonly plan: AnalysisPlan; readonly metric: string; readonly slot: number; readonly completeAtMs: number | null; readonly rulingMs: number | null; readonly sums: PairedSums | RateSums | ShareSums }): 'open' | 'sealed' | 'short' {
  const { plan, metric, slot, rulingMs, sums } = of;
  if (!isDue(plan, metric, slot, of)) return 'open';
  if (sums.kind !== 'paired' || !slotsOf(plan, metric).needsLabels) return 'sealed';
  // Of sampled outcomes one slot cannot tell whether all came; the judge looks at all of them together (sampled-outcomes.ts).
  if (plan.sampling !== undefined || sums.needed === 0 || sums.labelled / sums.needed >= plan.coverage) return 'sealed';
  return (rulingMs ?? -Infinity) >= labelsAsOfMs(plan, metric, slot) + plan.graceMs + plan.settleMs ? 'short' : 'open';
}

function isDue(plan: AnalysisPlan, metric: string, slot: number, { completeAtMs, rulingMs }: Pick<Line, 'completeAtMs' | 'rulingMs'>): boolean {
  const { clock, needsLabels } = slotsOf(plan, metric);
  const { toMs } = slotRange(plan, metric, slot);
  const byGateway = clock === 'gateway' || plan.clock === 'gateway';
  if (byGateway && (completeAtMs ?? -Infinity) < toMs + RATE_SETTLE_MS) return false;
  return clock === 'gateway' || (rulingMs ?? -Infinity) >= toMs + (needsLabels ? plan.maturityMs : 0) + plan.settleMs;
}
