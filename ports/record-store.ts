import type { DeploymentUid, InferenceId, TenantId, VariantId } from '../domain/ids.ts';
import type { DropCount, StoredLeg } from '../domain/record.ts';

export interface Watermark { readonly completeAtMs: number | null; readonly rulingMs: number | null; readonly lastAtMs: number | null; readonly duplicates: number }

/** Inference records, extracted. A leg is stored once, whatever is repeated. */
export interface RecordStore {
  /**
   * Stores the legs and drops of one batch. A batch already stored is dropped whole; a leg already stored is left as it is.
   * Returns what was new. A second inference with the same alias in a deployment is stored and counted in `duplicates`.
   */
  putBatch(batch: { readonly gatewayId: string; readonly incarnation: number; readonly seq: number; readonly completeToMs: number; readonly receivedAtMs: number; readonly legs: readonly StoredLeg[]; readonly drops: readonly DropCount[] }): Promise<{ readonly stored: number; readonly repeated: boolean }>;
  /** Legs whose time (`ruling`: rulingMs, `gateway`: atMs) is in [fromMs, toMs), of the given variants, ordered by (that time, inferenceId, variantId). Later inferences of an alias are left out. */
  legs(tenant: TenantId, uid: DeploymentUid, query: { readonly clock: 'ruling' | 'gateway'; readonly fromMs: number; readonly toMs: number; readonly variantIds: readonly VariantId[] }): Promise<readonly StoredLeg[]>;
  byInference(tenant: TenantId, uid: DeploymentUid, id: InferenceId): Promise<readonly StoredLeg[]>;
  /** The inference that came first under a client's own id; null when none did, or its records are no longer kept. */
  byAlias(tenant: TenantId, uid: DeploymentUid, alias: string): Promise<InferenceId | null>;
  /**
   * How far the records are complete. completeAtMs: the least completeToMs of the gateways heard from within the last 30 s before nowMs
   * (null when there is none). rulingMs: the highest rulingMs among legs with atMs <= completeAtMs. lastAtMs: newest leg. Nulls when empty.
   */
  watermark(tenant: TenantId, uid: DeploymentUid, nowMs: number): Promise<Watermark>;
  /** The newest time that any gateway has told, by the gateways' clocks; null before the first. */
  newestMarkMs(): Promise<number | null>;
  drops(tenant: TenantId, uid: DeploymentUid, variantId: VariantId): Promise<Readonly<Record<string, number>>>;
  /** Removes legs with rulingMs below; returns how many. */
  expire(tenant: TenantId, uid: DeploymentUid, beforeMs: number): Promise<number>;
}
