import type { MicroBlock } from '../domain/analysis/blocks.ts';
import { foldMetric, isEmpty } from '../domain/analysis/fold.ts';
import { dueSlots, sealing, type Line } from '../domain/analysis/sealing.ts';
import type { EvidenceStore } from '../ports/evidence-store.ts';
import type { Stores } from '../ports/stores.ts';
import type { Comparison, MetricLine } from './comparison.ts';
import { readWindow, stepOf, type EvidenceWindow, type Step } from './evidence-window.ts';
import { addBlock } from './tally.ts';

type Marks = Omit<Line, 'sealedUpTo'>;
export interface Sealer { readonly stores: Pick<Stores, 'records' | 'labels' | 'evidence'>; readonly now: () => number }

/** Legs of a window: enough to spare queries, few enough to hold. */
const MANY_LEGS = 20_000;
const FEW_LEGS = 5_000;

/**
 * Seals what is due of one comparison, a window of slots at a time, each metric strictly in the order of time. All of it is read from the store now and
 * nothing is carried over (ADR 0005), so any number of collectors may do this at once: they fold the same evidence to the same digits, and the first one's
 * block stays. Returns how many blocks were stored, by whomever.
 */
export async function sealDue(sealer: Sealer, comparison: Comparison, marks: Marks): Promise<number> {
  let stored = 0;
  for (const clock of ['gateway', 'ruling'] as const) {
    for (const line of comparison.lines) line.held = false;
    for (let more = true; more;) {
      const round = await sealWindow(sealer, comparison, { clock, marks });
      stored += round.stored;
      more = round.more;
    }
  }
  return stored;
}

async function sealWindow(sealer: Sealer, comparison: Comparison, { clock, marks }: { clock: 'gateway' | 'ruling'; marks: Marks }): Promise<{ stored: number; more: boolean }> {
  const lines = comparison.lines.filter((line) => line.clock === clock && !line.held);
  const due = lines.map((line) => ({ line, steps: dueSlots(comparison.plan, line.metric, { ...marks, sealedUpTo: line.sealedUpTo }).map((slot) => stepOf(comparison, line.metric, slot)) })).filter(({ steps }) => steps.length > 0);
  if (due.length === 0) return { stored: 0, more: false };
  const endMs = endOfWindow(due.map(({ steps }) => steps), comparison.windowMs[clock]);
  const chosen = due.map(({ line, steps }) => ({ line, steps: steps.filter(({ toMs }) => toMs <= endMs) })).filter(({ steps }) => steps.length > 0);
  const window = await readWindow(sealer.stores, comparison, clock, chosen.flatMap(({ steps }) => steps));
  if (window.size > MANY_LEGS) comparison.windowMs[clock] = Math.max(1, comparison.windowMs[clock] / 2);
  if (window.size < FEW_LEGS) comparison.windowMs[clock] = Math.min(Number.MAX_SAFE_INTEGER, comparison.windowMs[clock] * 2);
  const counts = await Promise.all(chosen.map(({ line, steps }) => sealLine(sealer, comparison, { line, steps, window, marks })));
  return { stored: counts.reduce((sum, count) => sum + count, 0), more: true };
}

/** A window begins with the earliest slot and holds at least that one whole. */
function endOfWindow(lines: readonly (readonly Step[])[], windowMs: number): number {
  const first = lines.flatMap((steps) => steps.slice(0, 1)).reduce((earliest, step) => (step.fromMs < earliest.fromMs ? step : earliest));
  return Math.max(first.toMs, first.fromMs + windowMs);
}

async function sealLine(sealer: Sealer, comparison: Comparison, of: { line: MetricLine; steps: readonly Step[]; window: EvidenceWindow; marks: Marks }): Promise<number> {
  const { line, steps, window, marks } = of;
  let stored = 0;
  for (const step of steps) {
    const block = blockOf(comparison, step, { window, marks, sealedAtMs: sealer.now() });
    if (block === 'open') {
      line.held = true;
      return stored;
    }
    if (block !== null) {
      await store(sealer.stores.evidence, comparison, block);
      line.storedUpTo = step.slot;
      stored += 1;
    }
    line.sealedUpTo = step.slot;
  }
  return stored;
}

async function store(evidence: EvidenceStore, { tally }: Comparison, block: MicroBlock): Promise<void> {
  await evidence.seal(block);
  addBlock(tally, block);
}

/** The block of a slot; null where nothing was seen of the metric; 'open' where it has to wait. */
function blockOf(comparison: Comparison, step: Step, { window, marks, sealedAtMs }: { window: EvidenceWindow; marks: Marks; sealedAtMs: number }): MicroBlock | 'open' | null {
  const { plan, contract, value, tally } = comparison;
  const { metric, slot, fromMs, toMs } = step;
  const legs = window.legs(step);
  const labels = window.labels(step);
  const sums = foldMetric({ metric, plan, contract, value, legs, labels });
  const state = sealing({ plan, metric, slot, ...marks, sums });
  if (state === 'open') return 'open';
  if (isEmpty(sums)) return null;
  if (metric === tally.coverageFrom && labels.length > 0) tally.labelDelayMs = Math.max(0, Math.round(labels.reduce((sum, { labelMs }) => sum + labelMs, 0) / labels.length - (fromMs + toMs) / 2));
  return { tenantId: plan.tenantId, rolloutId: plan.rolloutId, metric, slot, fromMs, toMs, state, sums, sealedAtMs };
}
