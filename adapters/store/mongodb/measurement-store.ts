import type { MeasurementPage, MeasurementTally } from '../../../domain/external/measurement-page.ts';
import type { MeasurementStore, PageKey } from '../../../ports/measurement-store.ts';
import { collection, type Database } from './connection.ts';
import { fromDocument, toDocument, withoutId, type Stored } from './documents.ts';
import { insertOnce } from './writes.ts';

/** One document a page: the condition on where it ends lets one writer of a slot through. */
export function createMeasurementStore(database: Database): MeasurementStore {
  const all = collection<MeasurementPage>(database, 'measurements');
  return {
    async page(key) {
      const found = await all.findOne({ _id: idOf(key), tenantId: key.tenantId });
      return found === null ? null : fromDocument<MeasurementPage>(found);
    },
    async putPage(page, from) {
      const document = toDocument(idOf(page), page.tenantId, page);
      if (from === null) return insertOnce(all, document);
      const { matchedCount } = await all.replaceOne({ _id: document._id, tenantId: page.tenantId, toSlot: from }, withoutId(document));
      return matchedCount === 1;
    },
    async tallies(tenantId, rolloutId) {
      const found = await all.find({ tenantId, rolloutId }).sort({ metric: 1, page: 1 }).project<Stored<MeasurementTally>>({ measurements: 0 }).toArray();
      return found.map((each) => fromDocument<MeasurementTally>(each));
    },
    async pages(tenantId, rolloutId) {
      const found = await all.find({ tenantId, rolloutId }).sort({ metric: 1, page: 1 }).toArray();
      return found.map((each) => fromDocument<MeasurementPage>(each));
    },
  };
}

function idOf({ tenantId, rolloutId, metric, page }: PageKey): string { return `${tenantId}/${rolloutId}/${page}/${metric}`; }
