import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { dataConverter } from '../../../adapters/orchestrator/_shared/data-converter.ts';
import { orchestrators } from '../../../adapters/orchestrator/index.ts';
import { Secret } from '../../../config/schema.ts';
import { orchestratorPromises, type OrchestratorSystem } from '../../../conformance/orchestrator.ts';
import { parseRolloutId } from '../../../domain/ids.ts';
import { withWorkers } from '../../../scripts/histories/workers.ts';
import { until } from '../../../scripts/histories/harness.ts';
import { COLLECTING, createWorld, PROMOTE, refused, TENANT, type World } from '../../../scripts/histories/world.ts';
import { bundleWorkflows } from '../../../workers/bundle.ts';
import { deploymentWorkflowId, retrainScheduleId, rolloutWorkflowId } from '../../../workflows/ids.ts';
import { readable } from '../../support/readable.ts';
import { bundlePath, devServer, quietRuntime } from '../../support/temporal.ts';

let env: TestWorkflowEnvironment;
beforeAll(async () => { quietRuntime(); env = await devServer(); });
afterAll(() => env.teardown());

const UI = 'http://127.0.0.1:8233';
function adapter(of: Partial<Parameters<typeof orchestrators.temporal.create>[0]> = {}): ReturnType<typeof orchestrators.temporal.create> {
  return orchestrators.temporal.create({ address: env.address, namespace: 'default', uiUrl: UI, payloadKey: null, deadlineMs: 10_000, ...of });
}

/** One deployment with workers of its own; all its workflows are ended afterwards. */
async function withSystem(check: (system: OrchestratorSystem, world: World) => Promise<void>, payloadKey: Secret | null = null, bundle = bundlePath()): Promise<void> {
  const deploymentUid = `dep_${randomUUID().replaceAll('-', '')}`;
  const allowed = new Set<string>();
  const world = createWorld({ uid: deploymentUid, name: 'churn', policy: { canary: [] }, judge: ({ model }) => (allowed.has(model) ? PROMOTE : COLLECTING) });
  const orchestrator = adapter({ payloadKey });
  world.describe = (workflowId) => orchestrator.describe(workflowId);
  const promote = async (id: string): Promise<void> => {
    await until(`rollout ${id} is known`, () => world.rollouts.has(id));
    allowed.add(world.rollouts.get(id)!.model);
    await orchestrator.deliver({ id: randomUUID(), tenantId: TENANT, deploymentUid, rolloutId: id, type: 'block-sealed', atMs: 0 });
    await until(`rollout ${id} is promoted`, () => world.status?.rolloutCount === parseRolloutId(id).n && world.status.activeRollout === null);
    await until('its workflow has ended', async () => (await orchestrator.describe(rolloutWorkflowId(TENANT, id)))?.status === 'COMPLETED');
  };
  const workflowIds = { deployment: deploymentWorkflowId(TENANT, deploymentUid), rollout: (id: string) => rolloutWorkflowId(TENANT, id) };
  try {
    await withWorkers({ connection: env.nativeConnection, namespace: 'default', bundle, activities: world.activities, options: { dataConverter: dataConverter(payloadKey) } }, () => check({ orchestrator, tenant: TENANT, deploymentUid, promote, workflowIds }, world));
  } finally {
    const ids = [workflowIds.deployment, ...[1, 2, 3, 4].map((n) => workflowIds.rollout(`${deploymentUid}/${n}`))];
    await Promise.all(ids.map((id) => env.client.workflow.getHandle(id).terminate('the test is over').catch(() => undefined)));
    await orchestrator.close();
  }
}

test.each(Object.entries(orchestratorPromises))('temporal orchestrator: %s', async (_title, check) => { await withSystem(check); });

const start = (deploymentUid: string) => ({ tenant: TENANT, deploymentUid, deployment: 'churn', specHash: 's', model: 'filesystem:churn@1', actor: { kind: 'person', name: 'ada' } as const, retry: false, reason: null, whenBusy: 'refuse' as const });

