import { variantsUnder, scopeOf, type KillOrder } from '../../domain/kill/order.ts';
import type { Route } from '../../domain/traffic/route.ts';
import type { GatewaySync, OwnKill } from '../../domain/traffic/table.ts';
import type { KillDriver } from './driver.ts';
import { writeOrder, type OrderPorts } from './give-order.ts';

/**
 * Kills that came straight to a gateway go into the routes before its sync is answered, so that a gateway that was answered may forget them.
 * Each is known by its id: several gateways tell of one kill, and one that was revived since is not killed again. LM_STORE_UNAVAILABLE.
 */
export async function adoptOwnKills(ports: OrderPorts, driver: KillDriver, { gatewayId, ownKills }: Pick<GatewaySync, 'gatewayId' | 'ownKills'>): Promise<void> {
  const told = Object.entries(ownKills).filter(([, kills]) => kills.length > 0);
  if (told.length === 0) return;
  const routes = await ports.stores.routes.all();
  for (const [uid, kills] of told) {
    const route = routes.find(({ deploymentUid }) => deploymentUid === uid);
    if (route === undefined) ports.log.warn('a gateway tells of a kill in a deployment that is not known', { gatewayId, deploymentUid: uid });
    else for (const kill of kills) await adopt(ports, driver, route, kill);
  }
}

async function adopt(ports: OrderPorts, driver: KillDriver, route: Route, { killId, targets, inFlight, actor: { kind, name }, atMs }: OwnKill): Promise<void> {
  if (await ports.stores.kills.get(route.tenantId, killId) !== null) return;
  const nowMs = ports.clock();
  const order: KillOrder = { killId, scope: scopeOf(targets), targets, inFlight, actor: { kind, name }, via: 'gateway', reason: null, requestedAtMs: Math.min(atMs, nowMs), recordedAtMs: nowMs };
  const record = await writeOrder(ports, driver, { route, order, variants: variantsUnder(route, targets) });
  ports.log.warn('a kill that came straight to a gateway is in the route now', { killId, deployment: route.name, actor: name });
  driver.look(record).catch(() => undefined);
}
