import type { DeploymentRecord } from '../domain/deployment-record.ts';
import type { RolloutRecord } from '../domain/rollout/record.ts';
import type { ApiPorts } from './call.ts';
import type { ExplainAnswer } from './contract.ts';

/** Why the rollout stands where it stands, in one paragraph. */
export async function explainRollout({ stores }: ApiPorts, deployment: DeploymentRecord, rollout: RolloutRecord | null, _reader: 'engineer' | 'owner'): Promise<ExplainAnswer> {
  if (rollout === null) return { text: `${deployment.name} has had no rollout. ${deployment.status.message}`, verdict: null };
  const verdict = (await stores.evidence.verdicts(deployment.tenantId, rollout.rolloutId, 1))[0] ?? null;
  return { text: verdict?.reasons[0]?.text ?? rollout.story.at(-1)?.text ?? deployment.status.message, verdict };
}
