import type { DriftReference, DriftWindow } from '../../../domain/drift/watch.ts';
import type { DriftStore, WindowKey } from '../../../ports/drift-store.ts';
import { createTable, keyOf } from './table.ts';

export function createDriftStore(): DriftStore {
  const references = createTable<DriftReference>();
  const windows = createTable<DriftWindow>();
  const toTell = new Set<string>();
  const keyOfWindow = ({ tenantId, deploymentUid, variantId, fromMs }: WindowKey): string => keyOf(tenantId, deploymentUid, variantId, fromMs);
  return {
    async putReference(reference) { return references.insert(keyOf(reference.tenantId, reference.deploymentUid, reference.variantId), reference); },
    async reference(tenant, uid, variant) { return references.get(keyOf(tenant, uid, variant)); },
    async putWindow(window) {
      const isNew = windows.insert(keyOfWindow(window), window);
      if (isNew && window.begins === true) toTell.add(keyOfWindow(window));
      return isNew;
    },
    async untold(limit) { return windows.filter((window) => toTell.has(keyOfWindow(window))).sort((a, b) => a.fromMs - b.fromMs).slice(0, limit); },
    async told(window) { toTell.delete(keyOfWindow(window)); },
    async windows(tenant, uid, variant, limit) {
      return windows.filter(({ tenantId, deploymentUid, variantId }) => tenantId === tenant && deploymentUid === uid && variantId === variant).sort((a, b) => b.fromMs - a.fromMs).slice(0, limit);
    },
  };
}
