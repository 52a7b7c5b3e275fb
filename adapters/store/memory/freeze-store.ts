import type { Freeze } from '../../../domain/freeze.ts';
import type { FreezeStore } from '../../../ports/freeze-store.ts';
import { compareText } from '../label-history.ts';
import { createTable, keyOf } from './table.ts';

export function createFreezeStore(): FreezeStore {
  const freezes = createTable<Freeze>();
  const byAge = (a: Freeze, b: Freeze): number => a.createdAtMs - b.createdAtMs || compareText(a.freezeId, b.freezeId);
  return {
    async put(freeze) {
      const key = keyOf(freeze.tenantId, freeze.freezeId);
      return freezes.insert(key, freeze) ? freeze : freezes.get(key) ?? freeze;
    },
    async lift(tenant, freezeId, { actor, atMs }) {
      const key = keyOf(tenant, freezeId);
      const found = freezes.get(key);
      if (found?.liftedAtMs === null) freezes.set(key, { ...found, liftedAtMs: atMs, liftedBy: actor });
      return freezes.get(key);
    },
    async list(tenant, limit) { return freezes.filter(({ tenantId }) => tenantId === tenant).sort((a, b) => byAge(b, a)).slice(0, limit); },
    async active(tenant, atMs) {
      return freezes.filter(({ tenantId, liftedAtMs, window }) => tenantId === tenant && liftedAtMs === null && (window.kind === 'weekly' || window.untilMs === null || window.untilMs > atMs)).sort(byAge);
    },
  };
}
