import type { Progress } from './blocks.ts';
import { pairedPlans } from './metric-plan.ts';
import type { AnalysisPlan } from './plan.ts';
import { figure, isApproximate, percent } from './reason-texts.ts';
import type { Finding, SegmentFinding, Verdict } from './verdict.ts';

/** Mirrors not sent or not finished, of all that were due; those left out by the sampling rate are not drops. Null where nothing was due. */
export function dropRatio(progress: Progress | null): number | null {
  if (progress === null) return null;
  const dropped = Object.entries(progress.drops).filter(([reason]) => reason !== 'sampled-out').reduce((sum, [, count]) => sum + count, 0);
  return dropped + progress.pairs === 0 ? null : dropped / (dropped + progress.pairs);
}

/** What the verdict says nothing about, in plain words; a green verdict does not cover it. */
export function notMeasured(plan: AnalysisPlan, { findings, segments = [] }: Pick<Verdict, 'findings' | 'segments'>, drops: number | null): readonly string[] {
  const outcomes = pairedPlans(plan).some(({ needsLabels }) => needsLabels);
  return [
    ...(!outcomes ? ['outcomes: whether answers turn out right was not judged'] : ['feedback effects: outcomes are assumed not to depend on which version decided']),
    ...(plan.field === undefined ? [] : [`chance among ${figure(plan.field.length)} challengers: each was judged at a level of alpha/${figure(plan.field.length)}, and what is proved of one says nothing of which of two is better`]),
    ...(plan.metrics.some(({ name }) => name === 'value') ? [] : ['money: no value metric was judged']),
    ...(drops !== null && drops > 0 ? [`requests under load: ${percent(drops)} of the copies to the challenger were dropped and are not in the comparison`] : []),
    ...findings.flatMap((finding) => [...gaps(plan, finding)]),
    ...segments.filter(isOpen).map(({ metric, segment, lower, margin }) => `${metric} for ${segment ?? 'all'}: harm was not found there, and being worse by less than ${figure(lower === null ? null : -lower)} is not excluded (its margin is ${figure(margin)})`),
    ...(plan.external ?? []).map(({ name }) => `${name}: held against its limit as measured elsewhere, without a claim of how likely chance is`),
  ];
}

function isOpen({ state, lower, margin }: SegmentFinding): boolean { return state === 'open' && lower !== null && lower <= -margin; }

/** Their numbers: `rollouts 2 and 3`. */
function rolloutsText({ learntFrom = [] }: AnalysisPlan): string {
  const numbers = learntFrom.map((id) => id.slice(id.lastIndexOf('/') + 1)).reverse();
  return numbers.length === 1 ? `rollout ${numbers.join('')}` : `rollouts ${numbers.slice(0, -1).join(', ')} and ${numbers.at(-1) ?? ''}`;
}

function* missing({ metric, coverage, sampled }: Finding): Generator<string> {
  if (sampled !== undefined) yield `${metric}: outcomes of ${figure(sampled.seen)} of ${figure(sampled.needed)} requests were taken, at random; that their chances are what was said is assumed`;
  else if (coverage !== null && coverage < 1) yield `${metric}: ${percent(1 - coverage)} of the outcomes needed were missing`;
}

function* gaps(plan: AnalysisPlan, finding: Finding): Generator<string> {
  const { metric, blocks, shortBlocks, lossBound } = finding;
  const planned = plan.metrics.find(({ name }) => name === metric);
  if (planned?.kind !== 'paired') return;
  yield* missing(finding);
  if (shortBlocks > 0) yield `${metric}: ${figure(shortBlocks)} blocks lacked outcomes; their cycles were not judged`;
  if (isApproximate(finding)) {
    yield `${metric}: its bound is approximate; where differences are very skewed it may be wrong more often than alpha says`;
  } else if (planned.proof === 'given-loss-bound' && blocks > 0 && lossBound !== null && lossBound < -planned.range.lo) {
    yield `${metric}: blocks that lose more than ${figure(lossBound)}; none was seen, but up to ${percent(Math.min(1, 3 / blocks))} of blocks could be such`;
    if (planned.plannedFrom === 'earlier-rollout') yield `${metric}: that bound was learnt from ${rolloutsText(plan)}, whose challengers were other versions`;
  }
}
