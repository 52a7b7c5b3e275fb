import { isOver, type KillRecord } from '../../../domain/kill/kill.ts';
import type { KillStore } from '../../../ports/kill-store.ts';
import { compareText } from '../label-history.ts';
import { createTable, keyOf } from './table.ts';

export function createKillStore(): KillStore {
  const kills = createTable<KillRecord>();
  return {
    async put(record) {
      const key = keyOf(record.tenantId, record.killId);
      return kills.insert(key, record) ? record : kills.get(key) ?? record;
    },
    async update(record) {
      const key = keyOf(record.tenantId, record.killId);
      if (kills.get(key)?.revisionOfRecord !== record.revisionOfRecord - 1) return false;
      kills.set(key, record);
      return true;
    },
    async get(tenant, killId) { return kills.get(keyOf(tenant, killId)); },
    async list(tenant, uid, limit, kind) {
      return kills.filter(({ tenantId, deploymentUid, drillId }) => tenantId === tenant && deploymentUid === uid && (kind === undefined || (kind === 'drill') === (drillId !== null)))
        .sort((a, b) => b.requestedAtMs - a.requestedAtMs || compareText(b.killId, a.killId)).slice(0, limit);
    },
    async open() {
      return kills.filter((kill) => !isOver(kill)).sort((a, b) => a.requestedAtMs - b.requestedAtMs || compareText(a.killId, b.killId));
    },
  };
}
