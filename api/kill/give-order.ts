import { newId } from '../../config/ids.ts';
import { LastmileError } from '../../domain/errors.ts';
import type { DeploymentUid, TenantId } from '../../domain/ids.ts';
import type { KillRecord, KillScope } from '../../domain/kill/kill.ts';
import { killedVariant, killIdOf, newKill, type KillOrder } from '../../domain/kill/order.ts';
import { resolveScope, type Resolution } from '../../domain/kill/scope.ts';
import { applyCommand } from '../../domain/traffic/commands.ts';
import type { InFlight, Route, RouteCommand } from '../../domain/traffic/route.ts';
import type { ApiPorts, Call } from '../call.ts';
import type { KillDriver } from './driver.ts';
import { orDirectly, within } from './soon.ts';
import { killedVariants } from './variants.ts';

export interface Wanted { readonly uid: DeploymentUid; readonly scope: KillScope; readonly inFlight: InFlight; readonly reason: string | null }
export type OrderPorts = Pick<ApiPorts, 'stores' | 'log' | 'clock'>;
type Cause = Pick<Call<'kill'>, 'principal' | 'updateId' | 'keyed' | 'nowMs' | 'via'>;
type Meant = Extract<Resolution, { ok: true }>;

const RECORD_MS = 1_000;

/**
 * Writes the kill into the route, before anything else and whatever else fails: from there gateways take it. Then the record, from which every
 * replica drives it on; audit and workflow hear of it from the driver. Answers with the record, after about a second at the latest.
 * LM_DEPLOYMENT_NOT_FOUND, LM_VARIANT_NOT_FOUND, LM_COMMAND_REFUSED, LM_STORE_UNAVAILABLE.
 */
export async function giveOrder(ports: OrderPorts, driver: KillDriver, cause: Cause, { uid, scope, inFlight, reason }: Wanted): Promise<KillRecord> {
  const { principal: { tenant, actor: { kind, name } }, nowMs, via } = cause;
  const killId = cause.keyed ? killIdOf(cause.updateId, uid) : newId('kil');
  const route = await orDirectly(routeOf(ports, tenant, uid));
  if (route.applied.some(({ commandId }) => commandId === killId)) return driver.settled(await given(ports, tenant, killId));
  const meant = meaning(route, scope);
  const order: KillOrder = { killId, scope, targets: meant.targets, inFlight, actor: { kind, name }, via, reason, requestedAtMs: nowMs };
  return driver.settled(await writeOrder(ports, driver, { route, order, variants: meant.variants }));
}

/** Route, then record. From the route on nothing may undo it: a record that cannot be stored now is stored later. */
export async function writeOrder({ stores, log, clock }: OrderPorts, driver: KillDriver, { route, order, variants }: { readonly route: Route; readonly order: KillOrder; readonly variants: Meant['variants'] }): Promise<KillRecord> {
  const { tenantId, deploymentUid } = route;
  const { killId, targets, inFlight, drillId = null } = order;
  const command: RouteCommand = { type: 'kill', commandId: killId, atMs: clock(), targets, inFlight, ...(drillId === null ? {} : { drill: true }) };
  const { revision } = await orDirectly(stores.routes.apply(tenantId, deploymentUid, command));
  const after = applyCommand(route, command).route;
  const put = async (): Promise<KillRecord> => stores.kills.put(newKill(after, order, { revision, variants: await killedVariants(stores, tenantId, variants) }));
  try {
    return await within(RECORD_MS, put());
  } catch (error) {
    log.error('a kill is in the route and its record could not be stored; that is tried on', { killId, deployment: route.name, actor: order.actor.name, targets, error });
    driver.storeLater(`${tenantId}/${killId}`, put);
    return newKill(after, order, { revision, variants: variants.map((variant) => killedVariant(variant, null)) });
  }
}

async function routeOf({ stores }: OrderPorts, tenant: TenantId, uid: DeploymentUid): Promise<Route> {
  const route = await stores.routes.get(tenant, uid);
  if (route === null) throw new LastmileError('LM_DEPLOYMENT_NOT_FOUND', 'This deployment has no route yet: nothing of it gets traffic.');
  return route;
}

async function given({ stores }: OrderPorts, tenant: TenantId, killId: string): Promise<KillRecord> {
  const record = await stores.kills.get(tenant, killId);
  if (record === null) throw new LastmileError('LM_BUSY', `Kill ${killId} is in the route; its record is being restored.`, { retryAfterMs: 5_000 });
  return record;
}

function meaning(route: Route, scope: KillScope): Meant {
  const meant = resolveScope(route, scope);
  if (meant.ok) return meant;
  const versions = [...new Set(Object.values(route.variants).map(({ version }) => version))].sort();
  const code = scope.kind === 'variant' || scope.kind === 'version' ? 'LM_VARIANT_NOT_FOUND' : 'LM_COMMAND_REFUSED';
  throw new LastmileError(code, `${meant.why} Nothing was killed.`, { details: { versions } });
}
