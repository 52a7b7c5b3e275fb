import { canonicalJson, type Json } from '../canonical-json.ts';
import type { DeploymentSpec } from '../deployment.ts';
import type { RolloutId } from '../ids.ts';
import type { MicroBlock } from './blocks.ts';
import { LEAST_BLOCKS, learnt } from './learning.ts';
import { pairedPlans } from './metric-plan.ts';
import type { AnalysisPlan, MetricPlan } from './plan.ts';
import { asksForPilot, coveredCycles, firstCycleMs, fixed } from './planning.ts';

/** How many comparable rollouts are learnt from, among how many that are looked at, none older than how long. */
export const LEARN_FROM = 5;
export const LOOK_AT = 20;
export const OLDEST_MS = 365 * 86_400_000;
/** Of each of them, the newest cycles. */
const NEWEST_CYCLES = 100;

/** How a rollout is compared: its plan, and the file that it was planned by. */
export interface Comparing { readonly plan: AnalysisPlan; readonly spec: DeploymentSpec }

/** A comparable rollout that came before, with the newest blocks of its paired metrics, in order of slots. */
export interface EarlierRollout { readonly plan: AnalysisPlan; readonly blocks: readonly MicroBlock[] }

/** How many of a metric's newest blocks to read of an earlier rollout. */
export function blocksToRead({ cycleMs }: AnalysisPlan, { tauMs }: MetricPlan): number { return NEWEST_CYCLES * (cycleMs / tauMs); }

/**
 * Whether the differences of an earlier rollout are of the same kind as those to come: same deployment, contract, clock, cycle and time for outcomes, every
 * paired metric cut and bounded alike, the same value model where money is judged, the same share of requests copied (fewer requests make wilder blocks).
 */
export function isComparable(now: Comparing, before: Comparing): boolean {
  const [a, b] = [now.plan, before.plan];
  const sameTerms = a.tenantId === b.tenantId && a.deploymentUid === b.deploymentUid && a.contractHash === b.contractHash
    && a.clock === b.clock && a.cycleMs === b.cycleMs && a.maturityMs === b.maturityMs;
  return sameTerms && sampleOf(now) === sampleOf(before) && a.compare === b.compare && pairedPlans(a).every((metric) => b.metrics.some((other) => isSameMetric(metric, other)) && (metric.name !== 'value' || valueOf(now) === valueOf(before)));
}

function isSameMetric(a: MetricPlan, b: MetricPlan): boolean {
  return a.name === b.name && a.kind === b.kind && a.clock === b.clock && a.tauMs === b.tauMs && a.range.lo === b.range.lo && a.range.hi === b.range.hi && a.quantile === b.quantile;
}

function sampleOf({ spec }: Comparing): number { return spec.spec.rollout.shadow.samplePer10k; }
function valueOf({ spec }: Comparing): string { return canonicalJson(spec.spec.value as Json); }

/**
 * The plan of a comparison whose block length, loss bound and tuning earlier rollouts of the deployment teach (decision D5), so that no pilot is run and
 * evidence counts from the first whole cycle. It uses nothing of the new rollout, so it is fixed before its evidence as a pilot's plan is.
 *
 * A rollout with as many whole covered cycles as a pilot has, and never fewer than eight, is a teacher; a shorter one, which may have ended because it went
 * wrong, is a witness: its worst block counts. Over all of them the worst is taken, and then 3b as for a pilot: twice the worst block, at least six deviations.
 *
 * What stays assumed: that this challenger's blocks do not lose more than that. The earlier challengers were other versions and may have been tamer; a block
 * beyond the bound ends the rollout without a promotion (decide.ts, loss-bound), and then teaches the next one. Null where a pilot is needed.
 */
export function planFromEarlier(draft: AnalysisPlan, earlier: readonly EarlierRollout[]): AnalysisPlan | null {
  if (draft.state === 'fixed' || !asksForPilot(draft)) return null;
  const runs = earlier.map((one) => runOf(draft, one)).filter(({ cycles }) => cycles > 0);
  const enough = Math.max(draft.pilotCycles, LEAST_BLOCKS);
  const teachers = runs.filter(({ cycles }) => cycles >= enough);
  if (teachers.length === 0) return null;
  const witnesses = runs.filter(({ cycles }) => cycles < enough);
  const evidenceFromMs = firstCycleMs(draft);
  const of = (metric: MetricPlan, some: readonly Run[]): readonly (readonly MicroBlock[])[] => some.map((run) => run.of(metric));
  const plan = fixed(draft, evidenceFromMs, (metric) => learnt(draft, metric, { from: 'earlier-rollout', evidenceFromMs, teachers: of(metric, teachers), witnesses: of(metric, witnesses) }));
  return plan === null ? null : { ...plan, learntFrom: runs.map(({ rolloutId }) => rolloutId) };
}

interface Run { readonly rolloutId: RolloutId; readonly cycles: number; of(metric: MetricPlan): readonly MicroBlock[] }

/** The whole covered cycles among the blocks that were read; the first of them may have been cut off by reading the newest only. */
function runOf(draft: AnalysisPlan, { plan, blocks }: EarlierRollout): Run {
  const metrics = pairedPlans(draft);
  const fromMs = Math.max(...metrics.map(({ name, tauMs }) => Math.ceil(((blocks.find(({ metric }) => metric === name)?.slot ?? 0) * tauMs) / plan.cycleMs) * plan.cycleMs));
  const covered = coveredCycles(plan, { metrics, blocks, fromMs });
  return { rolloutId: plan.rolloutId, cycles: covered.cycles.length, of: (metric) => covered.of(metric, covered.cycles) };
}
