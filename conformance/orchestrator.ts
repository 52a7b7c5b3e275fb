import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { RolloutId } from '../domain/ids.ts';
import type { Command, Orchestrator, RolloutAccepted, StartRollout } from '../ports/orchestrator.ts';
import { failsWith } from './check.ts';
import { eventually, type Suite } from './stores/suite.ts';

/** One deployment that no other check uses, behind an orchestrator whose rollouts end when the check says so. */
export interface OrchestratorSystem {
  readonly orchestrator: Orchestrator;
  readonly tenant: string;
  readonly deploymentUid: string;
  /** Lets a rollout that waits for its judge, or for its checks, be promoted; returns when the deployment is free. */
  readonly promote: (id: RolloutId) => Promise<void>;
  /** The workflow id of a rollout and of the deployment. */
  readonly workflowIds: { readonly deployment: string; rollout(id: RolloutId): string };
}

const ACTOR = { kind: 'person', name: 'ada' } as const;

function start(system: OrchestratorSystem, model: string, of: Partial<StartRollout> = {}, updateId: string = randomUUID()): Promise<RolloutAccepted> {
  const { tenant, deploymentUid } = system;
  return system.orchestrator.startRollout({ tenant, deploymentUid, deployment: 'churn', specHash: 'sha256:spec', model, actor: ACTOR, retry: false, reason: null, whenBusy: 'refuse', ...of }, updateId);
}

function say(system: OrchestratorSystem, type: 'pause' | 'resume' | 'abort' | 'promote', id: RolloutId, reason: string | null = 'because'): Promise<{ message: string }> {
  return send(system, { type, rolloutId: id, actor: ACTOR, reason });
}

function send({ orchestrator, tenant, deploymentUid }: OrchestratorSystem, command: Command): Promise<{ message: string }> { return orchestrator.command({ tenant, deploymentUid, deployment: 'churn' }, command, randomUUID()); }

async function champion(system: OrchestratorSystem, model: string): Promise<void> {
  const { rolloutId } = await start(system, model);
  await system.promote(rolloutId ?? '');
}

/** The next start is accepted: nothing is active and nothing waits. */
async function startsSoon(system: OrchestratorSystem, model: string): Promise<RolloutAccepted> {
  const accepted: RolloutAccepted[] = [];
  await eventually(async () => { accepted.push(...await start(system, model).then((answer) => [answer], () => [])); return accepted.length > 0; });
  const [first] = accepted;
  assert.ok(first !== undefined, 'the deployment did not get free');
  return first;
}

