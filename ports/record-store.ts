import type { DeploymentUid, InferenceId, TenantId, VariantId } from '../domain/ids.ts';
import type { DropCount, StoredLeg } from '../domain/record.ts';

/** Inference records, extracted. A leg is stored once, whatever is repeated. */
export interface RecordStore {
  /**
   * Stores the legs and drops of one batch. A batch already stored is dropped whole; a leg already stored is left as it is.
   * Returns what was new. A second inference with the same alias in a deployment is stored and counted in `duplicates`.
   */
  putBatch(batch: { readonly gatewayId: string; readonly incarnation: number; readonly seq: number; readonly legs: readonly StoredLeg[]; readonly drops: readonly DropCount[] }): Promise<{ readonly stored: number; readonly repeated: boolean }>;
  /** Legs with fromMs <= rulingMs < toMs of the given variants, ordered by (rulingMs, inferenceId, variantId). */
  legs(tenant: TenantId, uid: DeploymentUid, query: { readonly fromMs: number; readonly toMs: number; readonly variantIds: readonly VariantId[] }): Promise<readonly StoredLeg[]>;
  byInference(tenant: TenantId, uid: DeploymentUid, id: InferenceId): Promise<readonly StoredLeg[]>;
  /** Highest ruling time stored, the wall time of the newest record, and counts; nulls when empty. */
  watermark(tenant: TenantId, uid: DeploymentUid): Promise<{ readonly rulingMs: number | null; readonly lastAtMs: number | null; readonly duplicates: number }>;
  drops(tenant: TenantId, uid: DeploymentUid, variantId: VariantId): Promise<Readonly<Record<string, number>>>;
  /** Removes legs with rulingMs below; returns how many. */
  expire(tenant: TenantId, uid: DeploymentUid, beforeMs: number): Promise<number>;
}
