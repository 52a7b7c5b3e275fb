import { explainForEngineer, explainForOwner } from '../domain/analysis/explain.ts';
import type { DeploymentRecord } from '../domain/deployment-record.ts';
import type { RolloutRecord } from '../domain/rollout/record.ts';
import type { ApiPorts } from './call.ts';
import type { ExplainAnswer } from './contract.ts';

/** Why the rollout stands where it stands, in one paragraph for its reader. */
export async function explainRollout({ stores: { evidence } }: ApiPorts, deployment: DeploymentRecord, rollout: RolloutRecord | null, reader: 'engineer' | 'owner'): Promise<ExplainAnswer> {
  const explain = reader === 'owner' ? explainForOwner : explainForEngineer;
  if (rollout === null) return { text: explain({ deployment, rollout, verdict: null, progress: null }), verdict: null };
  const { tenantId, rolloutId } = rollout;
  const [verdicts, progress] = await Promise.all([evidence.verdicts(tenantId, rolloutId, 1), evidence.getProgress(tenantId, rolloutId)]);
  const verdict = verdicts[0] ?? null;
  return { text: explain({ deployment, rollout, verdict, progress }), verdict };
}
