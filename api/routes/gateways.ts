import { LastmileError } from '../../domain/errors.ts';
import { DEFAULT_TENANT, type TenantId } from '../../domain/ids.ts';
import type { GatewayRegistration } from '../../ports/gateway-registry.ts';
import { ok, type Answer, type ApiPorts, type Call, type Handlers } from '../call.ts';
import { recordChange } from '../changes.ts';
import type { CommandAnswer, GatewayLine, GatewaysAnswer } from '../contract.ts';
import { everyPage } from '../views.ts';

export function gatewayRoutes(ports: ApiPorts): Pick<Handlers, 'gateways' | 'forgetGateway'> {
  return {
    forgetGateway: (call) => forget(ports, call),
    async gateways({ principal: { tenant }, nowMs }) {
      const [registered, routes] = await Promise.all([ports.stores.gateways.list(), routesOf(ports, tenant)]);
      return ok({ gateways: registered.map((gateway) => lineOf(gateway, routes, nowMs)), url: ports.settings.gatewayUrl } satisfies GatewaysAnswer);
    },
  };
}

/** A kill waits for a gateway that it cannot reach; a person who knows that it will not come back says so. One that is heard from is not gone. */
async function forget(ports: ApiPorts, call: Call<'forgetGateway'>): Promise<Answer> {
  const { principal: { tenant }, params: { id = '' }, nowMs } = call;
  if (tenant !== DEFAULT_TENANT) throw new LastmileError('LM_FORBIDDEN', `Gateways belong to the installation: use a key of the tenant ${DEFAULT_TENANT}.`);
  const gateway = (await ports.stores.gateways.list()).find(({ gatewayId }) => gatewayId === id);
  if (gateway === undefined) throw new LastmileError('LM_NOT_FOUND', `No gateway ${id.slice(0, 60)} is registered.`);
  if (gateway.leaseUntilMs > nowMs) throw new LastmileError('LM_COMMAND_REFUSED', `Gateway ${id} was heard from ${String(Math.round((nowMs - gateway.seenAtMs) / 1_000))} s ago and its lease has not ended; stop it first.`);
  await ports.stores.gateways.remove(id);
  await recordChange(ports, call, { action: 'gateway.forget', subject: id });
  return ok({ message: `${id} is forgotten; kills no longer wait for it. Should it come back it is registered again.` } satisfies CommandAnswer);
}

interface Known { readonly uid: string; readonly name: string; readonly revision: number; readonly variantIds: ReadonlySet<string> }

async function routesOf({ stores }: ApiPorts, tenant: TenantId): Promise<readonly Known[]> {
  const deployments = await everyPage((page) => stores.deployments.listDeployments(tenant, page));
  const routes = await Promise.all(deployments.map(({ uid }) => stores.routes.get(tenant, uid)));
  return routes.filter((route) => route !== null).map(({ deploymentUid, name, revision, variants }) => ({ uid: deploymentUid, name, revision, variantIds: new Set(Object.keys(variants)) }));
}

/** `behind`: deployments of the caller's tenant whose newest revision this gateway does not obey yet. Counts of other tenants' variants are left out. */
function lineOf(gateway: GatewayRegistration, routes: readonly Known[], nowMs: number): GatewayLine {
  const { gatewayId, address, seenAtMs, leaseUntilMs, stats, applied } = gateway;
  const ours = new Set(routes.flatMap(({ variantIds }) => [...variantIds]));
  return {
    gatewayId, address, live: leaseUntilMs > nowMs, seenAtMs, leaseUntilMs,
    stats: { ...stats, perVariant: Object.fromEntries(Object.entries(stats.perVariant).filter(([id]) => ours.has(id))) },
    behind: routes.filter(({ uid, revision }) => (applied[uid] ?? -1) < revision).map(({ name }) => name),
  };
}
