import type { DriftReference, DriftWindow } from '../../../domain/drift/watch.ts';
import type { DriftStore } from '../../../ports/drift-store.ts';
import { createTable, keyOf } from './table.ts';

export function createDriftStore(): DriftStore {
  const references = createTable<DriftReference>();
  const windows = createTable<DriftWindow>();
  return {
    async putReference(reference) { return references.insert(keyOf(reference.tenantId, reference.deploymentUid, reference.variantId), reference); },
    async reference(tenant, uid, variant) { return references.get(keyOf(tenant, uid, variant)); },
    async putWindow(window) { return windows.insert(keyOf(window.tenantId, window.deploymentUid, window.variantId, window.fromMs), window); },
    async windows(tenant, uid, variant, limit) {
      return windows.filter(({ tenantId, deploymentUid, variantId }) => tenantId === tenant && deploymentUid === uid && variantId === variant).sort((a, b) => b.fromMs - a.fromMs).slice(0, limit);
    },
  };
}
