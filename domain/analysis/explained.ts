import type { DeploymentRecord } from '../deployment-record.ts';
import type { RolloutRecord } from '../rollout/record.ts';
import type { Progress } from './blocks.ts';
import type { Verdict } from './verdict.ts';

/** What an explanation is made of: the deployment, one of its rollouts, that rollout's newest verdict, and what is not sealed yet. */
export interface Explained {
  readonly deployment: DeploymentRecord;
  readonly rollout: RolloutRecord | null;
  readonly verdict: Verdict | null;
  readonly progress: Progress | null;
}
