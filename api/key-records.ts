import type { Actor, AuditEntry } from '../domain/audit.ts';
import { keyFacts } from '../domain/audit/key-history.ts';
import { DEFAULT_TENANT } from '../domain/ids.ts';
import type { ApiKey } from '../ports/key-store.ts';
import type { Stores } from '../ports/stores.ts';
import { auditIdOf } from './changes.ts';

const FOUND: Actor = { kind: 'service', name: 'api' };

/**
 * Every key of the store has its record in the chain, whoever put it there: the first key, one whose call broke off before its record, one written
 * into the database by hand. What is missing is appended with the time of the key and says that it was found. Called at the start of the API.
 */
export async function recordFoundKeys({ audit, keys }: Pick<Stores, 'audit' | 'keys'>): Promise<void> {
  const tenants = new Set([DEFAULT_TENANT, ...(await audit.heads()).map(({ tenantId }) => tenantId)]);
  for (const tenant of tenants) {
    for (const key of await keys.list(tenant)) {
      await audit.append(tenant, createdEntry(key, 'found in the key store at a start of the API'));
      if (key.revokedAtMs !== null) await audit.append(tenant, revokedEntry(key.id, key.revokedAtMs));
    }
  }
}

function createdEntry(key: ApiKey, reason: string): AuditEntry {
  return { auditId: auditIdOf(key.id, 'key.create', key.id), atMs: key.createdAtMs, actor: FOUND, via: 'api', action: 'key.create', subject: key.id, digest: null, reason, evidenceHash: null, facts: keyFacts(key) };
}

function revokedEntry(id: string, atMs: number): AuditEntry {
  return { auditId: auditIdOf(id, 'key.revoke', id), atMs, actor: FOUND, via: 'api', action: 'key.revoke', subject: id, digest: null, reason: 'found in the key store at a start of the API', evidenceHash: null };
}