test('with no worker a call ends at its deadline, and the same call works once there is one', async () => {
  const orchestrator = adapter({ deadlineMs: 1_000 });
  const uid = `dep_${randomUUID()}`;
  const begun = performance.now();
  await expect(orchestrator.startRollout(start(uid), 'once')).rejects.toMatchObject({ code: 'LM_ORCHESTRATOR_UNAVAILABLE' });
  expect(performance.now() - begun).toBeLessThan(4_000);
  await expect(orchestrator.command({ tenant: TENANT, deploymentUid: uid, deployment: 'churn' }, { type: 'rollback', actor: { kind: 'person', name: 'ada' }, reason: 'x' }, 'r')).rejects.toMatchObject({ code: 'LM_ORCHESTRATOR_UNAVAILABLE' });
  const world = createWorld({ uid, name: 'churn' });
  await withWorkers({ connection: env.nativeConnection, namespace: 'default', bundle: bundlePath(), activities: world.activities }, async () => {
    const patient = adapter();
    expect(await patient.startRollout(start(uid), 'once')).toMatchObject({ n: 1 });
    await patient.close();
    await until('it is done', () => world.status?.phase === 'serving');
  });
  await env.client.workflow.getHandle(deploymentWorkflowId(TENANT, uid)).terminate();
  await orchestrator.close();
});

test('an order that a lost entity refuses is not refused for ever: the same order again is decided anew, and then kept', async () => {
  await withSystem(async ({ orchestrator, deploymentUid, promote, workflowIds }, world) => {
    const order = (model: string, id: string) => orchestrator.startRollout({ ...start(deploymentUid), model }, id);
    await order('filesystem:churn@1', 'a');
    await promote(`${deploymentUid}/1`);
    await order('filesystem:churn@2', 'b');
    await until('it runs', () => world.rollouts.has(`${deploymentUid}/2`));
    await env.client.workflow.getHandle(workflowIds.deployment).terminate('lost');
    for (const attempt of [1, 2]) expect([attempt, await order('filesystem:churn@3', 'c').catch((error: unknown) => (error as { code: string }).code)]).toEqual([attempt, 'LM_ROLLOUT_IN_PROGRESS']);
    await promote(`${deploymentUid}/2`);
    for (const attempt of [1, 2]) expect([attempt, await order('filesystem:churn@3', 'c')]).toEqual([attempt, { rolloutId: `${deploymentUid}/3`, n: 3, state: 'started' }]);
  });
});

test('a rollback reaches a deployment whose entity was lost', async () => {
  await withSystem(async ({ orchestrator, tenant, deploymentUid, promote, workflowIds }, world) => {
    for (const n of [1, 2]) {
      await orchestrator.startRollout({ ...start(deploymentUid), model: `filesystem:churn@${n}` }, `r${n}`);
      await promote(`${deploymentUid}/${n}`);
    }
    await env.client.workflow.getHandle(workflowIds.deployment).terminate('lost');
    const rollback = () => orchestrator.command({ tenant, deploymentUid, deployment: 'churn' }, { type: 'rollback', actor: { kind: 'person', name: 'ada' }, reason: 'it loses' }, randomUUID());
    expect((await rollback()).message).toContain('churn@1');
    expect(world.route.champion).toContain('churn_1');
    await expect(rollback()).rejects.toMatchObject({ code: 'LM_COMMAND_REFUSED' });
  });
});

test('with no server it says so in time, is not well, and creating it does not fail', async () => {
  const orchestrator = adapter({ address: '127.0.0.1:9', deadlineMs: 1_000 });
  const begun = performance.now();
  expect(await orchestrator.healthy()).toBe(false);
  await expect(orchestrator.startRollout(start('dep_x'), 'u')).rejects.toMatchObject({ code: 'LM_ORCHESTRATOR_UNAVAILABLE' });
  await expect(orchestrator.deliver({ id: 'o', tenantId: TENANT, deploymentUid: 'd', rolloutId: 'd/1', type: 'idle', atMs: 0 })).rejects.toMatchObject({ code: 'LM_ORCHESTRATOR_UNAVAILABLE' });
  await expect(orchestrator.describe('x')).rejects.toMatchObject({ code: 'LM_ORCHESTRATOR_UNAVAILABLE' });
  expect(performance.now() - begun).toBeLessThan(8_000);
  await orchestrator.close();
});

