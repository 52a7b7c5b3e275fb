import type { BackendFence, KillRecord } from '../../domain/kill/kill.ts';
import type { Observation, SeenGateway } from '../../domain/kill/progress.ts';
import { answeringVersion } from '../../domain/kill/order.ts';
import type { DeploymentUid } from '../../domain/ids.ts';
import type { GatewayRegistration } from '../../ports/gateway-registry.ts';
import type { KillPorts } from './kill-ports.ts';

/** What the stores say at this moment, with the backends' words. */
export async function observe({ stores, clock }: Pick<KillPorts, 'stores' | 'clock'>, record: KillRecord, backends: readonly BackendFence[]): Promise<Observation> {
  const [route, registered] = await Promise.all([stores.routes.get(record.tenantId, record.deploymentUid), stores.gateways.list()]);
  return {
    nowMs: clock(), revision: record.revision, backends, answering: route === null ? null : answeringVersion(route),
    gateways: registered.map((gateway) => seenGateway(gateway, record.deploymentUid)),
    // A round that asked before a backend ended proves nothing of what came after.
    probes: record.probes.filter(({ atMs }) => backends.every((fence) => fence.state !== 'gone' || (fence.atMs ?? 0) <= atMs)),
  };
}

function seenGateway({ gatewayId, incarnation, applied, quiet, leaseUntilMs }: GatewayRegistration, uid: DeploymentUid): SeenGateway {
  return { gatewayId, incarnation, revision: applied[uid] ?? null, quiet, leaseUntilMs };
}
