import { chain, GENESIS, type AuditRecord } from '../../../domain/audit.ts';
import type { TenantId } from '../../../domain/ids.ts';
import type { AuditFilter, AuditLog } from '../../../ports/audit-log.ts';
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
    async read(tenant, { afterSeq, limit, ...filter }) {
      return records.filter((each) => each.tenantId === tenant && each.seq > afterSeq && holds(filter, each)).slice(0, limit);
    },
    async heads() {
      return [...lengths].flatMap(([tenant, seq]) => records.filter((each) => each.tenantId === tenant && each.seq === seq)).map(({ tenantId, seq, hash }) => ({ tenantId, seq, hash }));
    },
  };
}

function holds({ subject = null, action, actor, sinceMs = -Infinity, untilMs = Infinity }: AuditFilter, record: AuditRecord): boolean {
  return fits(subject, record.subject) && fits(action ?? null, record.action) && (actor === undefined || record.actor.name === actor) && record.atMs >= sinceMs && record.atMs < untilMs;
}

function fits(wanted: string | null, text: string): boolean {
  if (wanted === null) return true;
  return wanted.endsWith('*') ? text.startsWith(wanted.slice(0, -1)) : text === wanted;
}
