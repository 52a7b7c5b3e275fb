import type { DriftReference, DriftWindow } from '../../../domain/drift/watch.ts';
import type { DriftStore, WindowKey } from '../../../ports/drift-store.ts';
import { collection, type Database } from './connection.ts';
import { fromDocument, toDocument } from './documents.ts';
import { insertOnce } from './writes.ts';

export function createDriftStore(database: Database): DriftStore {
  const references = collection<DriftReference>(database, 'drift_references');
  const windows = collection<DriftWindow>(database, 'drift_windows');
  const idOf = ({ tenantId, deploymentUid, variantId }: Pick<DriftWindow, 'tenantId' | 'deploymentUid' | 'variantId'>): string => `${tenantId}/${deploymentUid}/${variantId}`;
  const idOfWindow = (window: WindowKey): string => `${idOf(window)}/${String(window.fromMs)}`;
  return {
    async putReference(reference) { return insertOnce(references, toDocument(idOf(reference), reference.tenantId, reference)); },
    async reference(tenantId, deploymentUid, variantId) {
      const found = await references.findOne({ _id: idOf({ tenantId, deploymentUid, variantId }), tenantId });
      return found === null ? null : fromDocument<DriftReference>(found);
    },
    async putWindow(window) { return insertOnce(windows, toDocument(idOfWindow(window), window.tenantId, window, window.begins === true ? { toTell: true } : undefined)); },
    async untold(limit) {
      const found = await windows.find({ 'store.toTell': true }).sort({ fromMs: 1 }).limit(limit).toArray();
      return found.map((each) => fromDocument<DriftWindow>(each));
    },
    async told(window) { await windows.updateOne({ _id: idOfWindow(window), tenantId: window.tenantId }, { $unset: { 'store.toTell': true } }); },
    async windows(tenantId, deploymentUid, variantId, limit) {
      const found = await windows.find({ tenantId, deploymentUid, variantId }).sort({ fromMs: -1 }).limit(limit).toArray();
      return found.map((each) => fromDocument<DriftWindow>(each));
    },
  };
}
