import { LastmileError } from '../../domain/errors.ts';
import type { KilledVariant, KillRecord } from '../../domain/kill/kill.ts';
import { answeringVersion, liftedBy, reviveCommandId } from '../../domain/kill/order.ts';
import type { VariantId } from '../../domain/ids.ts';
import type { Route, Tombstone } from '../../domain/traffic/route.ts';
import { isKilled } from '../../domain/traffic/tombstones.ts';
import type { ApiPorts, Call } from '../call.ts';
import { recordChange } from '../changes.ts';
import { changeKill } from './saving.ts';
import { startAgain } from './start-again.ts';

/** No deployment has as many. */
export const EVERY_KILL = 1_000;

/** What a revive lifts, and which of the killed variants are free of every other kill then. */
interface Lift { readonly record: KillRecord; readonly targets: readonly Tombstone[]; readonly free: readonly KilledVariant[]; readonly needed: ReadonlySet<VariantId> }

/**
 * A person takes a kill back: the backends may start its variants again, what the route needs is loaded, then the tombstones are lifted. What
 * another kill names stays killed; challengers stay off. Every step may be repeated. Errors of loading leave the tombstones where they are.
 */
export async function reviveKill(ports: ApiPorts, call: Call<'revive'>, record: KillRecord): Promise<KillRecord> {
  const { body: { reason }, nowMs } = call;
  const { tenantId, deploymentUid, killId, deployment, drillId } = record;
  if (drillId !== null) throw new LastmileError('LM_COMMAND_REFUSED', `${killId} is a drill, which ends by itself; \`lastmile drills ${deployment}\` says how it went.`);
  const lift = await whatIsLifted(ports, record);
  await startAgain(ports, record, lift);
  const revived = record.state === 'revived' ? record : await liftTombstones(ports, call, lift);
  // A driver that asked the backend meanwhile is done now; what it may have ended is started once more.
  if (revived !== record) await startAgain(ports, record, lift);
  await recordChange(ports, call, { action: 'deployment.revive', subject: deployment, reason, identity: killId });
  await ports.stores.outbox.put({ id: `revived/${killId}`, tenantId, deploymentUid, rolloutId: null, type: 'revived', killId, atMs: revived.revivedAtMs ?? nowMs });
  return revived;
}

async function liftTombstones(ports: ApiPorts, { principal: { actor }, body: { reason }, nowMs }: Call<'revive'>, { record, targets }: Lift): Promise<KillRecord> {
  const { tenantId, deploymentUid, killId, deployment } = record;
  const { outcome, reason: why } = await ports.stores.routes.apply(tenantId, deploymentUid, { type: 'revive', commandId: reviveCommandId(killId), atMs: nowMs, targets, person: actor.name, reason });
  if (outcome !== 'applied') throw new LastmileError('LM_COMMAND_REFUSED', `The route of ${deployment} refused it: ${why ?? outcome}.`);
  const route = await ports.stores.routes.get(tenantId, deploymentUid);
  const answering = route === null ? null : answeringVersion(route);
  return changeKill(ports, { tenant: tenantId, id: killId }, (now) => (now.state === 'revived' ? now : { ...now, state: 'revived', revivedAtMs: ports.clock(), missing: [], bound: null, answering }));
}

async function whatIsLifted({ stores }: ApiPorts, record: KillRecord): Promise<Lift> {
  const { tenantId, deploymentUid, variants } = record;
  const [route, others] = await Promise.all([stores.routes.get(tenantId, deploymentUid), stores.kills.list(tenantId, deploymentUid, EVERY_KILL, 'kill')]);
  if (route === null) throw new LastmileError('LM_DEPLOYMENT_NOT_FOUND', `${record.deployment} has no route any more.`);
  const targets = liftedBy(record, others);
  const left = route.tombstones.filter((each) => !targets.includes(each));
  return { record, targets, free: variants.filter((variant) => !isKilled(left, variant)), needed: new Set(neededIn(route)) };
}

/** Challengers stay off: a rollout that was killed is over. */
function neededIn({ champion, lastGood }: Route): readonly VariantId[] { return champion === null ? lastGood : [champion, ...lastGood]; }
