import { getExternalWorkflowHandle, isCancellation, log } from '@temporalio/workflow';
import { deploymentWorkflowId, rolloutWorkflowId } from './ids.ts';
import { abortSignal, killedSignal, rolloutFinishedSignal, rolloutProgressSignal, type AbortArgs, type ToldKill, type RolloutFinished, type RolloutInput, type RolloutProgress } from './messages.ts';
import type { RolloutId, TenantId } from '../domain/ids.ts';

/** Entity and rollout tell each other by signal. The other side may be gone: whoever speaks goes on all the same. */
export function tellProgress(to: RolloutInput, news: RolloutProgress): Promise<void> {
  return unlessGone(() => getExternalWorkflowHandle(deploymentWorkflowId(to.tenant, to.deploymentUid)).signal(rolloutProgressSignal, news));
}

export function tellFinished(to: RolloutInput, news: RolloutFinished): Promise<void> {
  return unlessGone(() => getExternalWorkflowHandle(deploymentWorkflowId(to.tenant, to.deploymentUid)).signal(rolloutFinishedSignal, news));
}

export function tellAbort(tenant: TenantId, rolloutId: RolloutId, abort: AbortArgs): Promise<void> {
  return unlessGone(() => getExternalWorkflowHandle(rolloutWorkflowId(tenant, rolloutId)).signal(abortSignal, abort));
}

export function tellKilled(tenant: TenantId, rolloutId: RolloutId, kill: ToldKill): Promise<void> {
  return unlessGone(() => getExternalWorkflowHandle(rolloutWorkflowId(tenant, rolloutId)).signal(killedSignal, kill));
}

async function unlessGone(send: () => Promise<void>): Promise<void> {
  try {
    await send();
  } catch (error) {
    if (isCancellation(error)) throw error;
    log.warn('the other workflow took no signal', { error });
  }
}
