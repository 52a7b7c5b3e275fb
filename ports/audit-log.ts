import type { AuditEntry, AuditRecord } from '../domain/audit.ts';
import type { TenantId } from '../domain/ids.ts';

/** One hash chain per tenant. */
export interface AuditLog {
  /** Appends behind the newest record; an entry with a known auditId returns its record and appends nothing. Concurrent appends both land. */
  append(tenant: TenantId, entry: AuditEntry): Promise<AuditRecord>;
  /** In order of seq, from `afterSeq` on (exclusive). */
  read(tenant: TenantId, page: { readonly afterSeq: number; readonly limit: number; readonly subject: string | null }): Promise<readonly AuditRecord[]>;
}
