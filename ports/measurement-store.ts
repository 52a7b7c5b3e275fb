import type { MeasurementPage, MeasurementTally } from '../domain/external/measurement-page.ts';
import type { RolloutId, TenantId } from '../domain/ids.ts';

/** Which page of which external metric. */
export interface PageKey { readonly tenantId: TenantId; readonly rolloutId: RolloutId; readonly metric: string; readonly page: number }

/** Measurements of external metrics, in pages; kept for good, as all evidence. */
export interface MeasurementStore {
  page(key: PageKey): Promise<MeasurementPage | null>;
  /** Stores the page where the stored one ends at `from`, or where there is none when `from` is null; false otherwise: another process was first. */
  putPage(page: MeasurementPage, from: number | null): Promise<boolean>;
  /** What the judge reads: by metric, then page. */
  tallies(tenant: TenantId, rollout: RolloutId): Promise<readonly MeasurementTally[]>;
  /** With every measurement: by metric, then page. Long: for export. */
  pages(tenant: TenantId, rollout: RolloutId): Promise<readonly MeasurementPage[]>;
}
