import { TestWorkflowEnvironment } from '@temporalio/testing';
import { DefaultLogger, makeTelemetryFilterString, Runtime } from '@temporalio/worker';
import { harness, until, type Harness } from '../../scripts/histories/harness.ts';
import { withWorkers } from '../../scripts/histories/workers.ts';
import type { World } from '../../scripts/histories/world.ts';
import { SEARCH } from '../../workflows/messages.ts';

/** Temporal for tests: real servers, the prebuilt bundle, and a quiet log. */
export function quietRuntime(): void {
  Runtime.install({ logger: new DefaultLogger('ERROR', () => undefined), telemetryOptions: { logging: { filter: makeTelemetryFilterString({ core: 'ERROR', other: 'ERROR' }), forward: {} } } });
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

/**
 * Runs `work` with workers on `world`. The entity is left idle: one that is terminated in the middle of a workflow task makes
 * a time-skipping server wait for that task for ever, and then time no longer skips.
 */
export async function inWorld<T>(env: TestWorkflowEnvironment, world: World, work: (harness: Harness) => Promise<T>): Promise<T> {
  const h = harness(env.client, world);
  return withWorkers({ connection: env.nativeConnection, namespace: env.namespace ?? 'default', bundle: bundlePath(), activities: world.activities }, async () => {
    try { return await work(h); } finally { await untilIdle(h.entity()).catch(() => undefined); }
  });
}

/**
 * The stage that the projection of a rollout shows, with no activity under way: a time-skipping server does not answer any more
 * when an activity is cancelled that it has scheduled but not handed out yet (ACTIVITY_UNKNOWN).
 */
export async function untilStage(h: Harness, n: number, stage: string): Promise<void> {
  await until(`rollout ${n} is ${stage}`, () => h.world.rollouts.get(`${h.uid}/${n}`)?.state.stage === stage);
  await untilIdle(h.rollout(n));
}

/** No activity is under way, at two looks in a row. */
async function untilIdle(handle: { describe(): Promise<{ historyLength: number; raw: { pendingActivities?: unknown[] | null } }> }): Promise<void> {
  let length = -1;
  await until('the workflow only waits', async () => {
    await new Promise((resolve) => { setTimeout(resolve, 100); });
    const before = length;
    const { historyLength, raw } = await handle.describe();
    length = historyLength;
    return length === before && (raw.pendingActivities ?? []).length === 0;
  });
}
