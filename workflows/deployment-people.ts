import { ActivityFailure, condition, currentUpdateInfo, log, setHandler } from '@temporalio/workflow';
import type { Steering } from '../activities/index.ts';
import { loading, quick } from './activity-stubs.ts';
import { endActive, refusal, subjectOf } from './deployment-commands.ts';
import { change, note, phaseNow, type Entity } from './deployment-state.ts';
import { deleteUpdate, pinUpdate, restoreUpdate, retireUpdate, unpinUpdate, type CommandArgs, type DeleteArgs } from './messages.ts';

type Answer = Promise<{ message: string }>;

/** What a person may say of the whole deployment. Validators refuse what does not fit; handlers look again, since they may have been overtaken. */
export function listenPeople(entity: Entity): void {
  setHandler(pinUpdate, (args) => pin(entity, args), { validator: fits(entity, whyNoPin) });
  setHandler(unpinUpdate, (args) => unpin(entity, args), { validator: fits(entity, whyNoUnpin) });
  setHandler(retireUpdate, (args) => retire(entity, args), { validator: fits(entity, whyNoRetirement) });
  setHandler(restoreUpdate, (args) => restore(entity, args), { validator: fits(entity, whyNoRestore) });
  setHandler(deleteUpdate, (args) => remove(entity, args), { validator: fits(entity, whyNoDelete) });
}

type WhyNot<A> = (entity: Entity, args: A) => string | null;
const whyNoPin: WhyNot<CommandArgs> = ({ status, retiredBy, input }) => (retiredBy !== null ? `${retiredBy} retired ${input.name}; restore it first.` : status.champion === null ? `${input.name} has no champion to pin.` : null);
const whyNoUnpin: WhyNot<CommandArgs> = ({ status, input }) => (status.pinnedBy === null ? `The champion of ${input.name} is not pinned.` : null);
const whyNoRetirement: WhyNot<CommandArgs> = ({ retiredBy, input }) => (retiredBy === null ? null : `${retiredBy} retired ${input.name} already.`);
const whyNoRestore: WhyNot<CommandArgs> = ({ retiredBy, restoring, deleted, input }) => (deleted ? `${input.name} is deleted already.` : retiredBy === null ? `${input.name} is not retired.` : restoring ? `${input.name} is being restored already.` : null);
const whyNoDelete: WhyNot<DeleteArgs> = ({ retiredBy, restoring, deleted, status, active, input }, { force }) => {
  if (deleted) return `${input.name} is deleted already.`;
  if (restoring) return `${input.name} is being restored.`;
  if (retiredBy !== null) return null;
  if (force && status.champion === null && active === null) return null;
  return `${input.name} is in service: retire it first${status.champion === null ? ', or say --force, since nothing of it ever served and no rollout runs' : ''}.`;
};

function fits<A>(entity: Entity, whyNot: WhyNot<A>): (args: A) => void {
  return (args) => { if (entity.known) refuseIf(entity, whyNot(entity, args)); };
}

async function ready<A>(entity: Entity, whyNot: WhyNot<A>, args: A): Promise<void> {
  if (!entity.known) await condition(() => entity.known);
  refuseIf(entity, whyNot(entity, args));
}

function refuseIf({ input }: Entity, why: string | null): void { if (why !== null) throw refusal('LM_COMMAND_REFUSED', why, { deployment: input.name }); }

/** Once per update, however often it is tried. */
async function steer(entity: Entity, to: Steering): Promise<void> {
  const commandId = `${entity.input.uid}/${to.type}/${currentUpdateInfo()?.id ?? String(entity.changes)}`;
  const result = await quick.steerRoute({ subject: subjectOf(entity, entity.status.champion?.model ?? ''), commandId, to });
  if (result.outcome !== 'applied') throw refusal('LM_COMMAND_REFUSED', `The route of ${entity.input.name} refused it: ${result.reason ?? 'no reason given'}`, {});
}

async function pin(entity: Entity, args: CommandArgs): Answer {
  await ready(entity, whyNoPin, args);
  const { champion } = entity.status;
  if (champion === null) throw refusal('LM_COMMAND_REFUSED', `${entity.input.name} has no champion to pin.`, {});
  await steer(entity, { type: 'pin', variantId: champion.variantId, person: args.actor.name });
  change(entity, { pinnedBy: args.actor.name });
  said(entity, args, 'deployment.pin');
  return { message: `${champion.model} is pinned: automation does not move it, and a rollout waits where it is. A person may; so may a safety gate.` };
}

