import type { Filter } from 'mongodb';
import type { Freeze } from '../../../domain/freeze.ts';
import type { FreezeId, TenantId } from '../../../domain/ids.ts';
import type { FreezeStore } from '../../../ports/freeze-store.ts';
import { collection, type Database } from './connection.ts';
import { fromDocument, toDocument, type Stored } from './documents.ts';
import { insertOnce } from './writes.ts';

type Which = Filter<Stored<Freeze>>;

/** One document a freeze; it changes once, when it is lifted. */
export function createFreezeStore(database: Database): FreezeStore {
  const freezes = collection<Freeze>(database, 'freezes');
  const get = async (tenantId: TenantId, freezeId: FreezeId): Promise<Freeze | null> => {
    const found = await freezes.findOne({ _id: key(tenantId, freezeId), tenantId } as Which);
    return found === null ? null : fromDocument<Freeze>(found);
  };
  return {
    async put(freeze) {
      const inserted = await insertOnce(freezes, toDocument(key(freeze.tenantId, freeze.freezeId), freeze.tenantId, freeze));
      return inserted ? freeze : await get(freeze.tenantId, freeze.freezeId) ?? freeze;
    },
    async lift(tenantId, freezeId, { actor, atMs }) {
      await freezes.updateOne({ _id: key(tenantId, freezeId), tenantId, liftedAtMs: null } as Which, { $set: { liftedAtMs: atMs, liftedBy: actor } });
      return get(tenantId, freezeId);
    },
    async list(tenantId, limit) {
      return (await freezes.find({ tenantId } as Which).sort({ createdAtMs: -1, freezeId: -1 }).limit(limit).toArray()).map((each) => fromDocument<Freeze>(each));
    },
    async active(tenantId, atMs) {
      // A weekly window has no untilMs, which is found as null too.
      const which = { tenantId, liftedAtMs: null, $or: [{ 'window.untilMs': null }, { 'window.untilMs': { $gt: atMs } }] } as Which;
      return (await freezes.find(which).sort({ createdAtMs: 1, freezeId: 1 }).toArray()).map((each) => fromDocument<Freeze>(each));
    },
  };
}

function key(tenant: TenantId, freezeId: FreezeId): string { return `${tenant}/${freezeId}`; }
