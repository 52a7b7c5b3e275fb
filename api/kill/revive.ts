import { LastmileError } from '../../domain/errors.ts';
import type { KilledVariant, KillRecord } from '../../domain/kill/kill.ts';
import { liftedBy } from '../../domain/kill/order.ts';
import { loadOf } from '../../domain/serving-load.ts';
import { parseModelRef } from '../../domain/model.ts';
import type { Route, Tombstone } from '../../domain/traffic/route.ts';
import { isKilled } from '../../domain/traffic/tombstones.ts';
import type { Variant } from '../../domain/variant.ts';
import type { ServingBackend } from '../../ports/serving-backend.ts';
import type { ApiPorts, Call } from '../call.ts';
import { recordChange } from '../changes.ts';
import { specOf } from '../views.ts';
import { changeKill } from './saving.ts';

const MOST_LOADS = 3;
/** No deployment has as many. */
export const EVERY_KILL = 1_000;

/** What a revive lifts, and which of the killed variants are free of every other kill then. */
interface Lift { readonly record: KillRecord; readonly route: Route; readonly targets: readonly Tombstone[]; readonly free: readonly KilledVariant[] }

/**
 * A person takes a kill back: the backends may start its variants again, what the route needs is loaded, then the tombstones are lifted. What
 * another kill names stays killed; challengers stay off. Every step may be repeated. Errors of loading leave the tombstones where they are.
 */
export async function reviveKill(ports: ApiPorts, call: Call<'revive'>, record: KillRecord): Promise<KillRecord> {
  const { body: { reason }, nowMs } = call;
  const { tenantId, deploymentUid, killId, deployment } = record;
  const lift = await whatIsLifted(ports, record);
  await startAgain(ports, lift);
  const revived = record.state === 'revived' ? record : await liftTombstones(ports, call, lift);
  // A driver that asked the backend meanwhile is done now; what it may have ended is started once more.
  if (revived !== record) await startAgain(ports, lift);
  await recordChange(ports, call, { action: 'deployment.revive', subject: deployment, reason, identity: killId });
  await ports.stores.outbox.put({ id: `revived/${killId}`, tenantId, deploymentUid, rolloutId: null, type: 'revived', killId, atMs: revived.revivedAtMs ?? nowMs });
  return revived;
}

async function liftTombstones(ports: ApiPorts, { principal: { actor }, body: { reason }, nowMs }: Call<'revive'>, { record, targets }: Lift): Promise<KillRecord> {
  const { tenantId, deploymentUid, killId, deployment } = record;
  const { outcome, reason: why } = await ports.stores.routes.apply(tenantId, deploymentUid, { type: 'revive', commandId: `revive/${killId}`, atMs: nowMs, targets, person: actor.name, reason });
  if (outcome !== 'applied') throw new LastmileError('LM_COMMAND_REFUSED', `The route of ${deployment} refused it: ${why ?? outcome}.`);
  return changeKill(ports, { tenant: tenantId, id: killId }, (now) => (now.state === 'revived' ? now : { ...now, state: 'revived', revivedAtMs: ports.clock(), missing: [], bound: null }));
}

async function whatIsLifted({ stores }: ApiPorts, record: KillRecord): Promise<Lift> {
  const { tenantId, deploymentUid, variants } = record;
  const [route, others] = await Promise.all([stores.routes.get(tenantId, deploymentUid), stores.kills.list(tenantId, deploymentUid, EVERY_KILL)]);
  if (route === null) throw new LastmileError('LM_DEPLOYMENT_NOT_FOUND', `${record.deployment} has no route any more.`);
  const targets = liftedBy(record, others);
  const left = route.tombstones.filter((each) => !targets.includes(each));
  return { record, route, targets, free: variants.filter((variant) => !isKilled(left, variant)) };
}

/** Only what answers callers once the tombstones are gone is loaded. */
async function startAgain(ports: ApiPorts, { record, route, free }: Lift): Promise<void> {
  const needed = new Set([route.champion, ...route.lastGood]);
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

async function load(ports: ApiPorts, record: KillRecord, { variant, backend }: { readonly variant: Variant; readonly backend: ServingBackend }): Promise<void> {
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
