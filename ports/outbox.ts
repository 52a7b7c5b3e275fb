import type { DeploymentUid, KillId, RolloutId, TenantId } from '../domain/ids.ts';

/** What a process without Temporal wants a workflow to know. `id` is deterministic: the same news twice is one message. */
export interface OutboxMessage {
  readonly id: string;
  readonly tenantId: TenantId;
  readonly deploymentUid: DeploymentUid;
  /** The rollout that is meant; null for news to the deployment itself. */
  readonly rolloutId: RolloutId | null;
  /** killed and revived: `killId` names the record in the store, which the workflow's activity reads. */
  readonly type: 'block-sealed' | 'idle' | 'killed' | 'revived';
  readonly killId?: KillId;
  readonly atMs: number;
}

/** At-least-once delivery from collector and pollers to the relay in the worker. */
export interface Outbox {
  /** Insert by id; a repeat changes nothing. */
  put(message: OutboxMessage): Promise<void>;
  /** Undelivered messages, oldest first. */
  pending(limit: number): Promise<readonly OutboxMessage[]>;
  delivered(ids: readonly string[]): Promise<void>;
  watch(arrived: () => void): Promise<() => Promise<void>>;
}
