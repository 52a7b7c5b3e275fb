import type { GatewayRegistration } from '../../ports/gateway-registry.ts';
import { ok, type ApiPorts, type Handlers } from '../call.ts';
import type { GatewayLine, GatewaysAnswer } from '../contract.ts';
import { everyPage } from '../views.ts';
import type { TenantId } from '../../domain/ids.ts';

export function gatewayRoutes(ports: ApiPorts): Pick<Handlers, 'gateways'> {
  return {
    async gateways({ principal: { tenant }, nowMs }) {
      const [registered, routes] = await Promise.all([ports.stores.gateways.list(), routesOf(ports, tenant)]);
      return ok({ gateways: registered.map((gateway) => lineOf(gateway, routes, nowMs)), url: ports.settings.gatewayUrl } satisfies GatewaysAnswer);
    },
  };
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
