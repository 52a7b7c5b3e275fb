import { LastmileError, unknownName } from '../domain/errors.ts';
import type { Contract } from '../domain/contract.ts';
import type { DeploymentSpec } from '../domain/deployment.ts';
import type { TenantId, VariantId } from '../domain/ids.ts';
import type { Variant } from '../domain/variant.ts';
import type { DeploymentStore } from '../ports/deployment-store.ts';

/** One of a closed set of adapters by name; LM_UNKNOWN_ADAPTER lists the known ones. */
export function named<T>(what: string, all: Readonly<Record<string, T>>, name: string): T {
  const found = Object.hasOwn(all, name) ? all[name] : undefined;
  if (found === undefined) throw unknownName(what, name, Object.keys(all));
  return found;
}

/** Documents that were stored before anything named them: their absence is a defect, not a user's mistake. */
export async function specOf(store: DeploymentStore, tenant: TenantId, hash: string): Promise<DeploymentSpec> {
  return present(await store.getSpec(tenant, hash), `spec ${hash}`);
}

export async function contractOf(store: DeploymentStore, tenant: TenantId, hash: string): Promise<Contract> {
  return present(await store.getContract(tenant, hash), `contract ${hash}`);
}

export async function variantOf(store: DeploymentStore, tenant: TenantId, id: VariantId): Promise<Variant> {
  return present(await store.getVariant(tenant, id), `variant ${id}`);
}

function present<T>(value: T | null, what: string): T {
  if (value === null) throw new LastmileError('LM_INVARIANT', `The store has no ${what}, though a workflow names it; restore the database from its backup.`);
  return value;
}
