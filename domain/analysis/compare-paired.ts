import type { MicroBlock, PairedSums } from './blocks.ts';
import { judgedBlocks, wholeCycles, type Cycle } from './cycles.ts';
import type { AnalysisPlan, MetricPlan } from './plan.ts';
import { isFutile, projectedBlocks, upperBound } from './projection.ts';
import { lowerBound, lowerBoundInFull } from './stats/block-means.ts';
import { ALLOWED_SHORT, harmAlpha, thresholds, type Thresholds } from './thresholds.ts';
import type { Finding, FindingState } from './verdict.ts';

/** A paired metric as judged, with the cycles that it rests on. */
export interface PairedComparison { readonly finding: Finding; readonly cycles: readonly Cycle[]; readonly futile: boolean }

interface Bounds { readonly lower: number | null; readonly lowerFull: number | null; readonly upper: number | null }

/** Judges the whole cycles since evidence began. In a draft nothing is evidence yet; only missing coverage is told. */
export function comparePaired(plan: AnalysisPlan, metric: MetricPlan, micro: readonly MicroBlock[]): PairedComparison {
  const cycles = wholeCycles(plan, metric, micro, plan.evidenceFromMs ?? plan.startedMs);
  const blocks = plan.state === 'draft' ? [] : judgedBlocks(cycles);
  const means = blocks.map(({ mean }) => mean);
  const bounds = boundsOf(plan, metric, means);
  const limits = thresholds(plan, metric);
  const state = stateOf({ metric, means, cycles, bounds, limits });
  const finding: Finding = {
    metric: metric.name, role: metric.role, state, estimate: means.length === 0 ? null : sum(means) / means.length, ...bounds, alpha: metric.alpha, margin: metric.margin,
    ...worths(cycles), blocks: means.length, shortBlocks: micro.filter((block) => block.state === 'short').length, requests: sum(blocks.map(({ n }) => n)), coverage: coverageOf(cycles),
    lossBound: means.length === 0 ? null : metric.lossBound, worstBlock: means.length === 0 ? null : Math.min(...means),
    projectedBlocks: state === 'undecided' ? projectedBlocks({ metric, means, threshold: limits.pass }) : null,
  };
  return { finding, cycles, futile: state === 'undecided' && isFutile({ metric, means, threshold: limits.pass }, bounds.upper ?? metric.range.hi, blocksLeft(plan, metric, cycles)) };
}

function boundsOf(plan: AnalysisPlan, metric: MetricPlan, means: readonly number[]): Bounds {
  if (means.length === 0) return { lower: null, lowerFull: null, upper: null };
  const { lo } = metric.range;
  const inside = (bound: number): number => Math.max(bound, lo);
  return {
    lower: isBroken(metric, means) ? null : inside(lowerBound(means, metric, metric.alpha)),
    lowerFull: inside(lowerBoundInFull(means, metric, metric.alpha, lo)),
    upper: upperBound(metric, means, harmAlpha(plan, metric)),
  };
}

/** A block lost more than the plan assumed: what was proved under that assumption is void (decision-engine 3b). */
function isBroken({ lossBound }: MetricPlan, means: readonly number[]): boolean { return means.some((mean) => mean < -lossBound); }

/** Harm first, whatever is held; then what keeps a metric from being judged; then the proof. */
function stateOf({ metric, means, cycles, bounds, limits }: { metric: MetricPlan; means: readonly number[]; cycles: readonly Cycle[]; bounds: Bounds; limits: Thresholds }): FindingState {
  if (bounds.upper !== null && bounds.upper < limits.fail) return 'fail';
  if (shortShare(cycles) > ALLOWED_SHORT) return 'short-coverage';
  if (means.length === 0) return 'no-data';
  if (metric.proof === 'given-loss-bound' && isBroken(metric, means)) return 'loss-bound-broken';
  const proved = metric.proof === 'full' ? bounds.lowerFull : bounds.lower;
  return proved !== null && proved > limits.pass ? 'pass' : 'undecided';
}

function shortShare(cycles: readonly Cycle[]): number {
  const seen = cycles.filter(({ state }) => state !== 'empty').length;
  return seen === 0 ? 0 : cycles.filter(({ state }) => state === 'short').length / seen;
}

function coverageOf(cycles: readonly Cycle[]): number | null {
  const slots = cycles.flatMap(({ slots: of }) => of);
  const needed = sum(slots.map((slot) => slot.needed));
  return needed === 0 ? null : sum(slots.map(({ labelled }) => labelled)) / needed;
}

/** What each version's answers were worth on average, over the requests where that is known. */
function worths(cycles: readonly Cycle[]): { readonly championMean: number | null; readonly challengerMean: number | null } {
  const slots = cycles.filter(({ state }) => state === 'judged').flatMap(({ slots: of }) => of);
  const scored = sum(slots.map(scoredOf));
  if (scored === 0) return { championMean: null, challengerMean: null };
  return { championMean: sum(slots.map((slot) => slot.championMean * scoredOf(slot))) / scored, challengerMean: sum(slots.map((slot) => slot.challengerMean * scoredOf(slot))) / scored };
}

function scoredOf({ scored, n }: PairedSums): number { return scored ?? n; }

/** Blocks that can still seal before the horizon. */
function blocksLeft({ startedMs, horizonMs, maturityMs, cycleMs }: AnalysisPlan, { tauMs, blockSlots }: MetricPlan, cycles: readonly Cycle[]): number {
  const seenToMs = cycles.at(-1)?.toMs ?? startedMs;
  return Math.floor((startedMs + horizonMs - maturityMs - seenToMs) / cycleMs) * (cycleMs / (tauMs * blockSlots));
}

function sum(values: readonly number[]): number { return values.reduce((total, value) => total + value, 0); }
