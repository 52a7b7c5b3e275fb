import type { DeploymentUid, KillId, TenantId } from '../domain/ids.ts';
import type { KillRecord } from '../domain/kill/kill.ts';

/** Orders to take something off, with their proofs; kept for good. */
export interface KillStore {
  /** Insert-once by (tenant, killId): a repeat returns the stored one. */
  put(record: KillRecord): Promise<KillRecord>;
  /** Replaces the record while its revisionOfRecord is the one before; false when somebody was faster: read again. */
  update(record: KillRecord): Promise<boolean>;
  get(tenant: TenantId, killId: KillId): Promise<KillRecord | null>;
  /** Newest first; `kill`: those in earnest, `drill`: drills, absent: both. */
  list(tenant: TenantId, uid: DeploymentUid, limit: number, kind?: 'kill' | 'drill'): Promise<readonly KillRecord[]>;
  /** Every record of every tenant that is not over (`isOver`): what drivers go on with after a restart. */
  open(): Promise<readonly KillRecord[]>;
}