async function unpin(entity: Entity, args: CommandArgs): Answer {
  await ready(entity, whyNoUnpin, args);
  await steer(entity, { type: 'unpin', person: args.actor.name });
  change(entity, { pinnedBy: null });
  said(entity, args, 'deployment.unpin');
  return { message: 'Not pinned any more: a rollout that was held goes on with its next judgement.' };
}

/** Traffic first; then what runs is ended, what waits is dropped, and what is loaded is unloaded by the main loop. */
async function retire(entity: Entity, args: CommandArgs): Answer {
  await ready(entity, whyNoRetirement, args);
  const { actor, reason } = args;
  entity.retiredBy = actor.name;
  try {
    await steer(entity, { type: 'retire', person: actor.name, reason: reason ?? '' });
  } catch (error) {
    entity.retiredBy = null;
    throw error;
  }
  for (const dropped of entity.queue.splice(0)) note(entity, { atMs: Date.now(), actor, action: 'rollout.dropped', reason: `${dropped.model}: the deployment was retired`, digest: null });
  await endActive(entity, actor, reason, 'the end of the deployment');
  const { champion, lastGood } = entity.status;
  entity.retired.push(...lastGood, ...(champion === null ? [] : [champion]));
  change(entity, { phase: phaseNow(entity), lastGood: [], message: `${actor.name} retired it${reason === null ? '' : ` (${reason})`}. Callers get 410; restore brings ${champion?.model ?? 'it'} back.` });
  said(entity, args, 'deployment.retire');
  return { message: `${entity.input.name} is retired: callers get 410, nothing new is tried, and its versions are unloaded.` };
}

/** Loading may take longer than a caller waits: it is done behind the answer. */
async function restore(entity: Entity, args: CommandArgs): Answer {
  await ready(entity, whyNoRestore, args);
  entity.restoring = true;
  const updateId = currentUpdateInfo()?.id ?? String(entity.changes);
  change(entity, { message: `${args.actor.name} restores it: ${entity.status.champion?.model ?? 'nothing'} is being loaded.` });
  void bringBack(entity, args, updateId);
  return { message: `${entity.input.name} is being restored: callers get answers as soon as its champion is loaded; earlier champions are not kept.` };
}

async function bringBack(entity: Entity, args: CommandArgs, updateId: string): Promise<void> {
  const { champion } = entity.status;
  const subject = subjectOf(entity, champion?.model ?? '');
  try {
    await condition(() => entity.retired.length === 0 && !entity.retiring && entity.active === null);
    if (champion !== null) await loading.loadVariant.executeWithOptions({ summary: 'Load it again' }, [{ subject, variantId: champion.variantId }]);
    await quick.steerRoute({ subject, commandId: `${entity.input.uid}/restore/${updateId}`, to: { type: 'restore', person: args.actor.name } });
    entity.retiredBy = null;
    change(entity, { phase: champion === null ? 'empty' : phaseNow(entity), message: champion === null ? 'In service again; no version serves yet.' : `${champion.model} decides again: ${args.actor.name} restored it.` });
    said(entity, args, 'deployment.restore');
  } catch (error) {
    if (!(error instanceof ActivityFailure)) throw error;
    log.warn('a restore failed', { error });
    change(entity, { message: `It could not be restored, and is retired still: ${error.cause?.message ?? error.message}` });
  } finally {
    entity.restoring = false;
  }
}

/** Waits until nothing is loaded any more; then the name is free. */
async function remove(entity: Entity, args: DeleteArgs): Answer {
  await ready(entity, whyNoDelete, args);
  const { tenant, uid, name } = entity.input;
  entity.deleted = true;
  entity.retiredBy ??= args.actor.name;
  await condition(() => entity.retired.length === 0 && !entity.retiring && entity.active === null);
  await quick.endDeployment({ tenant, deploymentUid: uid, deployment: name });
  change(entity, { phase: 'retired', message: `${args.actor.name} deleted it${args.reason === null ? '' : ` (${args.reason})`}.` });
  said(entity, args, 'deployment.delete');
  entity.finished = true;
  return { message: `${name} is deleted: the name is free; what was recorded of it stays.` };
}

function said(entity: Entity, { actor, reason }: CommandArgs, action: string): void {
  note(entity, { atMs: Date.now(), actor, action, reason, digest: entity.status.champion?.artifactDigest ?? null });
}
