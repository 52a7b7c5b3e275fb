import { defineSignal, defineUpdate } from '@temporalio/workflow';
import type { Actor } from '../domain/audit.ts';
import type { DeploymentStatus } from '../domain/deployment-record.ts';
import type { VariantSummary } from '../domain/variant.ts';
import type { DeploymentUid, RolloutId, TenantId } from '../domain/ids.ts';
import type { VerdictSummary } from '../domain/analysis/verdict.ts';
import type { Outcome, RolloutState } from '../domain/rollout/machine.ts';
import type { RolloutRecord, StoryLine } from '../domain/rollout/record.ts';

/** Input of the deployment entity; `carried` crosses continue-as-new. */
export interface DeploymentInput { readonly tenant: TenantId; readonly uid: DeploymentUid; readonly name: string; readonly carried: DeploymentCarried | null }
export interface DeploymentCarried {
  readonly status: DeploymentStatus;
  readonly queue: readonly QueuedRollout[];
  /** Digests rolled back or refused before: not tried again without retry and a reason. */
  readonly tried: readonly string[];
}
export interface QueuedRollout { readonly specHash: string; readonly model: string; readonly actor: Actor; readonly retry: boolean; readonly reason: string | null }

export interface StartRolloutArgs extends QueuedRollout { readonly whenBusy: 'refuse' | 'queue' | 'supersede' }
export interface StartRolloutAnswer { readonly rolloutId: RolloutId | null; readonly n: number | null; readonly state: 'started' | 'queued' }

/** Update of the entity. Rejected with ApplicationFailure type = LM code. */
export const startRolloutUpdate = defineUpdate<StartRolloutAnswer, [StartRolloutArgs]>('startRollout');
/** Update of the entity: back to the newest last good. */
export const rollbackUpdate = defineUpdate<{ message: string }, [{ actor: Actor; reason: string | null }]>('rollback');

export interface RolloutInput {
  readonly tenant: TenantId;
  readonly deploymentUid: DeploymentUid;
  readonly deployment: string;
  readonly rolloutId: RolloutId;
  readonly n: number;
  readonly specHash: string;
  readonly model: string;
  readonly champion: VariantSummary | null;
  readonly actor: Actor;
  readonly retry: boolean;
  readonly reason: string | null;
  readonly carried: RolloutCarried | null;
}
export interface RolloutCarried {
  readonly state: RolloutState;
  readonly challenger: VariantSummary | null;
  readonly verdicts: number;
  readonly revision: number;
  readonly startedAtMs: number;
  readonly shadowSinceMs: number | null;
  readonly story: readonly StoryLine[];
  /** Names of undo steps already registered, in order. */
  readonly undo: readonly string[];
  readonly pendingPings: number;
}

export interface CommandArgs { readonly actor: Actor; readonly reason: string | null }
export const pauseUpdate = defineUpdate<{ message: string }, [CommandArgs]>('pause');
export const resumeUpdate = defineUpdate<{ message: string }, [CommandArgs]>('resume');
/** Promote without waiting for the judge: a person, with a reason. */
export const promoteUpdate = defineUpdate<{ message: string }, [CommandArgs]>('promote');
export const abortUpdate = defineUpdate<{ message: string }, [CommandArgs & { readonly superseded?: boolean }]>('abort');
/** From the outbox: a block was sealed, or traffic stopped. Many in a row are one. */
export const evidenceSignal = defineSignal<[{ id: string; type: 'block-sealed' | 'idle' }]>('evidence');

/** What a rollout tells its entity when it ends. */
export interface RolloutFinished { readonly rolloutId: RolloutId; readonly outcome: Outcome; readonly challenger: VariantSummary | null; readonly verdict: VerdictSummary | null; readonly record: RolloutRecord | null }
export const rolloutFinishedSignal = defineSignal<[RolloutFinished]>('rolloutFinished');
/** While it runs: which challenger, which stage, for the deployment's status. */
export const rolloutProgressSignal = defineSignal<[{ rolloutId: RolloutId; challenger: VariantSummary | null; message: string; verdict: VerdictSummary | null }]>('rolloutProgress');

export interface RetrainInput { readonly tenant: TenantId; readonly deploymentUid: DeploymentUid; readonly deployment: string; readonly specHash: string }
