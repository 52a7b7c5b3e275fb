import type { VariantId } from '../../domain/ids.ts';
import type { KillRecord } from '../../domain/kill/kill.ts';
import type { Route } from '../../domain/traffic/route.ts';
import { isKilled } from '../../domain/traffic/tombstones.ts';
import type { KillPorts } from './kill-ports.ts';
import { changeKill } from './saving.ts';
import { startAgain } from './start-again.ts';

/**
 * Takes a drill back: what traffic needs is loaded, then the tombstones go, and with them shares and shadows come back as the rollout has them now.
 * What was killed in earnest meanwhile stays killed. May be repeated; errors of loading leave the tombstones where they are. To be followed by
 * settleDrill, which is told apart since drivers only let go of a drill once its record says that it is over.
 */
export async function endDrill(ports: KillPorts, record: KillRecord): Promise<KillRecord> {
  const { tenantId, deploymentUid, killId, targets } = record;
  const route = await ports.stores.routes.get(tenantId, deploymentUid);
  if (route !== null) {
    await startAgain(ports, record, whatComesBack(record, route));
    await ports.stores.routes.apply(tenantId, deploymentUid, { type: 'endDrill', commandId: `end/${killId}`, atMs: ports.clock(), targets });
  }
  // What was not confirmed stays written: it is what the drill has shown.
  return changeKill(ports, { tenant: tenantId, id: killId }, (now) => (now.state === 'revived' ? now : { ...now, state: 'revived', revivedAtMs: ports.clock() }));
}

/** A driver that asked a backend meanwhile is done now: what it may have ended is started once more, and what the rollout gave up meanwhile is unloaded. May be repeated. */
export async function settleDrill(ports: KillPorts, record: KillRecord): Promise<void> {
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
