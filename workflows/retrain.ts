import { workflowInfo } from '@temporalio/workflow';
import { quick, trainingFor } from './activity-stubs.ts';
import type { RetrainInput } from './messages.ts';

/** One turn of the schedule: train, publish, ask for a rollout. What was trained goes the same way as any other version. */
export async function retrain(input: RetrainInput): Promise<{ model: string | null; rolloutId: string | null }> {
  const { tenant, deploymentUid, deployment, specHash } = input;
  const { retrain: job } = await quick.readPolicy({ tenant, specHash });
  if (job === null) return { model: null, rolloutId: null };
  const { workflowId, runId } = workflowInfo();
  const runKey = `${workflowId}/${runId}`;
  const { model } = await trainingFor(job.timeoutMs).trainModel.executeWithOptions({ summary: job.command.join(' ').slice(0, 180) }, [{ tenant, deploymentUid, deployment, specHash, runKey }]);
  const { rolloutId } = await quick.requestRollout({ tenant, deploymentUid, deployment, specHash, model, requestId: runKey, actor: { kind: 'workflow', name: `retraining of ${deployment}` }, reason: 'scheduled retraining' });
  return { model, rolloutId };
}
