import type { VariantId } from '../ids.ts';
import type { MicroBlock } from './blocks.ts';
import { wholeCycles, type Cycle } from './cycles.ts';
import { evidenceOfOne } from './field-evidence.ts';
import { fieldOf } from './field.ts';
import { learnt } from './learning.ts';
import { pairedPlans } from './metric-plan.ts';
import type { AnalysisPlan, MetricPlan } from './plan.ts';
import { partsOfLine } from './segments.ts';
import { validBlocks } from './valid-blocks.ts';

/**
 * The plan that evidence will be judged by, or null while the pilot is not complete. The pilot is the first `pilotCycles` cycles that were whole, covered and
 * not empty for every paired metric, of each challenger that remains in the field; it teaches block length, loss bound and tuning and is then left out of the evidence (decision D5).
 * Fixed at once where there is nothing to learn: no paired metrics, or no pilot asked for. Where earlier rollouts teach it, no pilot is run: earlier-rollouts.ts.
 */
export function fixPlan(draft: AnalysisPlan, blocks: readonly MicroBlock[], remaining: readonly VariantId[] = fieldOf(draft)): AnalysisPlan | null {
  if (draft.state === 'fixed') return draft;
  const firstMs = firstCycleMs(draft);
  if (!asksForPilot(draft)) return fixed(draft, firstMs, (metric) => metric);
  const pilots = remaining.map((variantId) => {
    const covered = coveredCycles(draft, { metrics: pairedPlans(draft), blocks: evidenceOfOne(draft, { blocks, pages: [] }, variantId).blocks, fromMs: firstMs });
    return { covered, cycles: covered.cycles.slice(0, draft.pilotCycles) };
  });
  const end = Math.max(...pilots.map(({ cycles }) => cycles.at(-1)?.toMs ?? -Infinity));
  if (pilots.some(({ cycles }) => cycles.length < draft.pilotCycles)) return null;
  return fixed(draft, end, (metric) => learnt(draft, metric, { from: 'pilot', evidenceFromMs: end, teachers: pilots.map(({ covered, cycles }) => covered.of(metric, cycles)), witnesses: [] }));
}

/** There is something to learn before evidence counts. */
export function asksForPilot(draft: AnalysisPlan): boolean { return pairedPlans(draft).length > 0 && draft.pilotCycles > 0; }

/** The start of the first cycle that shadow sees whole. */
export function firstCycleMs({ startedMs, cycleMs }: AnalysisPlan): number { return Math.ceil(startedMs / cycleMs) * cycleMs; }

/** The fixed plan; null where `plan` has none for some paired metric. */
export function fixed(draft: AnalysisPlan, evidenceFromMs: number, plan: (metric: MetricPlan) => MetricPlan | null): AnalysisPlan | null {
  const metrics = draft.metrics.map((metric) => metric.kind === 'paired' ? plan(metric) : metric).filter((metric) => metric !== null);
  return metrics.length < draft.metrics.length ? null : { ...draft, state: 'fixed', evidenceFromMs, metrics, ...segmentsLike(draft, metrics) };
}

/** Segments are cut and tuned like all of the traffic. */
function segmentsLike({ segments }: AnalysisPlan, metrics: readonly MetricPlan[]): Pick<AnalysisPlan, 'segments'> {
  if (segments === undefined) return {};
  return { segments: { ...segments, metrics: segments.metrics.map((line) => ({ ...line, ...tuningOf(metrics, line) })) } };
}

function tuningOf(metrics: readonly MetricPlan[], line: MetricPlan): Partial<MetricPlan> {
  const learnt = metrics.find(({ name }) => name === partsOfLine(line.name).metric);
  if (learnt === undefined) return {};
  const { blockSlots, centreCap, vOpt, lag1, plannedFrom } = learnt;
  return { blockSlots, centreCap, vOpt, lag1, plannedFrom };
}

export interface Covered { readonly cycles: readonly Cycle[]; of(metric: MetricPlan, cycles: readonly Cycle[]): readonly MicroBlock[] }

/** The cycles of a rollout that each of the metrics can use, in time order, and a metric's micro-blocks in them. */
export function coveredCycles(plan: AnalysisPlan, { metrics, blocks, fromMs }: { readonly metrics: readonly MetricPlan[]; readonly blocks: readonly MicroBlock[]; readonly fromMs: number }): Covered {
  const valid = validBlocks(plan, blocks);
  const perMetric = metrics.map((metric) => wholeCycles(plan, metric, valid.get(metric.name) ?? [], fromMs).filter(({ state }) => state === 'judged'));
  const [first = [], ...others] = perMetric;
  return {
    cycles: first.filter(({ index }) => others.every((cycles) => cycles.some((cycle) => cycle.index === index))),
    of(metric, cycles) {
      const indices = new Set(cycles.map(({ index }) => index));
      return (valid.get(metric.name) ?? []).filter(({ slot }) => indices.has(Math.floor((slot * metric.tauMs) / plan.cycleMs)));
    },
  };
}
