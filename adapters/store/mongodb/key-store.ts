import type { Collection } from 'mongodb';
import type { TenantId } from '../../../domain/ids.ts';
import type { ApiKey, KeyStore, StoredAnswer } from '../../../ports/key-store.ts';
import { RESERVED_MS } from '../reservation.ts';
import { collection, type Database } from './connection.ts';
import { fromDocument, toDocument, type Stored } from './documents.ts';
import { insertOnce, replaceOlder } from './writes.ts';

/** How long an answer is kept for repeats. */
const ANSWER_MS = 86_400_000;

interface Reservation { readonly tenantId: TenantId; readonly fingerprint: string; readonly atMs: number; readonly answer: StoredAnswer | null }
type Reservations = Collection<Stored<Reservation>>;

export function createKeyStore(database: Database): KeyStore { return { ...keys(database), ...reservations(database) }; }

function keys(database: Database): Pick<KeyStore, 'put' | 'byHash' | 'list' | 'callers' | 'revoke'> {
  const all = collection<ApiKey>(database, 'keys');
  const values = (found: readonly Stored<ApiKey>[]): readonly ApiKey[] => found.map(apiKeyOf);
  return {
    async put(key) { await replaceOlder(all, toDocument(`${key.tenantId}/${key.id}`, key.tenantId, key), {}); },
    // The one look-up without a tenant: the key is what tells it.
    async byHash(hash) {
      const found = await all.findOne({ hash });
      return found === null ? null : apiKeyOf(found);
    },
    async list(tenantId) { return values(await all.find({ tenantId }).sort({ createdAtMs: 1, _id: 1 }).toArray()); },
    async callers() {
      return values(await all.find({ scopes: 'infer', revokedAtMs: null, $or: [{ expiresAtMs: null }, { expiresAtMs: { $gt: Date.now() } }] }).sort({ _id: 1 }).toArray());
    },
    async revoke(tenantId, id, atMs) {
      const _id = `${tenantId}/${id}`;
      const { modifiedCount } = await all.updateOne({ _id, tenantId, revokedAtMs: null }, { $set: { revokedAtMs: atMs } });
      return modifiedCount === 1 || (await all.countDocuments({ _id, tenantId }, { limit: 1 })) === 1;
    },
  };
}

/** Keys of before there were roles have none. */
function apiKeyOf(found: Stored<ApiKey>): ApiKey { return { ...fromDocument<ApiKey>(found), roles: (found as Partial<ApiKey>).roles ?? [] }; }

function reservations(database: Database): Pick<KeyStore, 'reserve' | 'answer' | 'release'> {
  const all: Reservations = collection<Reservation>(database, 'reservations');
  const id = (tenant: TenantId, key: string): string => `${tenant}/${key}`;
  return {
    async reserve(tenantId, key, fingerprint, atMs) {
      const _id = id(tenantId, key);
      const wanted = toDocument<Reservation>(_id, tenantId, { tenantId, fingerprint, atMs, answer: null }, { expireAt: new Date(Date.now() + ANSWER_MS) });
      if (await insertOnce(all, wanted)) return null;
      const left = await all.updateOne({ _id, tenantId, fingerprint, answer: null, atMs: { $lte: atMs - RESERVED_MS } }, { $set: { atMs } });
      if (left.modifiedCount === 1) return null;
      const found = await all.findOne({ _id, tenantId });
      const taken = found === null ? null : fromDocument<Reservation>(found);
      return taken?.answer ?? { running: true, fingerprint: taken?.fingerprint ?? fingerprint };
    },
    async answer(tenantId, key, answer) {
      const expireAt = new Date(Date.now() + ANSWER_MS);
      const wanted = toDocument<Reservation>(id(tenantId, key), tenantId, { tenantId, fingerprint: answer.fingerprint, atMs: answer.atMs, answer }, { expireAt });
      await replaceOlder(all, wanted, { answer: null });
    },
    async release(tenantId, key) { await all.deleteOne({ _id: id(tenantId, key), tenantId, answer: null }); },
  };
}
