import type { Engine, Goal, MarginMoney, MetricRole } from '../deployment.ts';
import type { ExternalMetric } from '../external/metric.ts';
import type { DeploymentUid, RolloutId, TenantId, VariantId } from '../ids.ts';

/** How one metric is judged; fixed before its evidence is looked at, never changed during a rollout. */
export interface MetricPlan {
  readonly name: string;
  readonly kind: 'paired' | 'rate';
  readonly role: MetricRole;
  readonly margin: number;
  /** Where the file says it in money. */
  readonly marginMoney?: MarginMoney;
  readonly needsLabels: boolean;
  /** Which time cuts its slots: health (rates, shares) is counted by gateway time, so that it is seen in seconds; outcomes by the ruling clock. */
  readonly clock: 'ruling' | 'gateway';
  readonly tauMs: number;
  /** Hard range of d per request, oriented larger = better. */
  readonly range: { readonly lo: number; readonly hi: number };
  /** Level of the proof that a promotion needs; in a fixed plan what the budget of false promotions granted. */
  readonly alpha: number;
  readonly proof: 'given-loss-bound' | 'full';
  /** Micro-blocks per analysis block (B = blockSlots · τ). */
  readonly blockSlots: number;
  /** No block mean is assumed to lie further below zero than this (decision-engine 3b). */
  readonly lossBound: number;
  /** The same above zero, for the bound that proves harm; absent means lossBound. */
  readonly gainBound?: number;
  readonly centreCap: number;
  readonly vOpt: number;
  /** Blocks near which an asymptotic bound is tightest (engine fast); absent in plans of before that engine: tuning.ts PLANNED_BLOCKS. */
  readonly plannedBlocks?: number;
  /** Lag-1 correlation of block means at blockSlots in what it was planned from; null where it could not be told. */
  readonly lag1: number | null;
  /** Which quantile is predicted (pinball); absent: none. */
  readonly quantile?: number;
  readonly plannedFrom: 'pilot' | 'earlier-rollout' | 'full-range' | 'declared';
}

/** Parts of the traffic that are judged by themselves: one line of evidence each, named `accuracy@eu` (segments.ts). */
export interface SegmentPlan {
  /** Where in the request the segment stands. */
  readonly jsonPath: string;
  /** The primary metric once for each segment, in the order of the file. */
  readonly metrics: readonly MetricPlan[];
}

/** Draft: what the spec says. Fixed: with what a pilot or earlier rollouts taught, and the alpha granted. Stored once under the rollout. */
export interface AnalysisPlan {
  readonly tenantId: TenantId;
  readonly deploymentUid: DeploymentUid;
  readonly rolloutId: RolloutId;
  readonly champion: VariantId;
  readonly challenger: VariantId;
  readonly specHash: string;
  /** All challengers that are tried at once, `challenger` first (field.ts); absent: it alone. */
  readonly field?: readonly VariantId[];
  /** The champion's frozen contract: both answers are read by it. */
  readonly contractHash: string;
  readonly state: 'draft' | 'fixed';
  readonly judgeVersion: string;
  readonly goal: Goal;
  readonly engine: Engine;
  /** Whole cycles of traffic after which all that needs no outcomes may be proved and the challenger serve all callers; absent: never. */
  readonly provisional?: { readonly minCycles: number };
  /** Each request is answered by one of the two, drawn by the route; absent: by both. */
  readonly compare?: 'split';
  readonly clock: 'gateway' | 'event';
  readonly cycleMs: number;
  readonly minCycles: number;
  readonly pilotCycles: number;
  /** Ruling time from which paired blocks count as evidence: the end of the pilot, else the first whole cycle; null in a draft. A multiple of cycleMs. */
  readonly evidenceFromMs: number | null;
  readonly coverage: number;
  /** Outcomes are taken of a random part of the requests, none with a smaller chance than `least`; absent: of all. */
  readonly sampling?: { readonly least: number };
  readonly maturityMs: number;
  readonly graceMs: number;
  readonly horizonMs: number;
  /** Ruling time and gateway time at which shadow began; health counts from the latter. */
  readonly startedMs: number;
  readonly startedAtMs: number;
  /** A slot is looked at only when the ruling watermark is this far past the time its labels are due. */
  readonly settleMs: number;
  /** What one draw of the split decides: a request, or every request with the same sticky key. Shares are tested only for `request`, the default. */
  readonly splitBy?: 'request' | 'key';
  /** The earlier rollouts of the deployment that block length, loss bounds and tuning were learnt from, newest first; absent where a pilot or nothing taught them. */
  readonly learntFrom?: readonly RolloutId[];
  /** The level of all tests for harm together; absent: as the proofs (metrics[].alpha), which the budget of false promotions may have lowered. */
  readonly harmAlpha?: number;
  readonly metrics: readonly MetricPlan[];
  /** Parts of the traffic that are judged by themselves; absent: none are declared. */
  readonly segments?: SegmentPlan;
  /** Numbers of other systems that are gates too; absent: none. */
  readonly external?: readonly ExternalMetric[];
}
