import type { Actor, AuditEntry } from '../domain/audit.ts';
import type { RolloutPolicy } from '../domain/deployment.ts';
import type { DeploymentStatus } from '../domain/deployment-record.ts';
import type { RestoredDeployment } from '../domain/deployment-restore.ts';
import type { VariantSummary } from '../domain/variant.ts';
import type { DeploymentUid, KillId, RolloutId, TenantId, VariantId } from '../domain/ids.ts';
import type { KillFacts } from '../domain/kill/news.ts';
import type { VerdictSummary } from '../domain/analysis/verdict.ts';
import type { Outcome } from '../domain/rollout/machine.ts';
import type { RolloutRecord } from '../domain/rollout/record.ts';
import type { CommandResult, RouteCommand } from '../domain/traffic/route.ts';

/** Which rollout; in every activity's input, so that every store call has its tenant. */
export interface Subject {
  readonly tenant: TenantId;
  readonly deploymentUid: DeploymentUid;
  readonly deployment: string;
  readonly rolloutId: RolloutId;
  readonly specHash: string;
  readonly model: string;
}

type WithoutId<C> = C extends RouteCommand ? Omit<C, 'commandId' | 'atMs'> : never;
/** What a person may say of a whole route. */
export type Steering = WithoutId<Extract<RouteCommand, { readonly type: 'pin' | 'unpin' | 'retire' | 'restore' }>>;

/** The activities: the surface that recorded histories depend on. Payloads are ids, digests and small facts, never data. */
export interface Activities {
  /** What the workflow needs of the spec. measures: it names external metrics; contenders: what is tried beside its own model, not beside another that is asked for. Absent: none. */
  readPolicy(input: { tenant: TenantId; specHash: string }): Promise<{ policy: RolloutPolicy; hasLabels: boolean; managed: boolean; measures?: boolean; contenders?: { readonly beside: string; readonly models: readonly string[] }; retrain: { command: readonly string[]; timeoutMs: number } | null }>;
  /** Resolve, digest, infer and freeze the contract, store the variant. Refuses (LM_VALIDATION_FAILED, LM_SAME_VARIANT, LM_ALREADY_TRIED …). */
  validateModel(input: { subject: Subject; champion: VariantId | null; retry: boolean }): Promise<VariantSummary>;
  /** An immutable bundle in the artifact store; null for a model that already runs. */
  packageModel(input: { subject: Subject; variantId: VariantId }): Promise<{ bundleDigest: string | null; bytes: number }>;
  /** Load, warm, ready; metadata against the contract, golden requests, latency smoke. Heartbeats. */
  loadVariant(input: { subject: Subject; variantId: VariantId }): Promise<{ checked: number; latencyMs: number }>;
  unloadVariant(input: { subject: Subject; variantId: VariantId }): Promise<void>;

  setShadows(input: { subject: Subject; commandId: string; variantIds: readonly VariantId[] }): Promise<CommandResult>;
  setShare(input: { subject: Subject; commandId: string; variantId: VariantId; sharePer10k: number }): Promise<CommandResult>;
  setChampion(input: { subject: Subject; commandId: string; variantId: VariantId; expectedChampion: VariantId | null; by: 'automation' | 'person' | 'safety' }): Promise<CommandResult>;
  /** A person's word on the whole route. */
  steerRoute(input: { subject: Subject; commandId: string; to: Steering }): Promise<CommandResult>;
  /** Route, schedule and name of a deployment that is deleted; its records stay. May be repeated. */
  endDeployment(input: { tenant: TenantId; deploymentUid: DeploymentUid; deployment: string }): Promise<void>;
  removeVariant(input: { subject: Subject; commandId: string; variantId: VariantId }): Promise<CommandResult>;
  /** Waits until every registered gateway whose lease has not ended obeys the revision. Heartbeats. */
  awaitApplied(input: { subject: Subject; revision: number }): Promise<{ gateways: number }>;

  /** Stores the draft of the analysis plan: from here on the collector compares. */
  openComparison(input: { subject: Subject; champion: VariantId; challenger: VariantId; field?: readonly VariantId[] }): Promise<{ rulingMs: number }>;
  /** One judgement, stored as verdict n; the same n again returns the stored one. heldBy: what keeps it from going forward all the same, in words; absent in histories of before there were freezes. field: all that are still tried, where several are. */
  judge(input: { subject: Subject; n: number; champion: VariantId; challenger: VariantId; field?: readonly VariantId[] }): Promise<{ verdict: VerdictSummary; rulingMs: number; heldBy?: string | null }>;
  /** Measures the external metrics of the plan whose interval has not been measured yet, and stores that. nextMs: when there is more to do. Heartbeats. */
  measure(input: { subject: Subject; champion: VariantId; challenger: VariantId }): Promise<{ taken: number; nextMs: number }>;
  /** Stores a verdict that needs no evidence (first, refused, aborted by a person). */
  recordVerdict(input: { subject: Subject; n: number; verdict: VerdictSummary }): Promise<void>;

  /** What an entity that starts from nothing must know; null where no such deployment is stored. Rollouts whose workflow is gone are ended, their traffic taken back. */
  restoreDeployment(input: { tenant: TenantId; deploymentUid: DeploymentUid }): Promise<RestoredDeployment | null>;
  /** The end of a rollout that may be unable to report it. LM_BUSY while it runs: tried again until it has ended. */
  settleRollout(input: { tenant: TenantId; deploymentUid: DeploymentUid; rolloutId: RolloutId }): Promise<{ outcome: Outcome; challenger: VariantSummary | null; verdict: VerdictSummary | null }>;

  /** A kill, and how the route stands now; null where either is not stored (any more). */
  readKill(input: { tenant: TenantId; deploymentUid: DeploymentUid; killId: KillId }): Promise<KillFacts | null>;

  projectRollout(input: { record: RolloutRecord }): Promise<void>;
  projectDeployment(input: { tenant: TenantId; deploymentUid: DeploymentUid; status: DeploymentStatus }): Promise<void>;
  audit(input: { tenant: TenantId; entry: AuditEntry }): Promise<void>;
  notify(input: { subject: Subject; id: string; type: string; text: string; atMs: number }): Promise<void>;

  /** Runs the trainer of the spec and publishes what it made; heartbeats with its last line. Idempotent by runKey: a finished run is found again. */
  trainModel(input: { tenant: TenantId; deploymentUid: DeploymentUid; deployment: string; specHash: string; runKey: string }): Promise<{ model: string }>;
  /** Asks the entity for a rollout of `model`; update id = requestId. */
  requestRollout(input: { tenant: TenantId; deploymentUid: DeploymentUid; deployment: string; specHash: string; model: string; requestId: string; actor: Actor; reason: string }): Promise<{ rolloutId: string | null }>;
}
