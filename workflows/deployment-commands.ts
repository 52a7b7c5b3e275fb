import { ApplicationFailure, condition, currentUpdateInfo, setHandler } from '@temporalio/workflow';
import { admit, type Admission } from '../domain/rollout/admission.ts';
import { WENT_BACK } from '../domain/deployment-restore.ts';
import type { Code } from '../domain/errors.ts';
import { quick } from './activity-stubs.ts';
import { change, finished, note, occupy, progressed, wentBack, whenKnown, type Entity } from './deployment-state.ts';
import { tellAbort } from './entity-link.ts';
import { AGAIN, killNewsSignal, rollbackUpdate, rolloutFinishedSignal, rolloutProgressSignal, startRolloutUpdate, type CommandArgs, type QueuedRollout, type StartRolloutAnswer, type StartRolloutArgs } from './messages.ts';

/** How long an accepted rollout may take to show itself before the answer goes out all the same. */
const ANNOUNCE_MS = 3_000;

/** Registers what API, retraining and rollouts may say to a deployment. */
export function listenEntity(entity: Entity): void {
  setHandler(rolloutProgressSignal, (news) => { whenKnown(entity, () => { progressed(entity, news); }); });
  setHandler(rolloutFinishedSignal, (news) => { whenKnown(entity, () => { finished(entity, news); }); });
  setHandler(killNewsSignal, (news) => { entity.news.push(news); });
  setHandler(startRolloutUpdate, (args) => start(entity, args), { validator: (args: StartRolloutArgs) => { refuseUnlessAdmitted(entity, args); } });
  setHandler(rollbackUpdate, (args) => rollback(entity, args), { validator: goesBack(entity) });
}

function decide(entity: Entity, args: StartRolloutArgs): Admission {
  return admit(args, { active: entity.active?.n ?? null, queued: entity.queue.length, tried: entity.tried, retiredBy: entity.retiredBy });
}

function answeredBefore(entity: Entity): StartRolloutAnswer | undefined {
  const updateId = askedId();
  return entity.answered.find((known) => known.updateId === updateId)?.answer;
}

/** The update id of the first time: a repeat after a late refusal is the same order. */
function askedId(): string | undefined {
  const id = currentUpdateInfo()?.id;
  return id?.endsWith(AGAIN) === true ? id.slice(0, -AGAIN.length) : id;
}

/** Validators are synchronous: while the entity does not know what was before, they accept, and the handler waits and decides. */
function refuseUnlessAdmitted(entity: Entity, args: StartRolloutArgs): void {
  if (!entity.known || answeredBefore(entity) !== undefined) return;
  const admission = decide(entity, args);
  if (admission.decision === 'refuse') throw unfit(entity, admission, false);
}

function unfit({ input, active }: Entity, { code, message }: Extract<Admission, { decision: 'refuse' }>, late: boolean): ApplicationFailure {
  return refusal(code, `${input.name}: ${message}`, { rollout: active?.n ?? null, ...(late ? { late } : {}) });
}

/** Answers when the rollout shows itself, so that a caller who looks at once finds it. */
async function start(entity: Entity, args: StartRolloutArgs): Promise<StartRolloutAnswer> {
  const late = !entity.known;
  if (late) await condition(() => entity.known);
  const before = answeredBefore(entity);
  if (before !== undefined) return before;
  const admission = decide(entity, args);
  if (admission.decision === 'refuse') throw unfit(entity, admission, late);
  if (admission.decision !== 'start') return remember(entity, queue(entity, args, admission.decision));
  const active = occupy(entity, itemOf(args));
  await condition(() => active.announced, ANNOUNCE_MS);
  return remember(entity, { rolloutId: active.rolloutId, n: active.n, state: 'started' });
}

function itemOf({ specHash, model, actor, retry, reason }: StartRolloutArgs): QueuedRollout { return { specHash, model, actor, retry, reason }; }

