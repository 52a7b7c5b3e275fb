import type { DriftReference, DriftWindow } from '../domain/drift/watch.ts';
import type { DeploymentUid, TenantId, VariantId } from '../domain/ids.ts';

/** Which window. */
export type WindowKey = Pick<DriftWindow, 'tenantId' | 'deploymentUid' | 'variantId' | 'fromMs'>;

/** What the traffic of champions looked like, and how it changed. Written once each: a second collector that folds the same changes nothing. */
export interface DriftStore {
  /** False where the variant has one already, which stays. */
  putReference(reference: DriftReference): Promise<boolean>;
  reference(tenant: TenantId, uid: DeploymentUid, variant: VariantId): Promise<DriftReference | null>;
  /** False where that window is stored already, which stays. */
  putWindow(window: DriftWindow): Promise<boolean>;
  /** Windows in which a change begins and of which people have not been told, of all tenants, oldest first. */
  untold(limit: number): Promise<readonly DriftWindow[]>;
  told(window: WindowKey): Promise<void>;
  /** Of one champion, newest first. */
  windows(tenant: TenantId, uid: DeploymentUid, variant: VariantId, limit: number): Promise<readonly DriftWindow[]>;
}
