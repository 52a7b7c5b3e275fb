import type { TenantId } from '../../domain/ids.ts';
import type { KilledVariant } from '../../domain/kill/kill.ts';
import { killedVariant } from '../../domain/kill/order.ts';
import type { RouteVariant } from '../../domain/traffic/route.ts';
import type { Stores } from '../../ports/stores.ts';

/** The killed variants with what the store knows of them: their backends, and what their answers are known by. */
export function killedVariants({ deployments }: Pick<Stores, 'deployments'>, tenant: TenantId, held: readonly (RouteVariant & Pick<KilledVariant, 'role'>)[]): Promise<readonly KilledVariant[]> {
  return Promise.all(held.map(async (variant) => {
    const stored = await deployments.getVariant(tenant, variant.variantId);
    return killedVariant(variant, stored === null ? null : { backend: stored.backend, fingerprint: stored.fingerprint ?? null });
  }));
}