function queue(entity: Entity, args: StartRolloutArgs, how: 'queue' | 'supersede'): StartRolloutAnswer {
  const item = itemOf(args);
  if (how === 'supersede') {
    for (const dropped of entity.queue) note(entity, { atMs: Date.now(), actor: item.actor, action: 'rollout.dropped', reason: `${dropped.model} gave way to ${item.model}`, digest: null });
    entity.queue = [];
    if (entity.active !== null) void tellAbort(entity.input.tenant, entity.active.rolloutId, { actor: item.actor, reason: `to ${item.model}`, superseded: true });
  }
  entity.queue.push(item);
  note(entity, { atMs: Date.now(), actor: item.actor, action: 'rollout.queued', reason: `${item.model} (${how})`, digest: null });
  return { rolloutId: null, n: null, state: 'queued' };
}

function remember(entity: Entity, answer: StartRolloutAnswer): StartRolloutAnswer {
  const updateId = askedId();
  if (updateId !== undefined) entity.answered.push({ updateId, answer });
  return answer;
}

function goesBack(entity: Entity): (args: CommandArgs) => void { return () => { if (entity.known) refuseUnlessLastGood(entity); }; }

function refuseUnlessLastGood({ status, input, rollingBack, retiredBy }: Entity): void {
  if (retiredBy !== null) throw refusal('LM_COMMAND_REFUSED', `${retiredBy} retired ${input.name}; restore it first.`, {});
  if (status.champion === null || status.lastGood.length === 0) throw refusal('LM_COMMAND_REFUSED', `${input.name} has no earlier champion to go back to.`, {});
  if (rollingBack) throw refusal('LM_COMMAND_REFUSED', `${input.name} is being rolled back already.`, {});
}

/** Traffic first: the route is changed before the running rollout is told to end. A promotion that came between is waited out once. */
async function rollback(entity: Entity, { actor, reason }: CommandArgs): Promise<{ message: string }> {
  if (!entity.known) await condition(() => entity.known);
  refuseUnlessLastGood(entity);
  entity.rollingBack = true;
  try {
    const updateId = currentUpdateInfo()?.id ?? `${entity.changes}`;
    for (const attempt of [1, 2]) {
      const [target] = entity.status.lastGood;
      const { champion } = entity.status;
      if (target === undefined || champion === null) break;
      const result = await quick.setChampion({ subject: subjectOf(entity, target.model), commandId: `${entity.input.uid}/rollback/${updateId}/${attempt}`, variantId: target.variantId, expectedChampion: champion.variantId, by: 'person' });
      await endActive(entity, actor, reason);
      if (result.outcome === 'refused') throw refusal('LM_COMMAND_REFUSED', `The route of ${entity.input.name} refused to go back: ${result.reason ?? 'no reason given'}`, {});
      if (result.outcome === 'applied') {
        wentBack(entity, actor, reason);
        note(entity, { atMs: Date.now(), actor, action: WENT_BACK, reason, digest: target.artifactDigest });
        return { message: `${target.model} decides again, from route revision ${result.revision} on.` };
      }
      await condition(() => entity.active === null, '1 minute');
    }
    throw refusal('LM_CONFLICT', `The champion of ${entity.input.name} changed meanwhile; look at its status and try again.`, {});
  } finally {
    entity.rollingBack = false;
  }
}

export async function endActive(entity: Entity, actor: CommandArgs['actor'], reason: string | null, why: 'a rollback' | 'the end of the deployment' = 'a rollback'): Promise<void> {
  if (entity.active === null) return;
  change(entity, { message: `Rollout ${entity.active.n} is being ended for ${why}.` });
  await tellAbort(entity.input.tenant, entity.active.rolloutId, { actor, reason: `to ${why}${reason === null ? '' : ` (${reason})`}`, superseded: true });
}

/** What activities want to know, for changes that belong to no rollout. */
export function subjectOf({ input, status, specHash }: Entity, model: string): Parameters<typeof quick.setChampion>[0]['subject'] {
  return { tenant: input.tenant, deploymentUid: input.uid, deployment: input.name, rolloutId: `${input.uid}/${status.rolloutCount}`, specHash, model };
}

export function refusal(code: Code, message: string, details: Readonly<Record<string, unknown>>): ApplicationFailure {
  return ApplicationFailure.create({ type: code, nonRetryable: true, message, details: [details] });
}
