import type { AuditEntry, AuditRecord } from '../domain/audit.ts';
import type { TenantId } from '../domain/ids.ts';

/** Which records; all that are given must hold. A text that ends in `*` holds for everything that begins so. Times are UTC ms, `untilMs` exclusive. */
export interface AuditFilter {
  readonly subject?: string | null | undefined;
  readonly action?: string | undefined;
  /** The actor's name. */
  readonly actor?: string | undefined;
  readonly sinceMs?: number | undefined;
  readonly untilMs?: number | undefined;
}

/** How far a tenant's chain goes. */
export interface AuditHead { readonly tenantId: TenantId; readonly seq: number; readonly hash: string }

/** One hash chain per tenant. */
export interface AuditLog {
  /** Appends behind the newest record; an entry with a known auditId returns its record and appends nothing. Concurrent appends both land. */
  append(tenant: TenantId, entry: AuditEntry): Promise<AuditRecord>;
  /** In order of seq, from `afterSeq` on (exclusive). */
  read(tenant: TenantId, page: { readonly afterSeq: number; readonly limit: number } & AuditFilter): Promise<readonly AuditRecord[]>;
  /** The newest record of every tenant that has one: for the checkpoints alone. */
  heads(): Promise<readonly AuditHead[]>;
}
