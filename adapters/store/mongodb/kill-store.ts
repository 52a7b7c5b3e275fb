import type { Filter } from 'mongodb';
import type { KillId, TenantId } from '../../../domain/ids.ts';
import { isOver, KILL_STATES, type KillRecord, type KillState } from '../../../domain/kill/kill.ts';
import type { KillStore } from '../../../ports/kill-store.ts';
import { collection, type Database } from './connection.ts';
import { fromDocument, toDocument, withoutId, type Stored } from './documents.ts';
import { insertOnce } from './writes.ts';

/** `isOver` as a filter: states named one by one, so that the index on state and drill answers. Text sorts above null. */
const openFor = (drillId: string | null): readonly KillState[] => KILL_STATES.filter((state) => !isOver({ state, drillId }));
const OPEN = { $or: [{ state: { $in: openFor(null) } }, { state: { $in: openFor('drill') }, drillId: { $gt: '' } }] };
const OF_KIND = { kill: { drillId: null }, drill: { drillId: { $gt: '' } } } as const;

/** One document a kill; a change says in its filter which record it was made from. */
export function createKillStore(database: Database): KillStore {
  const kills = collection<KillRecord>(database, 'kills');
  const get = async (tenantId: TenantId, killId: KillId): Promise<KillRecord | null> => {
    const found = await kills.findOne({ _id: key(tenantId, killId), tenantId } as Filter<Stored<KillRecord>>);
    return found === null ? null : fromDocument<KillRecord>(found);
  };
  return {
    async put(record) {
      const inserted = await insertOnce(kills, documentOf(record));
      return inserted ? record : await get(record.tenantId, record.killId) ?? record;
    },
    async update(record) {
      const before = { _id: key(record.tenantId, record.killId), tenantId: record.tenantId, revisionOfRecord: record.revisionOfRecord - 1 } as Filter<Stored<KillRecord>>;
      const { modifiedCount } = await kills.replaceOne(before, withoutId(documentOf(record)));
      return modifiedCount === 1;
    },
    get,
    async list(tenantId, deploymentUid, limit, kind) {
      const found = await kills.find({ tenantId, deploymentUid, ...(kind === undefined ? {} : OF_KIND[kind]) } as Filter<Stored<KillRecord>>).sort({ requestedAtMs: -1, killId: -1 }).limit(limit).toArray();
      return found.map((each) => fromDocument<KillRecord>(each));
    },
    async open() {
      const found = await kills.find(OPEN as Filter<Stored<KillRecord>>).sort({ requestedAtMs: 1, killId: 1 }).toArray();
      return found.map((each) => fromDocument<KillRecord>(each));
    },
  };
}

function documentOf(record: KillRecord): Stored<KillRecord> { return toDocument(key(record.tenantId, record.killId), record.tenantId, record); }
function key(tenant: TenantId, killId: KillId): string { return `${tenant}/${killId}`; }
