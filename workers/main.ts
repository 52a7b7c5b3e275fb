import { setTimeout as delay } from 'node:timers/promises';
import { DefaultLogger, NativeConnection, Runtime, Worker, type WorkerOptions } from '@temporalio/worker';
import { createActivities } from '../activities/create.ts';
import { dataConverter } from '../adapters/orchestrator/_shared/data-converter.ts';
import type { Config } from '../config/load.ts';
import { describeError, type Log } from '../config/log.ts';
import { runProcess, type Running } from '../config/run.ts';
import { QUEUES } from '../workflows/task-queues.ts';
import { bundleWorkflows } from './bundle.ts';
import { startDriftNotices } from './drift-notices.ts';
import { startHeartbeat } from './heartbeat.ts';
import { startRelay } from './relay.ts';
import { wire } from './wiring.ts';

/** How long Temporal and MongoDB may take to come up. */
const PATIENCE_MS = 60_000;
/** Activities get this long to end when the worker stops; then their heartbeats stop and others take them over. */
const GRACE = '8 seconds';
/**
 * Workflow code runs on one thread: more tasks at once only make each slower. Twenty at once, replaying after a restart on a busy machine, all passed their ten
 * seconds, were handed out again and passed them again, for as long as the machine was busy.
 */
const WORKFLOW_TASKS = 5;

await runProcess('worker', start);

async function start(config: Config, log: Log): Promise<Running> {
  Runtime.install({ logger: new DefaultLogger('WARN', ({ level, message, meta }) => { log.warn(message, { from: 'temporal', at: level, ...meta }); }), shutdownSignals: [] });
  const ports = wire(config, log);
  const converter = dataConverter(config.payloadKey, config.otherPayloadKeys);
  const [connection, workflowBundle] = await Promise.all([
    patiently(log, () => NativeConnection.connect({ address: config.temporal.address })), bundleWorkflows(converter), patiently(log, () => ports.stores.prepare()),
  ]);
  const activities = createActivities(ports);
  // Worker versioning is off: every worker runs the newest code, and patches.ts with the recorded histories keeps old runs replayable.
  // A fleet that ramps releases sets workerDeploymentOptions here, with AUTO_UPGRADE: pinning would hold a rollout of weeks on one release (decision D7).
  const common = { connection, namespace: config.temporal.namespace, dataConverter: converter, activities, shutdownGraceTime: GRACE } satisfies Partial<WorkerOptions>;
  const workers = await Promise.all([
    // A worker that was killed leaves its workflows' next task on its own sticky queue for this long: shorter than any caller waits for an update.
    Worker.create({ ...common, taskQueue: QUEUES.control, workflowBundle, stickyQueueScheduleToStartTimeout: '2 seconds', maxConcurrentWorkflowTaskExecutions: WORKFLOW_TASKS, maxConcurrentActivityTaskExecutions: 20, maxCachedWorkflows: 200 }),
    Worker.create({ ...common, taskQueue: QUEUES.io, maxConcurrentActivityTaskExecutions: 20 }),
    Worker.create({ ...common, taskQueue: QUEUES.cpu, maxConcurrentActivityTaskExecutions: 2 }),
  ]);
  const running = Promise.all(workers.map((worker) => worker.run()));
  running.catch((error: unknown) => { log.error('the worker ended', { error }); process.exit(1); });
  const relay = await startRelay(ports.stores.outbox, ports.orchestrator, log);
  const driftNotices = startDriftNotices({ ...ports, log });
  const well = async (): Promise<boolean> => workers.every((worker) => worker.getState() === 'RUNNING') && (await ports.stores.healthy()) && (await ports.orchestrator.healthy());
  const heartbeat = config.workerHeartbeatFile === null ? null : startHeartbeat(config.workerHeartbeatFile, well);
  return {
    async stop() {
      await heartbeat?.stop();
      await relay.stop();
      await driftNotices.stop();
      for (const worker of workers) worker.shutdown();
      await running;
      await connection.close();
      await ports.orchestrator.close();
      await ports.stores.close();
    },
  };
}

/** Tries until it works or patience ends: at a common start nobody is up first. */
async function patiently<T>(log: Log, attempt: () => Promise<T>): Promise<T> {
  for (const until = Date.now() + PATIENCE_MS; ;) {
    try {
      return await attempt();
    } catch (error) {
      if (Date.now() > until) throw error;
      log.info('waiting', { because: describeError(error) });
      await delay(500);
    }
  }
}
