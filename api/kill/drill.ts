import { newId } from '../../config/ids.ts';
import { LastmileError } from '../../domain/errors.ts';
import type { DeploymentUid, KillId, VariantId } from '../../domain/ids.ts';
import { drillable, drillIdOf } from '../../domain/kill/drill.ts';
import type { KillRecord } from '../../domain/kill/kill.ts';
import { killIdOf, variantsUnder } from '../../domain/kill/order.ts';
import type { Route } from '../../domain/traffic/route.ts';
import { isKilled } from '../../domain/traffic/tombstones.ts';
import type { Call } from '../call.ts';
import type { KillDriver } from './driver.ts';
import { writeOrder, type OrderPorts } from './give-order.ts';
import type { KillPorts } from './kill-ports.ts';
import { changeKill } from './saving.ts';
import { startAgain } from './start-again.ts';

/** Who wants a drill: a call, or the schedule, which gives the id too. */
export interface DrillWish extends Pick<KillRecord, 'actor' | 'via' | 'reason'> { readonly killId: KillId; readonly nowMs: number }

export function wishOf({ principal: { actor: { kind, name } }, updateId, keyed, nowMs, via, body: { reason } }: Call<'drill'>, uid: DeploymentUid): DrillWish {
  return { killId: keyed ? killIdOf(updateId, uid) : newId('kil'), actor: { kind, name }, via, reason, nowMs };
}

/**
 * Kills every challenger that gateways send something, by the path of a kill in earnest; what ends it is `endDrill`. The same id is the same drill.
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

/**
 * Takes a drill back: what traffic needs is loaded, then the tombstones go, and with them shares and shadows come back as the rollout has them now.
 * What was killed in earnest meanwhile stays killed. May be repeated; errors of loading leave the tombstones where they are.
 */
export async function endDrill(ports: KillPorts, record: KillRecord): Promise<KillRecord> {
  const { tenantId, deploymentUid, killId, targets } = record;
  const route = await ports.stores.routes.get(tenantId, deploymentUid);
  if (route !== null) {
    await startAgain(ports, record, whatComesBack(record, route));
    await ports.stores.routes.apply(tenantId, deploymentUid, { type: 'endDrill', commandId: `end/${killId}`, atMs: ports.clock(), targets });
  }
  // What was not confirmed stays written: it is what the drill has shown.
  const ended = await changeKill(ports, { tenant: tenantId, id: killId }, (now) => (now.state === 'revived' ? now : { ...now, state: 'revived', revivedAtMs: ports.clock() }));
  await settle(ports, ended);
  return ended;
}

/** A driver that asked a backend meanwhile is done now: what it may have ended is started once more, and what the rollout gave up meanwhile is unloaded. */
async function settle(ports: KillPorts, record: KillRecord): Promise<void> {
  const route = await ports.stores.routes.get(record.tenantId, record.deploymentUid);
  if (route === null) return;
  await startAgain(ports, record, whatComesBack(record, route));
  for (const { variantId, backend: name, endpoint } of record.variants) {
    const backend = Object.hasOwn(ports.backends, name) ? ports.backends[name] : undefined;
    if (endpoint !== null && backend?.managed === true && route.variants[variantId] === undefined) await backend.unload(endpoint, variantId);
  }
}

function whatComesBack({ variants, targets }: KillRecord, { champion, lastGood, shares, shadows, tombstones, drilled = [] }: Route): Parameters<typeof startAgain>[2] {
  const left = tombstones.filter((each) => !(drilled.includes(each) && targets.includes(each)));
  const needed = new Set<VariantId | null>([champion, ...lastGood, ...[...shares, ...shadows].map(({ variantId }) => variantId)]);
  return { free: variants.filter((variant) => !isKilled(left, variant)), needed: new Set([...needed].filter((id) => id !== null)) };
}
