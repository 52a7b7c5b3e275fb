import { newId } from '../../config/ids.ts';
import { LastmileError } from '../../domain/errors.ts';
import type { DeploymentUid, KillId } from '../../domain/ids.ts';
import { drillable, drillIdOf } from '../../domain/kill/drill.ts';
import type { KillRecord } from '../../domain/kill/kill.ts';
import { killIdOf, variantsUnder } from '../../domain/kill/order.ts';
import type { Route } from '../../domain/traffic/route.ts';
import type { Call } from '../call.ts';
import type { KillDriver } from './driver.ts';
import { writeOrder, type OrderPorts } from './give-order.ts';

/** Who wants a drill: a call, or the schedule, which gives the id too. */
export interface DrillWish extends Pick<KillRecord, 'actor' | 'via' | 'reason'> { readonly killId: KillId; readonly nowMs: number }

export function wishOf({ principal: { actor: { kind, name } }, updateId, keyed, nowMs, via, body: { reason } }: Call<'drill'>, uid: DeploymentUid): DrillWish {
  return { killId: keyed ? killIdOf(updateId, uid) : newId('kil'), actor: { kind, name }, via, reason, nowMs };
}

/**
 * Kills every challenger that gateways send something, by the path of a kill in earnest; what ends it is `endDrill` (end-drill.ts). The same id is the same drill.
 * LM_COMMAND_REFUSED where a drill would measure nothing, LM_STORE_UNAVAILABLE.
 */
export async function orderDrill(ports: OrderPorts, driver: KillDriver, route: Route, wish: DrillWish): Promise<KillRecord> {
  const { tenantId } = route;
  const { killId, actor, via, reason, nowMs } = wish;
  const known = await ports.stores.kills.get(tenantId, killId);
  if (known !== null) return known;
  const targets = drillable(route);
  const refusal = targets.length === 0 ? NOTHING_TO_DRILL : await whyNotNow(ports, route, nowMs);
  if (refusal !== null) throw new LastmileError('LM_COMMAND_REFUSED', `${route.name}: ${refusal} Nothing was killed.`);
  const order = { killId, drillId: drillIdOf(killId), scope: { kind: 'challengers' }, targets, inFlight: 'abort', actor, via, reason, requestedAtMs: nowMs } as const;
  return writeOrder(ports, driver, { route, order, variants: variantsUnder(route, targets) });
}

const NOTHING_TO_DRILL = 'no challenger has traffic, and a drill never kills the champion. Start a rollout; one is drilled as soon as it is in shadow.';

async function whyNotNow({ stores }: OrderPorts, { tenantId, deploymentUid, drilled = [] }: Route, nowMs: number): Promise<string | null> {
  if (drilled.length > 0) return 'a drill is under way.';
  const [newest] = await stores.kills.list(tenantId, deploymentUid, 1, 'drill');
  if (newest !== undefined && newest.state !== 'revived') return `drill ${newest.killId} is under way.`;
  const live = (await stores.gateways.list()).some(({ leaseUntilMs }) => leaseUntilMs > nowMs);
  return live ? null : 'no gateway is in reach, so a drill would measure nothing; `lastmile gateways list` shows them.';
}