test('deep links lead to the run in the Temporal UI; workflows are found by their search attributes', async () => {
  await withSystem(async ({ orchestrator, deploymentUid, promote, workflowIds }) => {
    await orchestrator.startRollout(start(deploymentUid), randomUUID());
    await promote(`${deploymentUid}/1`);
    const described = await orchestrator.describe(workflowIds.rollout(`${deploymentUid}/1`));
    expect(described?.link).toBe(`${UI}/namespaces/default/workflows/${encodeURIComponent(workflowIds.rollout(`${deploymentUid}/1`))}/${described?.runId ?? ''}/history`);
    await until('visibility has caught up', async () => {
      for await (const { workflowId } of env.client.workflow.list({ query: 'Deployment = "churn" AND Stage = "first" AND Verdict = "first" AND Model = "filesystem:churn@1"' })) if (workflowId.includes(deploymentUid)) return true;
      return false;
    });
  });
});

test('with a key nothing of a payload is readable on the server', async () => {
  const payloadKey = new Secret(randomBytes(32).toString('base64'));
  await withSystem(async ({ orchestrator, deploymentUid, promote, workflowIds }) => {
    await orchestrator.startRollout({ ...start(deploymentUid), model: 'filesystem:unmistakable@1' }, randomUUID());
    await promote(`${deploymentUid}/1`);
    const { events } = await env.client.workflow.getHandle(workflowIds.rollout(`${deploymentUid}/1`)).fetchHistory();
    const inputs = events!.flatMap((event) => [event.workflowExecutionStartedEventAttributes?.input, event.activityTaskScheduledEventAttributes?.input, event.activityTaskCompletedEventAttributes?.result].flatMap((of) => of?.payloads ?? []));
    expect(inputs.length).toBeGreaterThan(5);
    for (const payload of inputs) expect(Buffer.from(payload.data!).toString('latin1')).not.toContain('unmistakable');
  }, payloadKey);
});

test('with a key no failure is readable on the server, of an activity or of a refused update; verdict and caller still get the words', async () => {
  const payloadKey = new Secret(randomBytes(32).toString('base64'));
  const bundle = join(mkdtempSync(join(tmpdir(), 'lastmile-bundle-')), 'workflows.js');
  writeFileSync(bundle, (await bundleWorkflows(dataConverter(payloadKey))).code);
  await withSystem(async ({ orchestrator, deploymentUid, promote, workflowIds }, world) => {
    const order = (model: string) => orchestrator.startRollout({ ...start(deploymentUid), model }, randomUUID());
    await order('filesystem:churn@1');
    await promote(`${deploymentUid}/1`);
    world.before = { validateModel: () => { throw refused('LM_VALIDATION_FAILED', 'unmistakable: its golden request is wrong'); } };
    await order('filesystem:churn@2');
    await until('it is refused', () => world.rollouts.get(`${deploymentUid}/2`)?.state.outcome === 'refused');
    expect(world.rollouts.get(`${deploymentUid}/2`)?.state.verdict?.text).toContain('unmistakable: its golden request is wrong');
    world.before = {};
    await until('the deployment is free', () => world.status?.activeRollout === null);
    await order('filesystem:unmistakable@3');
    await env.client.workflow.getHandle(workflowIds.deployment).terminate('lost');
    const known = await order('filesystem:churn@4').catch((error: unknown) => error as { code: string; message: string });
    expect(known).toMatchObject({ code: 'LM_ROLLOUT_IN_PROGRESS', message: expect.stringContaining('Rollout 3 is active') as string });
    const histories = await Promise.all([workflowIds.rollout(`${deploymentUid}/2`), workflowIds.deployment].map((id) => env.client.workflow.getHandle(id).fetchHistory()));
    const text = readable(histories);
    expect([...text.matchAll(/Encoded failure/g)].length).toBeGreaterThanOrEqual(2);
    for (const word of ['unmistakable', 'Rollout 3 is active', 'world.ts']) expect(text).not.toContain(word);
  }, payloadKey, bundle);
});

/** What a worker that stops takes with it is missed after its heartbeat's twenty seconds. */
const LOST_MS = 60_000;

