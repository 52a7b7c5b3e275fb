import { chain, GENESIS, type AuditRecord } from '../../../domain/audit.ts';
import type { TenantId } from '../../../domain/ids.ts';
import type { AuditLog } from '../../../ports/audit-log.ts';
import { createTable, keyOf } from './table.ts';

export function createAuditLog(): AuditLog {
  const records = createTable<AuditRecord>();
  const byAuditId = createTable<number>();
  const lengths = new Map<TenantId, number>();
  return {
    async append(tenant, entry) {
      const seq = lengths.get(tenant) ?? 0;
      const known = byAuditId.get(keyOf(tenant, entry.auditId));
      const found = known === null ? null : records.get(keyOf(tenant, known));
      if (found !== null) return found;
      const record = chain(tenant, entry, records.get(keyOf(tenant, seq)) ?? { seq: 0, hash: GENESIS });
      records.set(keyOf(tenant, record.seq), record);
      byAuditId.set(keyOf(tenant, entry.auditId), record.seq);
      lengths.set(tenant, record.seq);
      return record;
    },
    async read(tenant, { afterSeq, limit, subject }) {
      return records.filter((each) => each.tenantId === tenant && each.seq > afterSeq && (subject === null || each.subject === subject)).slice(0, limit);
    },
  };
}
