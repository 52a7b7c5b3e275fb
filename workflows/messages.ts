import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';
import { defineSignal, defineUpdate } from '@temporalio/workflow';
import type { Actor } from '../domain/audit.ts';
import type { KillFacts, KillMemory } from '../domain/kill/news.ts';
import type { DeploymentStatus } from '../domain/deployment-record.ts';
import type { VariantSummary } from '../domain/variant.ts';
import type { DeploymentUid, KillId, RolloutId, TenantId, VariantId } from '../domain/ids.ts';
import type { VerdictSummary } from '../domain/analysis/verdict.ts';
import type { Outcome, RolloutState, Stage } from '../domain/rollout/machine.ts';
import type { RolloutPlan } from '../domain/rollout/plan.ts';
import type { StoryLine } from '../domain/rollout/record.ts';

/** Input of the deployment entity; `carried` crosses continue-as-new. */
export interface DeploymentInput { readonly tenant: TenantId; readonly uid: DeploymentUid; readonly name: string; readonly carried: DeploymentCarried | null }
export interface DeploymentCarried {
  readonly status: DeploymentStatus;
  readonly queue: readonly QueuedRollout[];
  /** Models and digests rolled back before: not tried again without retry and a reason. */
  readonly tried: readonly string[];
  /** Answers to start updates by update id, newest last, bounded: the server forgets ids at continue-as-new. */
  readonly answered: readonly { readonly updateId: string; readonly answer: StartRolloutAnswer }[];
  /** The newest spec that was named; and how many state changes were audited. */
  readonly specHash: string;
  readonly changes: number;
  /** Absent in entities of before kills were told. */
  readonly kills?: KillMemory;
  /** Who retired the deployment; absent or null while it is in service. */
  readonly retiredBy?: string | null;
  /** A rollout that was promised, with its number, and has not begun. */
  readonly begins?: { readonly n: number; readonly rolloutId: RolloutId; readonly item: QueuedRollout };
}
export interface QueuedRollout { readonly specHash: string; readonly model: string; readonly actor: Actor; readonly retry: boolean; readonly reason: string | null }

export interface StartRolloutArgs extends QueuedRollout { readonly whenBusy: 'refuse' | 'queue' | 'supersede' }
export interface StartRolloutAnswer { readonly rolloutId: RolloutId | null; readonly n: number | null; readonly state: 'started' | 'queued' }

/** Update of the entity. Rejected with ApplicationFailure type = LM code. */
export const startRolloutUpdate = defineUpdate<StartRolloutAnswer, [StartRolloutArgs]>('startRollout');
/** Behind the update id of an order that was refused late, by details.late: Temporal keeps that answer for the id, so the order is asked again under another. */
export const AGAIN = '/again';
/** Update of the entity: back to the newest last good. */
export const rollbackUpdate = defineUpdate<{ message: string }, [CommandArgs]>('rollback');
/** Updates of the entity: a person's word on the whole deployment. */
export const pinUpdate = defineUpdate<{ message: string }, [CommandArgs]>('pin');
export const unpinUpdate = defineUpdate<{ message: string }, [CommandArgs]>('unpin');
export const retireUpdate = defineUpdate<{ message: string }, [CommandArgs]>('retire');
export const restoreUpdate = defineUpdate<{ message: string }, [CommandArgs]>('restore');
export const deleteUpdate = defineUpdate<{ message: string }, [DeleteArgs]>('delete');

export interface RolloutInput {
  readonly tenant: TenantId;
  readonly deploymentUid: DeploymentUid;
  readonly deployment: string;
  readonly rolloutId: RolloutId;
  readonly n: number;
  readonly specHash: string;
  readonly model: string;
  readonly champion: VariantSummary | null;
  /** Earlier champions that stay loaded: an undo leaves them in their place. */
  readonly lastGood: readonly VariantId[];
  readonly actor: Actor;
  readonly retry: boolean;
  readonly reason: string | null;
  readonly carried: RolloutCarried | null;
}
/** What must be taken back, in the order in which it was done. */
export type UndoName = 'load' | 'route' | 'promote';
export interface RolloutCarried {
  readonly plan: RolloutPlan;
  readonly state: RolloutState;
  readonly challenger: VariantSummary | null;
  /** Numbers given to verdicts, projections and audited changes so far. */
  readonly verdicts: number;
  readonly revision: number;
  readonly changes: number;
  readonly startedAtMs: number;
  readonly stageSinceMs: number;
  readonly shadowSinceMs: number | null;
  readonly askedAtMs: number | null;
  readonly story: readonly StoryLine[];
  readonly undo: readonly UndoName[];
  readonly pendingPings: number;
  /** Several challengers: all beside the rollout's own model, those of them that are still tried, and what is loaded. Absent where there is one. */
  readonly contenders?: readonly VariantSummary[];
  readonly others?: readonly VariantSummary[];
  readonly loaded?: readonly VariantId[];
}
export interface RolloutResult { readonly outcome: Outcome; readonly challenger: VariantSummary | null; readonly verdict: VerdictSummary | null }

