import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import {
  ActivityFailure, allHandlersFinished, condition, continueAsNew, isCancellation, log, ParentClosePolicy, patched, setCurrentDetails, startChild,
  WorkflowIdReusePolicy, workflowInfo, type ChildWorkflowHandle, type ChildWorkflowOptions, type WithWorkflowArgs,
} from '@temporalio/workflow';
import type { VariantSummary } from '../domain/variant.ts';
import { lasting, quick } from './activity-stubs.ts';
import { listenEntity, subjectOf } from './deployment-commands.ts';
import { listenPeople } from './deployment-people.ts';
import { carryEntity, finished, number, occupy, openEntity, type Active, type Entity } from './deployment-state.ts';
import { rolloutWorkflowId } from './ids.ts';
import { SEARCH, type DeploymentInput } from './messages.ts';
import { hearKills } from './kill-news.ts';
import { restore, settle } from './restoring.ts';
import type { rollout } from './rollout.ts';

/**
 * One deployment for as long as it lives: numbers its rollouts, runs one at a time, remembers who decides and who could again.
 * It asks for changes of traffic; the route in the store is the truth of it (decision D3).
 */
export async function deployment(input: DeploymentInput): Promise<void> {
  const restores = patched('entity-restores');
  const entity = openEntity(input, { restores, brief: patched('entity-brief-history') });
  listenEntity(entity);
  listenPeople(entity);
  if (!entity.known) await restore(entity);
  for (;;) {
    await condition(() => entity.news.length > 0 || entity.dirty || mayRetire(entity) || mayBegin(entity) || mayStartAfresh(entity) || entity.finished);
    await hearKills(entity);
    await tell(entity);
    if (entity.finished) return condition(allHandlersFinished);
    if (mayRetire(entity)) void retire(entity);
    if (mayStartAfresh(entity)) await startAfresh(entity);
    if (mayBegin(entity)) await begin(entity, nextActive(entity));
  }
}

function mayRetire({ retired, retiring }: Entity): boolean { return retired.length > 0 && !retiring; }

/** What leaves memory has left before a rollout that may want the same bytes begins. */
function mayBegin(entity: Entity): boolean {
  const { active, queue, rollingBack, retired, retiring } = entity;
  const waits = active === null ? queue.length > 0 && !rollingBack : !active.begun;
  return waits && retired.length === 0 && !retiring;
}

function nextActive(entity: Entity): Active | null {
  if (entity.active !== null) return entity.active;
  const item = entity.queue.shift();
  return item === undefined ? null : occupy(entity, item);
}

async function begin(entity: Entity, active: Active | null): Promise<void> {
  if (active === null) return;
  active.begun = true;
  for (;;) {
    try {
      const child = await startChild<typeof rollout>('rollout', childOptions(entity, active));
      void watch(entity, active, child);
      return;
    } catch (error) {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
      number(entity, active);
    }
  }
}

/** A number is used once: evidence and records of an earlier attempt must not be taken for this one's. */
function childOptions({ input, status }: Entity, { n, rolloutId, item }: Active): WithWorkflowArgs<typeof rollout, ChildWorkflowOptions> {
  const { tenant, uid, name } = input;
  const { champion, lastGood } = status;
  const { model, specHash, actor, retry, reason } = item;
  return {
    workflowId: rolloutWorkflowId(tenant, rolloutId), workflowIdReusePolicy: WorkflowIdReusePolicy.REJECT_DUPLICATE, parentClosePolicy: ParentClosePolicy.ABANDON,
    args: [{ tenant, deploymentUid: uid, deployment: name, rolloutId, n, specHash, model, champion, lastGood: lastGood.map(({ variantId }) => variantId), actor, retry, reason, carried: null }],
    typedSearchAttributes: [{ key: SEARCH.deployment, value: name }, { key: SEARCH.tenant, value: tenant }, { key: SEARCH.model, value: model }, { key: SEARCH.stage, value: 'validating' }],
    staticSummary: `${name} rollout ${n}: ${model}${champion === null ? '' : ` against ${champion.model}`}`, priority: { fairnessKey: tenant.slice(0, 64) },
  };
}

/** A rollout reports by signal. One that was terminated cannot: its place is freed when its end is seen. */
async function watch(entity: Entity, active: Active, child: ChildWorkflowHandle<typeof rollout>): Promise<void> {
  try {
    finished(entity, { rolloutId: active.rolloutId, ...await child.result() });
  } catch (error) {
    if (entity.active === active) log.warn('a rollout ended without a report', { rolloutId: active.rolloutId, error });
    if (entity.restores) await settle(entity, active);
    else finished(entity, { rolloutId: active.rolloutId, outcome: 'aborted', challenger: null, verdict: null });
  }
}

/** Writes audit entries and the status where others read them. */
async function tell(entity: Entity): Promise<void> {
  while (entity.dirty) {
    entity.dirty = false;
    const { tenant, uid, name } = entity.input;
    setCurrentDetails(`**${name}**: ${entity.status.message}`);
    for (const entry of entity.audits.splice(0)) await forGood('audit entry', quick.audit({ tenant, entry }));
    await forGood('status', quick.projectDeployment({ tenant, deploymentUid: uid, status: entity.status }));
  }
}

/** Takes variants that nobody goes back to any more out of the route, then out of memory. */
async function retire(entity: Entity): Promise<void> {
  entity.retiring = true;
  for (let old = entity.retired.shift(); old !== undefined; old = entity.retired.shift()) await forGood('unload', unload(entity, old));
  entity.retiring = false;
}

async function unload(entity: Entity, { model, variantId }: VariantSummary): Promise<void> {
  const subject = subjectOf(entity, model);
  const { revision } = await quick.removeVariant({ subject, commandId: `${entity.input.uid}/retire/${variantId}/${String(entity.changes)}`, variantId });
  await lasting.awaitApplied({ subject, revision });
  await lasting.unloadVariant({ subject, variantId });
}

/** Tried until it works; a refusal for good is a defect, told in the log, and must not stop the deployment. */
async function forGood(what: string, work: Promise<void>): Promise<void> {
  try {
    await work;
  } catch (error) {
    if (!(error instanceof ActivityFailure) || isCancellation(error)) throw error;
    log.error(`${what} was refused for good`, { error });
  }
}

/**
 * A worker that starts replays every open history, all at once and on one thread. Those of a few rollouts take a tenth of a second each; the four thousand
 * events at which Temporal suggests an end took longer than a workflow task may, on a machine that was busy, so that no deployment went on.
 */
const LONG_EVENTS = 500;
function historyIsLong({ brief }: Entity): boolean {
  const { continueAsNewSuggested, historyLength } = workflowInfo();
  return continueAsNewSuggested || (brief && historyLength >= LONG_EVENTS);
}

/**
 * Only with nothing under way, so that no child's end is missed; the queue is carried over, and where orders come one after the other the rollout that was
 * promised and has not begun.
 */
function mayStartAfresh(entity: Entity): boolean {
  const { active, brief, dirty, retired, retiring, rollingBack, news, restoring, finished } = entity;
  return historyIsLong(entity) && (active === null || (brief && !active.begun)) && !dirty && news.length === 0 && !restoring && !finished && retired.length === 0 && !retiring && !rollingBack;
}

async function startAfresh(entity: Entity): Promise<void> {
  await condition(allHandlersFinished);
  if (mayStartAfresh(entity)) await continueAsNew<typeof deployment>({ ...entity.input, carried: carryEntity(entity) });
}
