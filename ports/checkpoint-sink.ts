import type { Checkpoint } from '../domain/audit/checkpoint.ts';
import type { TenantId } from '../domain/ids.ts';

/** Keeps signed checkpoints of the audit chains where whoever can write to the database cannot. */
export interface CheckpointSink {
  /** Kept for good when it returns; the same one may come again. LM_SINK_UNAVAILABLE: try again, nothing may be taken for kept. */
  put(checkpoint: Checkpoint): Promise<void>;
  /** In the order in which they were kept, `skip` of them left out; null where a sink cannot be read back. */
  read(tenant: TenantId, page: { readonly skip: number; readonly limit: number }): Promise<readonly Checkpoint[] | null>;
}