export interface CommandArgs { readonly actor: Actor; readonly reason: string | null }
export interface DeleteArgs extends CommandArgs { readonly force: boolean }
export interface AbortArgs extends CommandArgs { readonly superseded?: boolean }
export const pauseUpdate = defineUpdate<{ message: string }, [CommandArgs]>('pause');
export const resumeUpdate = defineUpdate<{ message: string }, [CommandArgs]>('resume');
/** Promote without waiting for the judge: a person, with a reason. */
export const promoteUpdate = defineUpdate<{ message: string }, [CommandArgs]>('promote');
/** A person who may agrees to the challenger's bytes, on a verdict that he has looked at. */
export interface ApproveArgs { readonly actor: Actor; readonly roles: readonly string[]; readonly digest: string; readonly verdictN: number; readonly reason: string }
export const approveUpdate = defineUpdate<{ message: string }, [ApproveArgs]>('approve');
/** A person who may approve hands the right on. */
export interface DelegateArgs { readonly actor: Actor; readonly roles: readonly string[]; readonly to: string; readonly reason: string }
export const delegateUpdate = defineUpdate<{ message: string }, [DelegateArgs]>('delegate');
export const abortUpdate = defineUpdate<{ message: string }, [AbortArgs]>('abort');
/** The same from the entity, which cannot send updates. */
export const abortSignal = defineSignal<[AbortArgs]>('abortNow');
/** From the outbox: a block was sealed, or traffic stopped. Many in a row are one. */
export const evidenceSignal = defineSignal<[{ id: string; type: 'block-sealed' | 'idle' }]>('evidence');

/** To the entity, from the outbox: something of the deployment was killed, or a kill was taken back. The record in the store says what. */
export interface KillNews { readonly id: string; readonly type: 'killed' | 'revived'; readonly killId: KillId }
export const killNewsSignal = defineSignal<[KillNews]>('killNews');

/** From the entity to its rollout: a kill that may name its challenger or its champion. */
export type ToldKill = Pick<KillFacts, 'killId' | 'targets' | 'actor' | 'reason'>;
export const killedSignal = defineSignal<[ToldKill]>('killed');

/** What a rollout tells its entity when it ends. */
export interface RolloutFinished extends RolloutResult { readonly rolloutId: RolloutId }
export const rolloutFinishedSignal = defineSignal<[RolloutFinished]>('rolloutFinished');
/** While it runs: which challenger, which stage, for the deployment's status. */
export interface RolloutProgress { readonly rolloutId: RolloutId; readonly stage: Stage; readonly challenger: VariantSummary | null; readonly message: string; readonly verdict: VerdictSummary | null }
export const rolloutProgressSignal = defineSignal<[RolloutProgress]>('rolloutProgress');

export interface RetrainInput { readonly tenant: TenantId; readonly deploymentUid: DeploymentUid; readonly deployment: string; readonly specHash: string }

/** What workflows are found by; visible in plain text, whatever the payload codec, so names and words only. */
export const SEARCH = {
  deployment: defineSearchAttributeKey('Deployment', SearchAttributeType.KEYWORD),
  tenant: defineSearchAttributeKey('Tenant', SearchAttributeType.KEYWORD),
  model: defineSearchAttributeKey('Model', SearchAttributeType.KEYWORD),
  stage: defineSearchAttributeKey('Stage', SearchAttributeType.KEYWORD),
  verdict: defineSearchAttributeKey('Verdict', SearchAttributeType.KEYWORD),
} as const;
