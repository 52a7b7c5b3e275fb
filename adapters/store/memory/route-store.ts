import { LastmileError } from '../../../domain/errors.ts';
import { applyCommand } from '../../../domain/traffic/commands.ts';
import type { Route } from '../../../domain/traffic/route.ts';
import type { RouteStore } from '../../../ports/route-store.ts';
import { createListeners } from './listeners.ts';
import { createTable, keyOf } from './table.ts';

/** One process: reading, applying and writing happen in one go, so no command can lose a race. */
export function createRouteStore(): RouteStore & { close(): void } {
  const routes = createTable<Route>();
  const listeners = createListeners();
  return {
    async create(route) { if (routes.insert(keyOf(route.tenantId, route.deploymentUid), route)) listeners.tell(); },
    async get(tenant, uid) { return routes.get(keyOf(tenant, uid)); },
    async apply(tenant, uid, command) {
      const before = routes.get(keyOf(tenant, uid));
      if (before === null) throw new LastmileError('LM_DEPLOYMENT_NOT_FOUND', `There is no route of deployment ${uid}; it is created when the deployment is applied.`);
      const { route, result } = applyCommand(before, command);
      if (route !== before) {
        routes.set(keyOf(tenant, uid), route);
        listeners.tell();
      }
      return result;
    },
    async remove(tenant, uid) { if (routes.delete(keyOf(tenant, uid))) listeners.tell(); },
    async all() { return routes.filter(() => true); },
    watch: (changed) => listeners.subscribe(changed),
    close: () => { listeners.clear(); },
  };
}
