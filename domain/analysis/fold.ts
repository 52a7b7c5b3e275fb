import { LastmileError } from '../errors.ts';
import type { Contract } from '../contract.ts';
import type { ValueModel } from '../deployment.ts';
import type { Label, StoredLeg } from '../record.ts';
import type { PairedSums, RateSums, ShareSums } from './blocks.ts';
import { fieldOf, lineAt, placeOf, planOf } from './field.ts';
import { foldRate } from './fold-rate.ts';
import { foldRows } from './fold-rows.ts';
import { foldSampled } from './fold-sampled.ts';
import { foldShare } from './fold-share.ts';
import { foldSlot } from './fold-slot.ts';
import { foldSplit } from './fold-split.ts';
import { metricPlan, segmentPlans } from './metric-plan.ts';
import { metricOf } from './metrics/index.ts';
import type { AnalysisPlan } from './plan.ts';
import { requestsOf } from './requests.ts';
import { ofSegment, partsOfLine } from './segments.ts';

export interface FoldInput {
  readonly metric: string;
  readonly plan: AnalysisPlan;
  readonly contract: Contract;
  readonly value: ValueModel | null;
  /** Every leg of the slot, of both variants, cut by the metric's clock. */
  readonly legs: readonly StoredLeg[];
  /** The labels that held at sealing.ts labelsAsOfMs; not looked at by metrics without labels. */
  readonly labels: readonly Label[];
}

/** What the collector folds for a rollout: the metrics of its plan, those of its segments, and the split of callers. */
export function foldedMetrics(plan: AnalysisPlan): readonly string[] {
  const lines = [...[...plan.metrics, ...segmentPlans(plan)].map(({ name }) => name), 'share'];
  return fieldOf(plan).flatMap((_, place) => lines.map((line) => lineAt(line, place)));
}

/**
 * One slot of one metric to its sums: a pure function of the set of legs and labels. Their order and repeats change nothing, to the last digit.
 * Throws LM_UNKNOWN_ADAPTER for an unknown metric, LM_INVARIANT for one that the plan does not have.
 */
export function foldMetric({ metric: line, plan: whole, contract, value, legs, labels }: FoldInput): PairedSums | RateSums | ShareSums {
  const { line: name, place } = placeOf(line);
  const plan = planOf(whole, fieldOf(whole)[place] ?? whole.challenger);
  const { metric: base, segment } = partsOfLine(name);
  const metric = metricOf(base);
  const all = requestsOf(plan, legs);
  const requests = segment === null ? all : ofSegment(all, segment);
  switch (metric.kind) {
    case 'share': return foldShare(requests);
    case 'rate': return foldRate(metric, requests, contract);
    case 'paired': {
      const { range, quantile = null } = metricPlan(plan, name);
      const of = { terms: { contract, value, quantile }, range, requests, labels };
      if (plan.compare === 'split') return foldSplit({ ...of, metric });
      if (metric.by === 'slot') return foldSlot({ ...of, metric });
      return plan.sampling === undefined ? foldRows({ ...of, metric }) : foldSampled({ ...of, metric, least: plan.sampling.least });
    }
  }
}

/** A slot that saw nothing of this metric; such slots are not stored. */
export function isEmpty(sums: PairedSums | RateSums | ShareSums): boolean {
  switch (sums.kind) {
    case 'paired': return sums.pairs === 0;
    case 'rate': return [sums.champion, sums.challengerServing, sums.challengerShadow, sums.championShadow].every(({ n }) => n === 0);
    case 'share': return sums.cells.length === 0;
  }
}

/** The sums of a metric as the kind that the plan says. Throws LM_INVARIANT on another kind. */
export function sumsOf<Kind extends 'paired' | 'rate' | 'share'>(kind: Kind, sums: PairedSums | RateSums | ShareSums): Extract<PairedSums | RateSums | ShareSums, { kind: Kind }> {
  if (sums.kind !== kind) throw new LastmileError('LM_INVARIANT', `A block of kind ${sums.kind} was read where ${kind} is planned.`);
  return sums as Extract<PairedSums | RateSums | ShareSums, { kind: Kind }>;
}
