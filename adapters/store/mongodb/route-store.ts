import { setTimeout as wait } from 'node:timers/promises';
import type { Filter } from 'mongodb';
import { LastmileError } from '../../../domain/errors.ts';
import type { DeploymentUid, TenantId } from '../../../domain/ids.ts';
import { applyCommand } from '../../../domain/traffic/commands.ts';
import type { CommandResult, Route, RouteCommand } from '../../../domain/traffic/route.ts';
import type { RouteStore } from '../../../ports/route-store.ts';
import { collection, type Database } from './connection.ts';
import { fromDocument, toDocument, withoutId, type Stored } from './documents.ts';
import { createWatcher } from './watch.ts';
import { insertOnce } from './writes.ts';

/** More rounds than writers of one deployment can ever be. */
const ROUNDS = 60;

/** Routes as documents; commands by reading, applying, and replacing what was read (ADR 0001). */
export function createRouteStore(database: Database): RouteStore & { close(): Promise<void> } {
  const routes = collection<Route>(database, 'routes');
  const find = (tenantId: TenantId, uid: DeploymentUid): Promise<Stored<Route> | null> => routes.findOne({ _id: key(tenantId, uid), tenantId } as Filter<Stored<Route>>);
  const watcher = createWatcher(database.db.collection('routes'), async () => {
    const [sum] = await routes.aggregate([{ $group: { _id: null, routes: { $sum: 1 }, revisions: { $sum: '$revision' } } }]).toArray();
    return JSON.stringify(sum ?? null);
  });
  return {
    async create(route) { await insertOnce(routes, toDocument(key(route.tenantId, route.deploymentUid), route.tenantId, route)); },
    async get(tenant, uid) {
      const found = await find(tenant, uid);
      return found === null ? null : fromDocument<Route>(found);
    },
    async apply(tenant, uid, command): Promise<CommandResult> {
      for (let round = 0; round < ROUNDS; round += 1) {
        const found = await find(tenant, uid);
        if (found === null) throw notFound(uid);
        const before = fromDocument<Route>(found);
        const { route, result } = applyCommand(before, command);
        if (route === before || await replace(before, route)) return result;
        await wait(Math.random() * Math.min(200, 5 * 2 ** round));
      }
      throw busy(uid, command);
    },
    async remove(tenantId, uid) { await routes.deleteOne({ _id: key(tenantId, uid), tenantId } as Filter<Stored<Route>>); },
    async all() { return (await routes.find({}).sort({ _id: 1 }).toArray()).map((found) => fromDocument<Route>(found as Stored<Route>)); },
    watch: (changed) => watcher.subscribe(changed),
    close: () => watcher.close(),
  };

  /** The filter says "still the one that was read"; a miss is not an error but a reason to look again. */
  async function replace(before: Route, after: Route): Promise<boolean> {
    const _id = key(after.tenantId, after.deploymentUid);
    const document = withoutId(toDocument(_id, after.tenantId, after));
    const unchanged = { _id, tenantId: before.tenantId, revision: before.revision } as Filter<Stored<Route>>;
    const { modifiedCount } = await routes.replaceOne(unchanged, document);
    return modifiedCount === 1;
  }
}

function key(tenant: TenantId, uid: DeploymentUid): string { return `${tenant}/${uid}`; }

function notFound(uid: DeploymentUid): LastmileError {
  return new LastmileError('LM_DEPLOYMENT_NOT_FOUND', `There is no route of deployment ${uid}; it is created when the deployment is applied.`);
}

function busy(uid: DeploymentUid, command: RouteCommand): LastmileError {
  return new LastmileError('LM_BUSY', `Command ${command.commandId} (${command.type}) found the route of ${uid} changed ${ROUNDS} times in a row; nothing was applied, send it again.`, { retryAfterMs: 1_000 });
}
