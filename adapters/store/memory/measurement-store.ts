import { tallyOf, type MeasurementPage } from '../../../domain/external/measurement-page.ts';
import type { RolloutId, TenantId } from '../../../domain/ids.ts';
import type { MeasurementStore, PageKey } from '../../../ports/measurement-store.ts';
import { compareText } from '../label-history.ts';
import { createTable, keyOf } from './table.ts';

export function createMeasurementStore(): MeasurementStore {
  const pages = createTable<MeasurementPage>();
  const key = ({ tenantId, rolloutId, metric, page }: PageKey): string => keyOf(tenantId, rolloutId, metric, page);
  const all = (tenant: TenantId, rollout: RolloutId): MeasurementPage[] =>
    pages.filter(({ tenantId, rolloutId }) => tenantId === tenant && rolloutId === rollout).sort((a, b) => compareText(a.metric, b.metric) || a.page - b.page);
  return {
    async page(of) { return pages.get(key(of)); },
    async putPage(page, from) {
      if ((pages.get(key(page))?.toSlot ?? null) !== from) return false;
      pages.set(key(page), page);
      return true;
    },
    async tallies(tenant, rollout) { return all(tenant, rollout).map(tallyOf); },
    async pages(tenant, rollout) { return all(tenant, rollout); },
  };
}
