import type { DeploymentRecord } from '../domain/deployment-record.ts';
import type { Outcome } from '../domain/rollout/machine.ts';
import { modelTried, type RolloutRecord } from '../domain/rollout/record.ts';

/** Whether applying a file starts a rollout, and if not, why. */
export type RolloutDecision = { readonly start: true } | { readonly start: false; readonly why: 'champion' | 'running' | 'tried'; readonly rollout: RolloutRecord | null };

export interface Applied {
  readonly model: string;
  readonly specHash: string;
  /** The deployment before this file, and the model that its file named; null when it is new. */
  readonly before: { readonly deployment: DeploymentRecord; readonly model: string } | null;
  /** Newest first. */
  readonly rollouts: readonly RolloutRecord[];
  readonly retry: boolean;
}

const MADE_CHAMPION: readonly (Outcome | null)[] = ['promoted', 'first'];

/**
 * Decision D2: the file names the version to try, the champion is state. The champion's own model is not tried; the rollout that
 * made it champion is named, so that whoever repeats an order whose answer was lost hears of the one that it started. The same file again starts
 * nothing, unless its rollout never came to be. A changed policy for a model already tried starts nothing without `retry`.
 */
export function rolloutDecision({ model, specHash, before, rollouts, retry }: Applied): RolloutDecision {
  if (before === null) return { start: true };
  const { status } = before.deployment;
  if (status.champion?.model === model) return { start: false, why: 'champion', rollout: rollouts.find((rollout) => modelTried(rollout) === model && MADE_CHAMPION.includes(rollout.state.outcome)) ?? null };
  const running = rollouts.find((rollout) => rollout.rolloutId === status.activeRollout && rollout.endedAtMs === null);
  if (running?.model === model) return { start: false, why: 'running', rollout: running };
  if (retry) return { start: true };
  const sameFile = before.deployment.specHash === specHash;
  const tried = rollouts.find((rollout) => rollout.model === model && (!sameFile || rollout.specHash === specHash));
  return tried !== undefined && (sameFile || before.model === model) ? { start: false, why: 'tried', rollout: tried } : { start: true };
}
