import type { DeploymentUid, RolloutId, TenantId } from '../domain/ids.ts';

/** What a process without Temporal wants a workflow to know. `id` is deterministic: the same news twice is one message. */
export interface OutboxMessage {
  readonly id: string;
  readonly tenantId: TenantId;
  readonly deploymentUid: DeploymentUid;
  readonly rolloutId: RolloutId;
  readonly type: 'block-sealed' | 'idle';
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
