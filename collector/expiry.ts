import type { DeploymentRecord } from '../domain/deployment-record.ts';
import type { RolloutRecord } from '../domain/rollout/record.ts';
import type { Stores } from '../ports/stores.ts';

/**
 * Removes records older than spec.records.keepMs, by the clock that rules the deployment: history that is fed today is not a decade too old.
 * What an active rollout may still have to fold is kept whatever its age. Returns how many legs went.
 */
export async function expireRecords(stores: Pick<Stores, 'deployments' | 'records' | 'evidence'>, nowMs: number): Promise<number> {
  const [deployments, rollouts] = await Promise.all([stores.deployments.allDeployments(), stores.deployments.activeRollouts()]);
  let removed = 0;
  for (const deployment of deployments) {
    const beforeMs = await keptFrom(stores, deployment, { nowMs, active: rollouts.filter(({ tenantId, deploymentUid }) => tenantId === deployment.tenantId && deploymentUid === deployment.uid) });
    if (beforeMs !== null) removed += await stores.records.expire(deployment.tenantId, deployment.uid, beforeMs);
  }
  return removed;
}

async function keptFrom({ deployments, records, evidence }: Pick<Stores, 'deployments' | 'records' | 'evidence'>, deployment: DeploymentRecord, of: { nowMs: number; active: readonly RolloutRecord[] }): Promise<number | null> {
  const { tenantId, uid, specHash } = deployment;
  const spec = await deployments.getSpec(tenantId, specHash);
  if (spec === null) return null;
  const rulingMs = spec.spec.labels?.clock === 'event' ? (await records.watermark(tenantId, uid, of.nowMs)).rulingMs : of.nowMs;
  if (rulingMs === null) return null;
  const plans = await Promise.all(of.active.map(({ rolloutId }) => evidence.getPlan(tenantId, rolloutId)));
  const needed = plans.flatMap((plan) => (plan === null ? [] : [plan.clock === 'event' ? plan.startedMs : Math.min(plan.startedMs, plan.startedAtMs)]));
  return Math.min(rulingMs - spec.spec.records.keepMs, ...needed);
}
