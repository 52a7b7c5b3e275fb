import { fieldOf, placeOf } from '../domain/analysis/field.ts';
import { metricPlan } from '../domain/analysis/metric-plan.ts';
import { labelsAsOfMs, slotRange } from '../domain/analysis/sealing.ts';
import type { Label, StoredLeg } from '../domain/record.ts';
import type { LabelStore } from '../ports/label-store.ts';
import type { Stores } from '../ports/stores.ts';
import type { Comparison } from './comparison.ts';

/** One slot of one metric to be looked at. */
export interface Step { readonly metric: string; readonly slot: number; readonly fromMs: number; readonly toMs: number; readonly asOfMs: number | null }

export function stepOf({ plan }: Comparison, metric: string, slot: number): Step {
  return { metric, slot, ...slotRange(plan, metric, slot), asOfMs: placeOf(metric).line !== 'share' && metricPlan(plan, metric).needsLabels ? labelsAsOfMs(plan, metric, slot) : null };
}

/** Legs and labels of neighbouring slots, read at once and cut by slot. */
export interface EvidenceWindow {
  readonly size: number;
  legs(step: Step): readonly StoredLeg[];
  labels(step: Step): readonly Label[];
}

/** Reads what `steps` of one clock need: one query for the legs, one or a few for the labels. */
export async function readWindow({ records, labels }: Pick<Stores, 'records' | 'labels'>, { plan }: Comparison, clock: 'ruling' | 'gateway', steps: readonly Step[]): Promise<EvidenceWindow> {
  const fromMs = Math.min(...steps.map((step) => step.fromMs));
  const toMs = Math.max(...steps.map((step) => step.toMs));
  const legs = await records.legs(plan.tenantId, plan.deploymentUid, { clock, fromMs, toMs, variantIds: [plan.champion, ...fieldOf(plan)] });
  const time = (leg: StoredLeg): number => (clock === 'ruling' ? leg.rulingMs : leg.atMs);
  const cut = (step: Step): readonly StoredLeg[] => legs.slice(firstAt(legs, step.fromMs, time), firstAt(legs, step.toMs, time));
  const held = await readLabels(labels, plan, steps.map((step) => ({ step, ids: step.asOfMs === null ? [] : [...new Set(cut(step).map(({ inferenceId }) => inferenceId))] })));
  return { size: legs.length, legs: cut, labels: (step) => held.get(keyOf(step)) ?? [] };
}

interface Wanted { readonly step: Step; readonly ids: readonly string[] }

/**
 * Labels as they held at each slot's own time, read once as of the latest of these times: the label that holds later and is old enough held earlier, too.
 * Only ids whose later holder is too new are asked for again.
 */
async function readLabels(store: LabelStore, plan: Comparison['plan'], wanted: readonly Wanted[]): Promise<ReadonlyMap<string, readonly Label[]>> {
  const asked = [...new Map(wanted.filter(({ ids }) => ids.length > 0).map((one) => [keyOf(one.step), one])).values()];
  if (asked.length === 0) return new Map();
  const latestMs = Math.max(...asked.map(({ step }) => step.asOfMs ?? -Infinity));
  const byId = byInference(await store.asOf(plan.tenantId, plan.deploymentUid, asked.flatMap(({ ids }) => ids), latestMs));
  const read = await Promise.all(asked.map(async ({ step, ids }) => {
    const asOfMs = step.asOfMs ?? latestMs;
    const found = ids.flatMap((id) => byId.get(id) ?? []);
    const tooNew = new Set(found.filter(({ labelMs }) => labelMs > asOfMs).map(({ inferenceId }) => inferenceId));
    if (tooNew.size === 0) return [keyOf(step), found] as const;
    const again = await store.asOf(plan.tenantId, plan.deploymentUid, [...tooNew], asOfMs);
    return [keyOf(step), [...found.filter(({ inferenceId }) => !tooNew.has(inferenceId)), ...again]] as const;
  }));
  return new Map(read);
}

function byInference(labels: readonly Label[]): ReadonlyMap<string, readonly Label[]> {
  const found = new Map<string, Label[]>();
  for (const label of labels) {
    const rows = found.get(label.inferenceId);
    if (rows === undefined) found.set(label.inferenceId, [label]);
    else rows.push(label);
  }
  return found;
}

/** Metrics with the same slots and the same time share their labels. */
function keyOf({ fromMs, toMs, asOfMs }: Step): string { return `${fromMs} ${toMs} ${String(asOfMs)}`; }

/** Position of the first leg at or after `ms`; legs are in the order of time. */
function firstAt(legs: readonly StoredLeg[], ms: number, time: (leg: StoredLeg) => number): number {
  let low = 0;
  let high = legs.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const leg = legs[middle];
    if (leg !== undefined && time(leg) < ms) low = middle + 1;
    else high = middle;
  }
  return low;
}
