import type { CanaryStep, Goal, RolloutPolicy } from '../deployment.ts';
import type { ApprovalPolicy } from './approval.ts';

/** What a rollout will do, decided before it starts. `first`: nothing to compare with; straight to champion after its checks. */
export interface RolloutPlan {
  readonly mode: 'first' | 'compare';
  readonly goal: Goal;
  readonly shadowSamplePer10k: number;
  readonly shadowMaxMs: number;
  readonly steps: readonly CanaryStep[];
  readonly horizonMs: number;
  readonly idleMs: number;
  readonly whenInconclusive: 'keep' | 'ask';
  readonly askMs: number;
  /** Absent in plans of before there were approvals: nobody has to agree. */
  readonly approval?: ApprovalPolicy | null;
  /** External metrics are measured; absent: there are none. */
  readonly measures?: boolean;
  /** After its steps all callers get the challenger while its outcomes are awaited; absent: not before a proof. */
  readonly provisional?: boolean;
  /** Models that are tried beside the rollout's own; absent: none. */
  readonly contenders?: readonly string[];
  /** No copies: the first step gives the evidence that the next ones rest on; absent: shadow does. */
  readonly compare?: 'split';
}

export function planRollout(policy: RolloutPolicy, hasChampion: boolean): RolloutPlan {
  return {
    mode: hasChampion ? 'compare' : 'first', goal: policy.goal, shadowSamplePer10k: policy.shadow.samplePer10k, shadowMaxMs: policy.shadow.maxMs,
    steps: policy.canary, horizonMs: policy.horizonMs, idleMs: policy.idleMs, whenInconclusive: policy.whenInconclusive, askMs: policy.askMs, approval: policy.approval ?? null,
    ...(policy.provisional === undefined ? {} : { provisional: true }), ...(policy.compare === undefined ? {} : { compare: policy.compare }),
  };
}
