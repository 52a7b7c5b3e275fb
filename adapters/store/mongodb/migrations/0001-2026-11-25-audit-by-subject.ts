import type { Migration } from './migration.ts';

/** `lastmile audit --subject` read the whole chain of the tenant, which only grows. Built here, once and under the lock, since a chain may be long already. */
export const auditBySubject: Migration = {
  number: 1,
  name: '0001-2026-11-25-audit-by-subject',
  async run({ db }) { await db.collection('audit').createIndex({ tenantId: 1, subject: 1, seq: 1 }); },
};
