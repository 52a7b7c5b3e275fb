import { Client, WithStartWorkflowOperation } from '@temporalio/client';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { DefaultLogger, makeTelemetryFilterString, Runtime } from '@temporalio/worker';
import { withWorkers } from '../../scripts/histories/workers.ts';
import { TENANT, type World } from '../../scripts/histories/world.ts';
import type { RolloutRecord } from '../../domain/rollout/record.ts';
import { deploymentWorkflowId, rolloutWorkflowId } from '../../workflows/ids.ts';
import { SEARCH, startRolloutUpdate, type StartRolloutAnswer, type StartRolloutArgs } from '../../workflows/messages.ts';
import { QUEUES } from '../../workflows/task-queues.ts';

/** Temporal for tests: real servers, the prebuilt bundle, and a quiet log. */
export function quietRuntime(): void {
  Runtime.install({ logger: new DefaultLogger('ERROR'), telemetryOptions: { logging: { filter: makeTelemetryFilterString({ core: 'WARN', other: 'ERROR' }), console: {} } } });
}

export function needed(name: string): string {
  const value = process.env[name];
  if (value === undefined || value === '') throw new Error(`${name} is not set: run this suite through npm test, which starts the servers`);
  return value;
}

export function bundlePath(): string { return needed('WORKFLOW_BUNDLE'); }

/** The SDK gives an ephemeral server five seconds to start, which a busy machine may not keep. */
async function started(start: () => Promise<TestWorkflowEnvironment>): Promise<TestWorkflowEnvironment> {
  for (let attempt = 1; ; attempt += 1) {
    try { return await start(); } catch (error) { if (attempt === 4) throw error; }
  }
}

/** A time-skipping server of its own. Never run workflows concurrently in it: one entity with its rollout at a time. */
export async function timeSkipping(): Promise<TestWorkflowEnvironment> {
  const path = needed('TEST_TEMPORAL_TEST_SERVER');
  const env = await started(() => TestWorkflowEnvironment.createTimeSkipping({ server: { executable: { type: 'existing-path', path } } }));
  await env.connection.operatorService.addSearchAttributes({ namespace: 'default', searchAttributes: Object.fromEntries(Object.values(SEARCH).map(({ name }) => [name, 2])) });
  return env;
}

/** A dev server of its own: schedules, visibility, real history rules. */
export function devServer(extraArgs: string[] = []): Promise<TestWorkflowEnvironment> {
  const path = needed('TEST_TEMPORAL_CLI');
  return started(() => TestWorkflowEnvironment.createLocal({
    server: {
      executable: { type: 'existing-path', path }, log: { format: 'json', level: 'error' }, searchAttributes: Object.values(SEARCH),
      extraArgs: ['--dynamic-config-value', 'history.transferProcessorMaxPollRPS=1000', '--dynamic-config-value', 'history.timerProcessorMaxPollRPS=1000', ...extraArgs],
    },
  }));
}

/** One deployment in a world of fakes: what a test says to it and what it may look at. */
export interface Harness {
  readonly client: Client;
  readonly uid: string;
  readonly world: World;
  start(model: string, of?: Partial<StartRolloutArgs> & { updateId?: string }): Promise<StartRolloutAnswer>;
  rollout(n: number): ReturnType<Client['workflow']['getHandle']>;
  entity(): ReturnType<Client['workflow']['getHandle']>;
  record(n: number): RolloutRecord;
}

export const PERSON = { kind: 'person', name: 'ada' } as const;

export function harness(env: TestWorkflowEnvironment, world: World): Harness {
  const { client } = env;
  const { deploymentUid: uid, name } = world.route;
  return {
    client, uid, world,
    async start(model, { updateId, ...of } = {}) {
      const operation = new WithStartWorkflowOperation('deployment', {
        workflowId: deploymentWorkflowId(TENANT, uid), taskQueue: QUEUES.control, workflowIdConflictPolicy: 'USE_EXISTING', args: [{ tenant: TENANT, uid, name, carried: null }],
      });
      const args: StartRolloutArgs = { specHash: 'sha256:spec', model, actor: PERSON, retry: false, reason: null, whenBusy: 'refuse', ...of };
      return client.workflow.executeUpdateWithStart(startRolloutUpdate, { args: [args], startWorkflowOperation: operation, ...(updateId === undefined ? {} : { updateId }) });
    },
    rollout: (n) => client.workflow.getHandle(rolloutWorkflowId(TENANT, `${uid}/${n}`)),
    entity: () => client.workflow.getHandle(deploymentWorkflowId(TENANT, uid)),
    record(n) {
      const record = world.rollouts.get(`${uid}/${n}`);
      if (record === undefined) throw new Error(`no projection of rollout ${n}; there are ${[...world.rollouts.keys()].join(', ')}`);
      return record;
    },
  };
}

/**
 * Runs `work` with workers on `world`. The entity is left idle: one that is terminated in the middle of a workflow task makes
 * a time-skipping server wait for that task for ever, and then time no longer skips.
 */
export async function inWorld<T>(env: TestWorkflowEnvironment, world: World, work: (harness: Harness) => Promise<T>): Promise<T> {
  const h = harness(env, world);
  return withWorkers({ connection: env.nativeConnection, namespace: env.namespace ?? 'default', bundle: bundlePath(), activities: world.activities }, async () => {
    const result = await work(h);
    await settled(h);
    return result;
  });
}

/** What was left to write is written: the history of the entity no longer grows. */
async function settled(h: Harness): Promise<void> {
  let length = -1;
  await until('the entity is quiet', async () => {
    await new Promise((resolve) => { setTimeout(resolve, 150); });
    const before = length;
    length = (await h.entity().describe()).historyLength;
    return length === before;
  });
}

/** Looks again and again, in real time, until it is so. */
export async function until(what: string, isSo: () => boolean | Promise<boolean>, limitMs = 15_000): Promise<void> {
  const end = Date.now() + limitMs;
  while (!await isSo()) {
    if (Date.now() > end) throw new Error(`did not happen in ${limitMs} ms: ${what}`);
    await new Promise((resolve) => { setTimeout(resolve, 20); });
  }
}

/** The stage that the projection of a rollout shows. */
export async function untilStage(h: Harness, n: number, stage: string): Promise<void> {
  await until(`rollout ${n} is ${stage}`, () => h.world.rollouts.get(`${h.uid}/${n}`)?.state.stage === stage);
}

/** Puts a first champion in place, so that the next rollout has something to compare with. */
export async function withChampion(h: Harness, model = 'filesystem:churn@1'): Promise<void> {
  await h.start(model);
  await h.rollout(1).result();
  await until('the entity is free', () => h.world.status?.activeRollout === null && h.world.status.phase === 'serving');
}
