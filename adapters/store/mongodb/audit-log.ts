import { setTimeout as wait } from 'node:timers/promises';
import type { Filter } from 'mongodb';
import { chain, GENESIS, type AuditEntry, type AuditRecord } from '../../../domain/audit.ts';
import { LastmileError } from '../../../domain/errors.ts';
import type { TenantId } from '../../../domain/ids.ts';
import type { AuditFilter, AuditLog } from '../../../ports/audit-log.ts';
import { collection, type Database } from './connection.ts';
import { fromDocument, toDocument, type Stored } from './documents.ts';
import { insertOnce } from './writes.ts';

const ROUNDS = 200;

/** The chain is ordered by the unique index on (tenant, seq), not by a sequencer process: any process may append (ADR 0002). */
export function createAuditLog(database: Database): AuditLog {
  const records = collection<AuditRecord>(database, 'audit');
  const value = (found: Stored<AuditRecord>): AuditRecord => fromDocument<AuditRecord>(found);
  return {
    async append(tenantId: TenantId, entry: AuditEntry) {
      for (let round = 0; round < ROUNDS; round += 1) {
        const known = await records.findOne({ tenantId, auditId: entry.auditId });
        if (known !== null) return value(known);
        const newest = await records.findOne({ tenantId }, { sort: { seq: -1 } });
        const record = chain(tenantId, entry, newest === null ? { seq: 0, hash: GENESIS } : value(newest));
        if (await insertOnce(records, toDocument(`${tenantId}/${record.seq}`, tenantId, record))) return record;
        await wait(Math.random() * Math.min(100, 2 + round * 2));
      }
      throw new LastmileError('LM_BUSY', `Audit record ${entry.auditId} found the chain of ${tenantId} changed ${ROUNDS} times in a row; append it again.`, { retryAfterMs: 1_000 });
    },
    async read(tenantId, { afterSeq, limit, ...filter }) {
      const wanted = { tenantId, seq: { $gt: afterSeq }, ...conditions(filter) } as Filter<Stored<AuditRecord>>;
      return (await records.find(wanted).sort({ seq: 1 }).limit(limit).toArray()).map(value);
    },
    async heads() {
      const tenants = await records.distinct('tenantId') as readonly TenantId[];
      const newest = await Promise.all(tenants.map((tenantId) => records.findOne({ tenantId } as Filter<Stored<AuditRecord>>, { sort: { seq: -1 } })));
      return newest.filter((found) => found !== null).map((found) => value(found)).map(({ tenantId, seq, hash }) => ({ tenantId, seq, hash }));
    },
  };
}

/** Scalars only, so that no caller's text becomes an operator. */
function conditions({ subject = null, action, actor, sinceMs, untilMs }: AuditFilter): Readonly<Record<string, unknown>> {
  const time = { ...(sinceMs === undefined ? {} : { $gte: sinceMs }), ...(untilMs === undefined ? {} : { $lt: untilMs }) };
  return {
    ...(subject === null ? {} : { subject: textOrPrefix(subject) }), ...(action === undefined ? {} : { action: textOrPrefix(action) }), ...(actor === undefined ? {} : { 'actor.name': { $eq: actor } }),
    ...(Object.keys(time).length === 0 ? {} : { atMs: time }),
  };
}

/** A prefix as a range, which an index answers: no text that begins so lies behind its last code point. */
function textOrPrefix(text: string): Readonly<Record<string, string>> {
  const prefix = text.slice(0, -1);
  return text.endsWith('*') ? { $gte: prefix, $lt: `${prefix}\u{10ffff}` } : { $eq: text };
}
