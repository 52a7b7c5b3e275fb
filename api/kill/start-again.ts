import { LastmileError } from '../../domain/errors.ts';
import type { VariantId } from '../../domain/ids.ts';
import type { KilledVariant, KillRecord } from '../../domain/kill/kill.ts';
import { parseModelRef } from '../../domain/model.ts';
import { loadOf } from '../../domain/serving-load.ts';
import type { Variant } from '../../domain/variant.ts';
import type { ServingBackend } from '../../ports/serving-backend.ts';
import { specOf } from '../views.ts';
import type { KillPorts } from './kill-ports.ts';

const MOST_LOADS = 3;

type StartPorts = Pick<KillPorts, 'stores' | 'backends'>;

/**
 * Backends may start killed variants again, and what traffic needs is loaded and seen to be ready. `needed`: of the `free` ones those that answer
 * somebody once their tombstones are gone. May be repeated. LM_BACKEND_UNAVAILABLE and the errors of a load: then the tombstones must stay.
 */
export async function startAgain(ports: StartPorts, record: KillRecord, { free, needed }: { readonly free: readonly KilledVariant[]; readonly needed: ReadonlySet<VariantId> }): Promise<void> {
  for (const { variantId, backend: name } of free) {
    const backend = Object.hasOwn(ports.backends, name) ? ports.backends[name] : undefined;
    const variant = await ports.stores.deployments.getVariant(record.tenantId, variantId);
    if (backend === undefined || variant === null) {
      if (needed.has(variantId)) throw new LastmileError('LM_BACKEND_UNAVAILABLE', `Nothing can load ${variantId}: ${variant === null ? 'nothing is stored of it' : `this API does not know the backend ${name}`}. The tombstones stay.`);
      continue;
    }
    if (needed.has(variantId)) await load(ports, record, { variant, backend });
    else await backend.revive(variantId);
  }
}

async function load(ports: StartPorts, record: KillRecord, { variant, backend }: { readonly variant: Variant; readonly backend: ServingBackend }): Promise<void> {
  const { tenantId, deployment, deploymentUid } = record;
  const of = await ports.stores.deployments.getDeploymentByUid(tenantId, deploymentUid);
  if (of === null) throw new LastmileError('LM_DEPLOYMENT_NOT_FOUND', `${deployment} is not there any more.`);
  const { spec: { serving } } = await specOf(ports, of);
  for (let attempt = 1; ; attempt += 1) {
    await backend.revive(variant.variantId);
    const endpoint = await backend.load(loadOf({ tenant: tenantId, deployment, variant, ref: parseModelRef(variant.model), serving }));
    const kept = variant.bundleDigest === null ? { ...endpoint, modelVersion: variant.endpoint?.modelVersion ?? endpoint.modelVersion } : endpoint;
    const { state, reason } = await backend.status(kept, variant.variantId);
    if (state === 'ready') { await ports.stores.deployments.putVariant({ ...variant, endpoint: kept }); return; }
    if (attempt >= MOST_LOADS) throw new LastmileError('LM_BACKEND_UNAVAILABLE', `${variant.model} was loaded and is ${state}${reason === null ? '' : `: ${reason}`}.`);
  }
}
