import { setTimeout as delay } from 'node:timers/promises';
import { LastmileError } from '../domain/errors.ts';
import type { VariantId } from '../domain/ids.ts';
import { parseModelRef } from '../domain/model.ts';
import type { CommandResult, RouteCommand, RouteVariant } from '../domain/traffic/route.ts';
import { withHeartbeat } from './heartbeat.ts';
import type { Activities, Subject } from './index.ts';
import { contractOf, specOf, variantOf } from './lookup.ts';
import type { ActivityPorts } from './ports.ts';
import { applyRecorded } from './route-commands.ts';

const ACK_POLL_MS = 100;
/** A mirror gets this many times the latency limit before it counts as a time-out. */
const SHADOW_DEADLINE_FACTOR = 4;

type Routing = Pick<Activities, 'setShadows' | 'setShare' | 'setChampion' | 'steerRoute' | 'endDeployment' | 'removeVariant' | 'awaitApplied'>;

export function routingActivities(ports: ActivityPorts): Routing {
  const apply = (subject: Subject, command: RouteCommand): Promise<CommandResult> => applyRecorded(ports, subject, command);
  return {
    async setShadows({ subject, commandId, variantIds }) {
      const { spec } = await specOf(ports.stores.deployments, subject.tenant, subject.specHash);
      const shadows = await Promise.all(variantIds.map(async (id) => {
        const { contractHash } = await variantOf(ports.stores.deployments, subject.tenant, id);
        const { latencyLimitMs } = await contractOf(ports.stores.deployments, subject.tenant, contractHash);
        return { variantId: id, samplePer10k: spec.rollout.shadow.samplePer10k, deadlineMs: latencyLimitMs * SHADOW_DEADLINE_FACTOR, variant: await routeVariant(ports, subject, id) };
      }));
      return apply(subject, { type: 'setShadows', commandId, atMs: ports.now(), shadows, ifRollout: subject.rolloutId });
    },
    async setShare({ subject, commandId, variantId, sharePer10k }) {
      return apply(subject, { type: 'setShare', commandId, atMs: ports.now(), variant: await routeVariant(ports, subject, variantId), sharePer10k, ifRollout: subject.rolloutId });
    },
    async setChampion({ subject, commandId, variantId, expectedChampion, by }) {
      return apply(subject, { type: 'setChampion', commandId, atMs: ports.now(), variant: await routeVariant(ports, subject, variantId), expectedChampion, by });
    },
    steerRoute: ({ subject, commandId, to }) => apply(subject, { ...to, commandId, atMs: ports.now() }),
    async endDeployment({ tenant, deploymentUid, deployment }) {
      await ports.orchestrator.putSchedule({ tenant, deploymentUid, deployment }, null);
      await ports.stores.routes.remove(tenant, deploymentUid);
      await ports.stores.deployments.endDeployment(tenant, deploymentUid);
    },
    removeVariant: ({ subject, commandId, variantId }) => apply(subject, { type: 'remove', commandId, atMs: ports.now(), variantId }),
    awaitApplied: ({ subject, revision }) => withHeartbeat((signal, note) => acknowledged(ports, { subject, revision, signal, note })),
  };
}

async function routeVariant(ports: ActivityPorts, subject: Subject, id: VariantId): Promise<RouteVariant> {
  const variant = await variantOf(ports.stores.deployments, subject.tenant, id);
  if (variant.endpoint === null) throw new LastmileError('LM_BACKEND_UNAVAILABLE', `${variant.model} is not loaded on ${variant.backend}, so no traffic can be sent to it.`);
  return { variantId: id, version: parseModelRef(variant.model).version, artifactDigest: variant.artifactDigest, endpoint: variant.endpoint };
}

/** Every registered gateway whose lease has not ended must say the revision; one that stays silent is out when its lease ends. */
async function acknowledged(ports: ActivityPorts, of: { subject: Subject; revision: number; signal: AbortSignal; note: (text: string) => void }): Promise<{ gateways: number }> {
  for (;;) {
    const live = (await ports.stores.gateways.list()).filter((gateway) => gateway.leaseUntilMs > ports.now());
    const behind = live.filter((gateway) => (gateway.applied[of.subject.deploymentUid] ?? -1) < of.revision);
    if (behind.length === 0) return { gateways: live.length };
    of.note(`waiting for ${behind.map((gateway) => gateway.gatewayId).join(', ')}`);
    await delay(ACK_POLL_MS, undefined, { signal: of.signal });
  }
}
