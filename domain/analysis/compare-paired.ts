import type { MicroBlock, PairedSums } from './blocks.ts';
import { judgedBlocks, wholeCycles, type Cycle } from './cycles.ts';
import type { AnalysisPlan, MetricPlan } from './plan.ts';
import { engineOf, isBroken, pairedBounds, type PairedBounds, type PairedSample } from './paired-bounds.ts';
import { isFutile, projectedBlocks, type Outlook } from './projection.ts';
import { areEnough, isAccountedFor, sampledOutcomes, type SampledOutcomes } from './sampled-outcomes.ts';
import { ALLOWED_SHORT, thresholds, type Thresholds } from './thresholds.ts';
import type { Finding, FindingState } from './verdict.ts';

/** A paired metric as judged, with the cycles that it rests on. */
export interface PairedComparison { readonly finding: Finding; readonly cycles: readonly Cycle[]; readonly futile: boolean }

/** Judges the whole cycles since evidence began. In a draft nothing is evidence yet; only missing coverage is told. */
export function comparePaired(plan: AnalysisPlan, metric: MetricPlan, micro: readonly MicroBlock[]): PairedComparison {
  const cycles = wholeCycles(plan, metric, micro, plan.evidenceFromMs ?? plan.startedMs);
  const sample = sampleOf(plan, metric, cycles);
  const { means, requests } = sample;
  const bounds = pairedBounds(plan, metric, sample);
  const limits = thresholds(plan, metric);
  const outlook: Outlook = { engine: engineOf(plan, metric), metric, means, threshold: limits.pass };
  const sampled = sampledOf(plan, metric, cycles);
  const state = withSampling(plan, sampled, stateOf({ outlook, cycles, bounds, limits }));
  const finding: Finding = {
    metric: metric.name, role: metric.role, state, estimate: means.length === 0 ? null : sum(means) / means.length, ...bounds, alpha: metric.alpha, margin: metric.margin,
    ...worths(cycles), blocks: means.length, shortBlocks: micro.filter((block) => block.state === 'short').length, requests, coverage: coverageOf(cycles),
    ...lossOf(metric, means),
    projectedBlocks: state === 'undecided' ? projectedBlocks(outlook) : null, ...(metric.marginMoney === undefined ? {} : { marginMoney: metric.marginMoney }), ...(sampled === null ? {} : { sampled }),
  };
  return { finding, cycles, futile: state === 'undecided' && isFutile(outlook, bounds.upper ?? metric.range.hi, blocksLeft(plan, metric, cycles)) };
}

function sampleOf(plan: AnalysisPlan, { needsLabels }: MetricPlan, cycles: readonly Cycle[]): PairedSample {
  const blocks = plan.state === 'draft' ? [] : judgedBlocks(cycles);
  const requests = sum(blocks.map(({ n }) => n));
  return { means: blocks.map(({ mean }) => mean), requests, cases: needsLabels && blocks.length > 0 ? sum(slotsOf(cycles).map(({ labelled }) => labelled)) : requests };
}

function lossOf({ lossBound }: MetricPlan, means: readonly number[]): Pick<Finding, 'lossBound' | 'worstBlock'> {
  return means.length === 0 ? { lossBound: null, worstBlock: null } : { lossBound, worstBlock: Math.min(...means) };
}

function sampledOf(plan: AnalysisPlan, { needsLabels }: MetricPlan, cycles: readonly Cycle[]): SampledOutcomes | null {
  return plan.sampling === undefined || !needsLabels ? null : sampledOutcomes(plan.state === 'draft' ? [] : slotsOf(cycles));
}

/** Chances that cannot be true prove neither harm nor gain; and quiet because nobody looked is no proof. */
function withSampling(plan: AnalysisPlan, sampled: SampledOutcomes | null, state: FindingState): FindingState {
  if (sampled === null) return state;
  if (!isAccountedFor(sampled, plan)) return 'short-coverage';
  return state === 'pass' && !areEnough(sampled) ? 'undecided' : state;
}

/** Harm first, whatever is held; then what keeps a metric from being judged; then the proof. */
function stateOf({ outlook: { engine, metric, means }, cycles, bounds, limits }: { outlook: Outlook; cycles: readonly Cycle[]; bounds: PairedBounds; limits: Thresholds }): FindingState {
  if (bounds.upper !== null && bounds.upper < limits.fail) return 'fail';
  if (shortShare(cycles) > ALLOWED_SHORT) return 'short-coverage';
  if (means.length === 0) return 'no-data';
  if (engine === 'strict' && metric.proof === 'given-loss-bound' && isBroken(metric, means)) return 'loss-bound-broken';
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
  return needed === 0 ? null : sum(slots.map(({ labelled, weight = labelled }) => weight)) / needed;
}

/** What each version's answers were worth on average, over the requests where that is known. */
function worths(cycles: readonly Cycle[]): { readonly championMean: number | null; readonly challengerMean: number | null } {
  const slots = slotsOf(cycles);
  const scored = sum(slots.map(scoredOf));
  if (scored === 0) return { championMean: null, challengerMean: null };
  return { championMean: sum(slots.map((slot) => slot.championMean * scoredOf(slot))) / scored, challengerMean: sum(slots.map((slot) => slot.challengerMean * scoredOf(slot))) / scored };
}

function slotsOf(cycles: readonly Cycle[]): readonly PairedSums[] { return cycles.filter(({ state }) => state === 'judged').flatMap(({ slots }) => slots); }

function scoredOf({ scored, n }: PairedSums): number { return scored ?? n; }

/** Blocks that can still seal before the horizon. */
function blocksLeft({ startedMs, horizonMs, maturityMs, cycleMs }: AnalysisPlan, { tauMs, blockSlots }: MetricPlan, cycles: readonly Cycle[]): number {
  const seenToMs = cycles.at(-1)?.toMs ?? startedMs;
  return Math.floor((startedMs + horizonMs - maturityMs - seenToMs) / cycleMs) * (cycleMs / (tauMs * blockSlots));
}

function sum(values: readonly number[]): number { return values.reduce((total, value) => total + value, 0); }
