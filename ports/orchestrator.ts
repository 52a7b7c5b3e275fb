import type { Actor } from '../domain/audit.ts';
import type { DeploymentUid, RolloutId, TenantId } from '../domain/ids.ts';
import type { OutboxMessage } from './outbox.ts';

export interface StartRollout {
  readonly tenant: TenantId;
  readonly deploymentUid: DeploymentUid;
  readonly deployment: string;
  readonly specHash: string;
  readonly model: string;
  readonly actor: Actor;
  /** Needed with `retry` when the variant was rolled back or killed before. */
  readonly retry: boolean;
  readonly reason: string | null;
  readonly whenBusy: 'refuse' | 'queue' | 'supersede';
}
export interface RolloutAccepted { readonly rolloutId: RolloutId | null; readonly n: number | null; readonly state: 'started' | 'queued' }

export type Command =
  | { readonly type: 'pause' | 'resume' | 'abort' | 'promote'; readonly rolloutId: RolloutId; readonly actor: Actor; readonly reason: string | null }
  /** A person with the right agrees to these bytes on that verdict, or hands the right on. LM_FORBIDDEN for whoever has it not, LM_CONFLICT for what is not what waits. */
  | { readonly type: 'approve'; readonly rolloutId: RolloutId; readonly actor: Actor; readonly roles: readonly string[]; readonly digest: string; readonly verdictN: number; readonly reason: string }
  | { readonly type: 'delegate'; readonly rolloutId: RolloutId; readonly actor: Actor; readonly roles: readonly string[]; readonly to: string; readonly reason: string }
  | { readonly type: 'rollback' | 'pin' | 'unpin' | 'retire' | 'restore'; readonly actor: Actor; readonly reason: string | null }
  /** `force`: also one that was not retired, as long as nothing of it ever served. */
  | { readonly type: 'delete'; readonly actor: Actor; readonly reason: string | null; readonly force: boolean };
export const DEPLOYMENT_COMMANDS = ['rollback', 'pin', 'unpin', 'retire', 'restore', 'delete'] as const satisfies readonly Command['type'][];
export type DeploymentCommand = Extract<Command, { readonly type: (typeof DEPLOYMENT_COMMANDS)[number] }>;
export function isDeploymentCommand(command: Command): command is DeploymentCommand { return (DEPLOYMENT_COMMANDS as readonly string[]).includes(command.type); }
export type OfRollout = Exclude<Command, DeploymentCommand>;
export interface CommandAccepted { readonly message: string }

export interface ProcessDescription {
  readonly workflowId: string;
  readonly runId: string | null;
  readonly status: string;
  /** Deep link into the Temporal UI, or null where none is configured. */
  readonly link: string | null;
}

/** Durable processes (decision D7). Every call carries an update id: a repeat returns the first answer. */
export interface Orchestrator {
  /** LM_ROLLOUT_IN_PROGRESS, LM_ALREADY_TRIED, LM_ORCHESTRATOR_UNAVAILABLE (nothing was started), LM_BUSY. */
  startRollout(start: StartRollout, updateId: string): Promise<RolloutAccepted>;
  /** LM_COMMAND_REFUSED says why the state does not allow it; LM_ROLLOUT_NOT_FOUND when it has ended long ago. */
  command(target: { readonly tenant: TenantId; readonly deploymentUid: DeploymentUid; readonly deployment: string }, command: Command, updateId: string): Promise<CommandAccepted>;
  /** Tells the rollout; one that has ended takes it in silence. */
  deliver(message: OutboxMessage): Promise<void>;
  /** Creates, replaces or (null) removes the schedule of a deployment. */
  putSchedule(target: { readonly tenant: TenantId; readonly deploymentUid: DeploymentUid; readonly deployment: string }, schedule: { readonly everyMs: number; readonly specHash: string } | null): Promise<void>;
  describe(workflowId: string): Promise<ProcessDescription | null>;
  /** True when the server answers within a second or so. */
  healthy(): Promise<boolean>;
  close(): Promise<void>;
}