test('the key is rotated in the middle of a rollout: it goes on, old payloads and failures are read, new ones are of the new key', async () => {
  const [old, next] = [new Secret(randomBytes(32).toString('base64')), new Secret(randomBytes(32).toString('base64'))];
  const idOf = (key: Secret): string => createHash('sha256').update(Buffer.from(key.reveal(), 'base64')).digest('hex').slice(0, 16);
  const bundle = join(mkdtempSync(join(tmpdir(), 'lastmile-bundle-')), 'workflows.js');
  writeFileSync(bundle, (await bundleWorkflows(dataConverter(old))).code);
  const deploymentUid = `dep_${randomUUID().replaceAll('-', '')}`;
  const [first, second, third] = [1, 2, 3].map((n) => `${deploymentUid}/${n}`) as [string, string, string];
  const allowed = new Set<string>();
  const world = createWorld({ uid: deploymentUid, name: 'churn', policy: { canary: [] }, judge: ({ model }) => (allowed.has(model) ? PROMOTE : COLLECTING) });
  const under = async (current: Secret, others: readonly Secret[], act: (orchestrator: ReturnType<typeof adapter>) => Promise<void>): Promise<void> => {
    const orchestrator = adapter({ payloadKey: current, otherPayloadKeys: others });
    world.describe = (workflowId) => orchestrator.describe(workflowId);
    await withWorkers({ connection: env.nativeConnection, namespace: 'default', bundle, activities: world.activities, options: { dataConverter: dataConverter(current, others) } }, () => act(orchestrator));
    await orchestrator.close();
  };
  const judged = async (orchestrator: ReturnType<typeof adapter>, id: string): Promise<void> => {
    allowed.add(world.rollouts.get(id)!.model);
    await orchestrator.deliver({ id: randomUUID(), tenantId: TENANT, deploymentUid, rolloutId: id, type: 'block-sealed', atMs: 0 });
    await until(`rollout ${id} is promoted`, () => world.status?.rolloutCount === parseRolloutId(id).n && world.status.activeRollout === null, LOST_MS);
  };
  await under(old, [], async (orchestrator) => {
    await orchestrator.startRollout(start(deploymentUid), randomUUID());
    await until('the first is known', () => world.rollouts.has(first));
    await judged(orchestrator, first);
    await orchestrator.startRollout({ ...start(deploymentUid), model: 'filesystem:churn@2' }, randomUUID());
    await until('the second is compared', () => world.rollouts.get(second)?.state.stage === 'shadowing');
  });
  // One process after the other learns the new key, and then uses it.
  await under(old, [next], (orchestrator) => orchestrator.deliver({ id: randomUUID(), tenantId: TENANT, deploymentUid, rolloutId: second, type: 'block-sealed', atMs: 0 }));
  await under(next, [old], async (orchestrator) => {
    await judged(orchestrator, second);
    world.before = { validateModel: () => { throw refused('LM_VALIDATION_FAILED', 'said under the new key'); } };
    await orchestrator.startRollout({ ...start(deploymentUid), model: 'filesystem:churn@3' }, randomUUID());
    await until('the third is refused', () => world.rollouts.get(third)?.state.outcome === 'refused');
    expect(world.rollouts.get(third)?.state.verdict?.text).toContain('said under the new key');
  });
  const keysIn = async (id: string): Promise<ReadonlySet<string>> => {
    const history = readable(await env.client.workflow.getHandle(rolloutWorkflowId(TENANT, id)).fetchHistory());
    return new Set([idOf(old), idOf(next)].filter((each) => history.includes(each)));
  };
  expect([await keysIn(first), await keysIn(second), await keysIn(third)]).toEqual([new Set([idOf(old)]), new Set([idOf(old), idOf(next)]), new Set([idOf(next)])]);
  await env.client.workflow.getHandle(deploymentWorkflowId(TENANT, deploymentUid)).terminate('the test is over').catch(() => undefined);
}, 240_000);

test('the schedule trains and asks for a rollout; changing it keeps it one', async () => {
  await withSystem(async ({ orchestrator, deploymentUid }, world) => {
    const target = { tenant: TENANT, deploymentUid, deployment: 'churn' };
    await orchestrator.putSchedule(target, { everyMs: 86_400_000, specHash: 'old' });
    await orchestrator.putSchedule(target, { everyMs: 3_600_000, specHash: 'new' });
    const handle = env.client.schedule.getHandle(retrainScheduleId(TENANT, deploymentUid));
    const { spec, policies, action } = await handle.describe();
    expect([spec.intervals?.[0]?.every, policies.overlap, policies.catchupWindow]).toEqual([3_600_000, 'BUFFER_ONE', 3_600_000]);
    expect(action).toMatchObject({ workflowType: 'retrain', args: [{ specHash: 'new' }] });
    await handle.trigger();
    await until('a rollout of what was trained is asked for', () => world.calls.includes('requested filesystem:churn@trained'));
    await orchestrator.putSchedule(target, null);
    await expect(handle.describe()).rejects.toThrow();
  });
});