/** What every orchestrator promises. */
export const orchestratorPromises: Suite<OrchestratorSystem> = {
  'rollouts are numbered from one': async (system) => {
    assert.deepEqual(await start(system, 'filesystem:churn@1'), { rolloutId: `${system.deploymentUid}/1`, n: 1, state: 'started' });
    await system.promote(`${system.deploymentUid}/1`);
    assert.equal((await start(system, 'filesystem:churn@2')).n, 2);
  },
  'a repeated update id answers the same and starts nothing, also at once': async (system) => {
    const id = randomUUID();
    const answers = await Promise.all([1, 2, 3].map(() => start(system, 'filesystem:churn@1', {}, id)));
    assert.deepEqual(new Set(answers.map(({ n }) => n)), new Set([1]));
    await system.promote(`${system.deploymentUid}/1`);
    assert.equal((await start(system, 'filesystem:churn@1', {}, id)).n, 1);
    assert.equal((await start(system, 'filesystem:churn@2')).n, 2);
  },
  'one at a time: a busy deployment refuses and names the rollout in the way': async (system) => {
    await champion(system, 'filesystem:churn@1');
    await start(system, 'filesystem:churn@2');
    const message = await failsWith('LM_ROLLOUT_IN_PROGRESS', () => start(system, 'filesystem:churn@3'));
    assert.match(message, /2/);
  },
  'queue: the next one begins when the one before ends': async (system) => {
    await champion(system, 'filesystem:churn@1');
    await start(system, 'filesystem:churn@2');
    assert.deepEqual(await start(system, 'filesystem:churn@3', { whenBusy: 'queue' }), { rolloutId: null, n: null, state: 'queued' });
    await say(system, 'abort', `${system.deploymentUid}/2`);
    assert.ok(await eventually(async () => await system.orchestrator.describe(system.workflowIds.rollout(`${system.deploymentUid}/3`)) !== null), 'rollout 3 did not begin');
  },
  'supersede: the running one is ended, the newest wish begins': async (system) => {
    await champion(system, 'filesystem:churn@1');
    await start(system, 'filesystem:churn@2');
    await start(system, 'filesystem:churn@3', { whenBusy: 'queue' });
    await start(system, 'filesystem:churn@4', { whenBusy: 'supersede' });
    assert.ok(await eventually(async () => await system.orchestrator.describe(system.workflowIds.rollout(`${system.deploymentUid}/3`)) !== null), 'nothing began');
    await failsWith('LM_COMMAND_REFUSED', () => say(system, 'pause', `${system.deploymentUid}/2`));
  },
  'pause and resume are accepted, twice too': async (system) => {
    await champion(system, 'filesystem:churn@1');
    await start(system, 'filesystem:churn@2');
    const id = `${system.deploymentUid}/2`;
    for (const type of ['pause', 'pause', 'resume', 'resume'] as const) assert.ok((await say(system, type, id)).message.length > 0);
  },
  'abort frees the deployment': async (system) => {
    await champion(system, 'filesystem:churn@1');
    await start(system, 'filesystem:churn@2');
    await say(system, 'abort', `${system.deploymentUid}/2`, null);
    assert.equal((await startsSoon(system, 'filesystem:churn@3')).n, 3);
  },
  'promotion by a person needs a reason and does not fit a first version that is still checked': async (system) => {
    await champion(system, 'filesystem:churn@1');
    await start(system, 'filesystem:churn@2');
    const id = `${system.deploymentUid}/2`;
    await failsWith('LM_COMMAND_REFUSED', () => say(system, 'promote', id, null));
    let failure: unknown = null;
    assert.ok(await eventually(async () => say(system, 'promote', id).then(() => true, (error: unknown) => { failure = error; return false; })), String(failure));
    assert.equal((await startsSoon(system, 'filesystem:churn@3')).n, 3);
  },
  'approval and delegation are refused where nothing waits for them': async (system) => {
    await champion(system, 'filesystem:churn@1');
    await start(system, 'filesystem:churn@2');
    const of = { rolloutId: `${system.deploymentUid}/2`, actor: { kind: 'person', name: 'bea' }, roles: ['risk'], reason: 'looked at it' } as const;
    await failsWith('LM_COMMAND_REFUSED', () => send(system, { type: 'approve', ...of, digest: 'sha256:a', verdictN: 1 }));
    await failsWith('LM_COMMAND_REFUSED', () => send(system, { type: 'delegate', ...of, to: 'cy' }));
  },
  'unknown rollouts and those of others are not found': async (system) => {
    await champion(system, 'filesystem:churn@1');
    await failsWith('LM_ROLLOUT_NOT_FOUND', () => say(system, 'pause', `${system.deploymentUid}/9`));
    await failsWith('LM_ROLLOUT_NOT_FOUND', () => send({ ...system, tenant: `${system.tenant}-other` }, { type: 'abort', rolloutId: `${system.deploymentUid}/1`, actor: ACTOR, reason: null }));
    await failsWith('LM_ROLLOUT_NOT_FOUND', () => send({ ...system, deploymentUid: `${system.deploymentUid}x` }, { type: 'abort', rolloutId: `${system.deploymentUid}/1`, actor: ACTOR, reason: null }));
  },
  'a rollout that has ended refuses commands': async (system) => {
    await champion(system, 'filesystem:churn@1');
    await failsWith('LM_COMMAND_REFUSED', () => say(system, 'pause', `${system.deploymentUid}/1`));
  },
  'rollback needs an earlier champion; what was taken back is not tried again without a reason': async (system) => {
    await failsWith('LM_COMMAND_REFUSED', () => send(system, { type: 'rollback', actor: ACTOR, reason: 'x' }));
    await champion(system, 'filesystem:churn@1');
    await failsWith('LM_COMMAND_REFUSED', () => send(system, { type: 'rollback', actor: ACTOR, reason: 'x' }));
    await champion(system, 'filesystem:churn@2');
    assert.match((await send(system, { type: 'rollback', actor: ACTOR, reason: 'it loses' })).message, /churn@1/);
    await failsWith('LM_ALREADY_TRIED', () => start(system, 'filesystem:churn@2'));
    assert.equal((await start(system, 'filesystem:churn@2', { retry: true, reason: 'the feed was wrong' })).n, 3);
  },
  'news for a rollout that has ended, or never was, is taken in silence': async (system) => {
    await champion(system, 'filesystem:churn@1');
    const { tenant, deploymentUid } = system;
    for (const n of [1, 99]) await system.orchestrator.deliver({ id: `out_${n}`, tenantId: tenant, deploymentUid, rolloutId: `${deploymentUid}/${n}`, type: 'block-sealed', atMs: 0 });
  },
  'a schedule is made, changed and removed, each of them twice': async (system) => {
    const { tenant, deploymentUid, orchestrator } = system;
    for (const schedule of [{ everyMs: 3_600_000, specHash: 'a' }, { everyMs: 3_600_000, specHash: 'a' }, { everyMs: 7_200_000, specHash: 'b' }, null, null]) await orchestrator.putSchedule({ tenant, deploymentUid, deployment: 'churn' }, schedule);
  },
  'a process is described by its id; an unknown one is null': async (system) => {
    await champion(system, 'filesystem:churn@1');
    assert.equal((await system.orchestrator.describe(system.workflowIds.deployment))?.status, 'RUNNING');
    assert.equal((await system.orchestrator.describe(system.workflowIds.rollout(`${system.deploymentUid}/1`)))?.status, 'COMPLETED');
    assert.equal(await system.orchestrator.describe(`deployment/${system.tenant}/dep_nothing`), null);
  },
  'it says when it is well': async ({ orchestrator }) => { assert.equal(await orchestrator.healthy(), true); },
};
