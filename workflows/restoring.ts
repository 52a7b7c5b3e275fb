import { ActivityFailure, log } from '@temporalio/workflow';
import { quick } from './activity-stubs.ts';
import { finished, recall, type Active, type Entity } from './deployment-state.ts';

/** An entity that starts from nothing may be the second of its deployment: it asks the stores before it decides anything. */
export async function restore(entity: Entity): Promise<void> {
  const { tenant, uid } = entity.input;
  const found = await quick.restoreDeployment({ tenant, deploymentUid: uid });
  if (found !== null) recall(entity, found, Date.now());
  entity.known = true;
  for (const hear of entity.unheard.splice(0)) hear();
  // Not a child of this run: it reports by signal, and if it cannot, its end is found by looking.
  if (entity.active !== null) void settle(entity, entity.active);
}

/** The end of a rollout that did not report it: what it left in route and memory is taken out. */
export async function settle(entity: Entity, active: Active): Promise<void> {
  const { tenant, uid } = entity.input;
  const end = await quick.settleRollout({ tenant, deploymentUid: uid, rolloutId: active.rolloutId }).catch(unknownEnd);
  if (entity.active !== active) return;
  finished(entity, { rolloutId: active.rolloutId, ...end });
  const { champion, lastGood } = entity.status;
  const kept = [champion, ...lastGood].some((variant) => variant?.variantId === end.challenger?.variantId);
  if (end.outcome === 'aborted' && end.challenger !== null && !kept) entity.retired.push(end.challenger);
}

/** Tried until it works; a refusal for good is a defect, which must not keep the place of the rollout for ever. */
function unknownEnd(error: unknown): Awaited<ReturnType<typeof quick.settleRollout>> {
  if (!(error instanceof ActivityFailure)) throw error;
  log.error('the end of a rollout could not be read', { error });
  return { outcome: 'aborted', challenger: null, verdict: null };
}
