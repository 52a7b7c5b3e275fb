import { setTimeout as delay } from 'node:timers/promises';
import { drillable, drillTerms, isDue, nextDrillId } from '../../domain/kill/drill.ts';
import type { Route } from '../../domain/traffic/route.ts';
import type { GatewayRegistration } from '../../ports/gateway-registry.ts';
import { freezeNow } from '../frozen.ts';
import { specOf } from '../views.ts';
import { orderDrill } from './drill.ts';
import type { KillDriver } from './driver.ts';
import type { OrderPorts } from './give-order.ts';

const LOOK_MS = 10_000;

/** Orders the drills that are due. Every replica may run it: they find the same drill due, under the same id. */
export interface DrillSchedule { /** One look at every deployment. */ look(): Promise<void>; start(): void; stop(): Promise<void> }

export function createDrillSchedule(ports: OrderPorts, driver: KillDriver): DrillSchedule {
  const stopped = new AbortController();
  let running: Promise<void> = Promise.resolve();
  const look = async (): Promise<void> => {
    const [routes, gateways] = await Promise.all([ports.stores.routes.all(), ports.stores.gateways.list()]);
    for (const route of routes.filter((each) => isAtWork(each, gateways))) {
      await drillIfDue(ports, driver, route).catch((error: unknown) => { ports.log.warn('a drill that is due could not be ordered', { deployment: route.name, error }); });
    }
  };
  return {
    look,
    start() {
      const run = async (): Promise<void> => {
        for (;;) {
          await delay(LOOK_MS, undefined, { signal: stopped.signal, ref: false });
          await look().catch((error: unknown) => { ports.log.warn('nobody can see which drills are due', { error }); });
        }
      };
      // Rejected by the end of the pause alone.
      running = run().catch(() => undefined);
    },
    async stop() { stopped.abort(); await running; },
  };
}

async function drillIfDue(ports: OrderPorts, driver: KillDriver, route: Route): Promise<void> {
  const { stores, clock } = ports;
  const { tenantId, deploymentUid } = route;
  const deployment = await stores.deployments.getDeploymentByUid(tenantId, deploymentUid);
  if (deployment === null) return;
  const { metadata: { name, labels }, spec: { drills } } = await specOf(ports, deployment);
  if (drills === undefined) return;
  const [last = null] = await stores.kills.list(tenantId, deploymentUid, 1, 'drill');
  const nowMs = clock();
  if (!isDue(drillTerms(drills), last, nowMs) || await freezeNow(ports, tenantId, { name, labels }, nowMs) !== null) return;
  const { killId } = await orderDrill(ports, driver, route, { killId: nextDrillId(deploymentUid, last), actor: { kind: 'service', name: 'drill schedule' }, via: 'api', reason: 'scheduled drill', nowMs });
  ports.log.info('a scheduled drill has begun', { killId, deployment: name });
  driver.look({ tenantId, killId }).catch(() => undefined);
}

/** Working conditions: a challenger that something was sent to, by a gateway in service. */
function isAtWork(route: Route, gateways: readonly GatewayRegistration[]): boolean {
  if ((route.retired ?? null) !== null) return false;
  return drillable(route).some((id) => gateways.some(({ stats }) => (stats.perVariant[id] ?? 0) > 0));
}
