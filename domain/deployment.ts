import type { ContractOverrides } from './contract.ts';
import type { ExternalMetric } from './external/metric.ts';
import type { DrillPolicy } from './kill/drill.ts';
import type { ApprovalPolicy } from './rollout/approval.ts';
import type { Attestation } from './variant.ts';

export const API_VERSION = 'lastmile.dev/v1alpha1';
export const KIND = 'ModelDeployment';

export const ENGINES = ['strict', 'fast'] as const;
/** How bounds of outcomes are made: `strict` ones hold at every number of requests, `fast` adds approximate ones from a burn-in on (decision D10). */
export type Engine = (typeof ENGINES)[number];
export const GOALS = ['better', 'no-worse', 'healthy'] as const;
export type Goal = (typeof GOALS)[number];
export const METRIC_ROLES = ['required', 'guardrail', 'safety'] as const;
export type MetricRole = (typeof METRIC_ROLES)[number];

/** A margin as it was said in money: so much a request, at `perUnit` for one unit of the metric; in currency units. */
export interface MarginMoney { readonly amount: number; readonly perUnit: number; readonly currency: string }

/** One metric of the policy. Margin: how much worse per request is allowed (paired metrics), or the highest rate allowed (rates). */
export interface MetricPolicy {
  readonly name: string;
  readonly role: MetricRole;
  readonly margin: number;
  /** Where the file says the margin in money, of which `margin` is made; absent: in the metric's unit. */
  readonly marginMoney?: MarginMoney;
  /** Declared loss bound of block means; null lets the pilot plan it (decision-engine 3b). */
  readonly lossBound: number | null;
  readonly proof: 'given-loss-bound' | 'full';
  /** Which quantile is predicted, for pinball; absent: none. */
  readonly quantile?: number;
}

/** What answers earn, in currency units per request. `confusion` for classes, `per-unit` for regression (negative = loss per unit of absolute error). */
export type Payoff =
  | { readonly kind: 'confusion'; readonly tp: number; readonly fp: number; readonly tn: number; readonly fn: number }
  | { readonly kind: 'per-unit'; readonly perUnit: number; readonly clip: number };

export interface ValueModel { readonly currency: string; readonly payoff: Payoff; readonly costPerRequest: number; /** Of serving, for the metric cost; absent: not known. */ readonly costPerSecond?: number }

export interface LabelPolicy {
  readonly delayMs: number;
  /** A block is judged this long after its end. */
  readonly maturityMs: number;
  /** Share of needed labels, 0..1, without which a block is not judged. */
  readonly coverage: number;
  readonly graceMs: number;
  readonly clock: 'gateway' | 'event';
  /** Outcomes are taken of a random part of the requests, each label with its propensity, at least `least`; absent: of all. */
  readonly sampling?: { readonly least: number };
}

/** Parts of the traffic that are judged by themselves: what stands at the path in the request, and which values count. */
export interface SegmentPolicy { readonly jsonPath: string; readonly values: readonly string[]; /** In the unit of the primary metric: worse by more in one of them ends the rollout. */ readonly margin: number }

/** How the traffic of a champion is watched for change. */
export interface DriftPolicy {
  readonly windowMs: number;
  /** Over all columns and windows of a month. */
  readonly falseAlarmsPerMonth: number;
  /** Stability index below which a change is small. */
  readonly least: number;
}

export interface CanaryStep { readonly sharePer10k: number; readonly forMs: number }

export interface RolloutPolicy {
  readonly goal: Goal;
  readonly cycleMs: number;
  readonly minCycles: number;
  /** Mature cycles of shadow used for planning, then left out of the evidence; none where earlier rollouts teach as much (decision D5). */
  readonly pilotCycles: number;
  readonly shadow: { readonly samplePer10k: number; readonly maxMs: number };
  readonly canary: readonly CanaryStep[];
  /** In the ruling clock, from the start of shadow. */
  readonly horizonMs: number;
  /** Wall clock without any record after which a rollout ends inconclusive (promise 12). */
  readonly idleMs: number;
  readonly whenInconclusive: 'keep' | 'ask';
  readonly askMs: number;
  readonly whenBusy: 'refuse' | 'queue' | 'supersede';
  readonly alpha: number;
  /** Absent: strict, so that files of before it was known keep their hash. */
  readonly engine?: Engine;
  /** All callers get the challenger before its outcomes are in, once all else is proved over so many whole cycles; absent: never. */
  readonly provisional?: { readonly minCycles: number };
  /** `split`: each request is answered by one of the two versions, none by both; absent: the challenger answers a copy too. */
  readonly compare?: 'split';
  /** How many false promotions a year may be expected at most, over all rollouts of the deployment; absent in files stored before it was known: the default. */
  readonly falsePromotionsPerYear?: number;
  /** People who must agree on the way; null or absent (older specs): nobody. */
  readonly approval?: ApprovalPolicy | null;
}

/** The normal form of a deployment file: every default filled in, units in the names. Stored by hash before anything names it. */
export interface DeploymentSpec {
  readonly apiVersion: typeof API_VERSION;
  readonly kind: typeof KIND;
  readonly metadata: { readonly name: string; readonly labels: Readonly<Record<string, string>> };
  readonly spec: {
    /** The version to try; the champion is status, written only by lastmile. */
    readonly model: string;
    /** More versions to try at once, each a challenger too; absent: none. */
    readonly contenders?: readonly string[];
    readonly serving: {
      readonly backend: string;
      /** Address and name on a server that already runs (backend oip). */
      readonly url: string | null;
      readonly modelName: string | null;
      readonly resources: { readonly threads: number; readonly isolation: 'process' | 'shared' };
    };
    readonly contract: ContractOverrides;
    readonly labels: LabelPolicy | null;
    readonly rollout: RolloutPolicy;
    readonly metrics: readonly MetricPolicy[];
    readonly value: ValueModel | null;
    readonly routing: { readonly stickyHeader: string | null; readonly stickyJsonPath: string | null };
    readonly fallback: readonly ('last-good' | 'closed')[];
    readonly onLostControl: 'serve' | 'failClosed';
    readonly attestation: Attestation;
    readonly retrain: { readonly every: string; readonly command: readonly string[]; readonly timeoutMs: number } | null;
    readonly records: { readonly inputs: boolean; readonly keepMs: number };
    /** Absent: none. */
    readonly segments?: SegmentPolicy;
    /** Watches the traffic of the champion for change; absent: not watched. */
    readonly drift?: DriftPolicy;
    /** Numbers of other systems as gates; absent: none. */
    readonly externalMetrics?: readonly ExternalMetric[];
    /** Kills of a challenger on a schedule; absent: none. */
    readonly drills?: DrillPolicy;
  };
}
