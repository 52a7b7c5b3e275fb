import { ScheduleAlreadyRunning, ScheduleNotFoundError, ScheduleOverlapPolicy, type Client, type ScheduleOptions } from '@temporalio/client';
import type { DeploymentUid, TenantId } from '../../../domain/ids.ts';
import { retrainScheduleId, retrainWorkflowId } from '../../../workflows/ids.ts';
import { SEARCH, type RetrainInput } from '../../../workflows/messages.ts';
import { QUEUES } from '../../../workflows/task-queues.ts';

export interface Target { readonly tenant: TenantId; readonly deploymentUid: DeploymentUid; readonly deployment: string }

/** Brings the retraining schedule of a deployment to what its spec says: created, changed in place, or removed. */
export async function reconcileSchedule(client: Client, target: Target, schedule: { everyMs: number; specHash: string } | null): Promise<void> {
  const id = retrainScheduleId(target.tenant, target.deploymentUid);
  if (schedule === null) return removeSchedule(client, id);
  const wanted = scheduleOf(target, schedule);
  try {
    await client.schedule.create({ scheduleId: id, ...wanted });
  } catch (error) {
    if (!(error instanceof ScheduleAlreadyRunning)) throw error;
    await client.schedule.getHandle(id).update((current) => ({ ...wanted, state: current.state }));
  }
}

/** One training at a time, the next one waiting; after an outage only the newest missed turn is made up for. */
function scheduleOf({ tenant, deploymentUid, deployment }: Target, { everyMs, specHash }: { everyMs: number; specHash: string }): Pick<ScheduleOptions, 'spec' | 'policies'> & { action: ScheduleOptions['action'] } {
  const input: RetrainInput = { tenant, deploymentUid, deployment, specHash };
  return {
    spec: { intervals: [{ every: everyMs }] },
    policies: { overlap: ScheduleOverlapPolicy.BUFFER_ONE, catchupWindow: Math.min(everyMs, 3_600_000), pauseOnFailure: false },
    action: {
      type: 'startWorkflow', workflowType: 'retrain', workflowId: retrainWorkflowId(tenant, deploymentUid), taskQueue: QUEUES.control, args: [input],
      typedSearchAttributes: [{ key: SEARCH.deployment, value: deployment }, { key: SEARCH.tenant, value: tenant }],
    },
  };
}

async function removeSchedule(client: Client, id: string): Promise<void> {
  try {
    await client.schedule.getHandle(id).delete();
  } catch (error) {
    if (!(error instanceof ScheduleNotFoundError)) throw error;
  }
}
