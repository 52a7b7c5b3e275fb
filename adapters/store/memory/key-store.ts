import type { ApiKey, KeyStore, StoredAnswer } from '../../../ports/key-store.ts';
import { compareText } from '../label-history.ts';
import { RESERVED_MS } from '../reservation.ts';
import { createTable, keyOf } from './table.ts';

export function createKeyStore(): KeyStore { return { ...keys(), ...reservations() }; }

function keys(): Pick<KeyStore, 'put' | 'byHash' | 'list' | 'callers' | 'revoke'> {
  const all = createTable<ApiKey>();
  return {
    async put(key) { all.set(keyOf(key.tenantId, key.id), key); },
    async byHash(hash) { return all.filter((each) => each.hash === hash)[0] ?? null; },
    async list(tenant) { return all.filter((each) => each.tenantId === tenant).sort((a, b) => a.createdAtMs - b.createdAtMs || compareText(a.id, b.id)); },
    async callers() {
      const now = Date.now();
      return all.filter((each) => each.scopes.includes('infer') && each.revokedAtMs === null && (each.expiresAtMs === null || each.expiresAtMs > now))
        .sort((a, b) => compareText(keyOf(a.tenantId, a.id), keyOf(b.tenantId, b.id)));
    },
    async revoke(tenant, id, atMs) {
      const found = all.get(keyOf(tenant, id));
      if (found?.revokedAtMs === null) all.set(keyOf(tenant, id), { ...found, revokedAtMs: atMs });
      return found !== null;
    },
  };
}

function reservations(): Pick<KeyStore, 'reserve' | 'answer' | 'release'> {
  const all = createTable<{ readonly fingerprint: string; readonly atMs: number; readonly answer: StoredAnswer | null }>();
  return {
    async reserve(tenant, key, fingerprint, atMs) {
      const taken = all.get(keyOf(tenant, key));
      const abandoned = taken?.answer === null && taken.fingerprint === fingerprint && taken.atMs <= atMs - RESERVED_MS;
      if (taken !== null && !abandoned) return taken.answer ?? { running: true, fingerprint: taken.fingerprint };
      all.set(keyOf(tenant, key), { fingerprint, atMs, answer: null });
      return null;
    },
    async answer(tenant, key, answer) {
      if ((all.get(keyOf(tenant, key))?.answer ?? null) === null) all.set(keyOf(tenant, key), { fingerprint: answer.fingerprint, atMs: answer.atMs, answer });
    },
    async release(tenant, key) { if (all.get(keyOf(tenant, key))?.answer === null) all.delete(keyOf(tenant, key)); },
  };
}
