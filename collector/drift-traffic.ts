import type { DeploymentUid, TenantId, VariantId } from '../domain/ids.ts';
import type { StoredLeg } from '../domain/record.ts';
import type { RecordStore } from '../ports/record-store.ts';

/** Stretches that a window is read and folded in: what is held at once, and a block of the joint test. */
export const STRETCHES = 24;

export interface Traffic { readonly tenantId: TenantId; readonly uid: DeploymentUid; readonly clock: 'ruling' | 'gateway'; readonly variantIds: readonly VariantId[] }

/** The legs of [fromMs, toMs) in stretches of equal length, in the order of time or from the newest back. */
export async function* stretches(records: RecordStore, { tenantId, uid, clock, variantIds }: Traffic, span: { readonly fromMs: number; readonly toMs: number; readonly count: number; readonly newestFirst?: boolean }): AsyncGenerator<readonly StoredLeg[]> {
  const { fromMs, toMs, count, newestFirst = false } = span;
  const edge = (k: number): number => Math.round(fromMs + ((toMs - fromMs) * k) / count);
  for (let i = 0; i < count; i += 1) {
    const k = newestFirst ? count - 1 - i : i;
    yield await records.legs(tenantId, uid, { clock, fromMs: edge(k), toMs: edge(k + 1), variantIds });
  }
}
