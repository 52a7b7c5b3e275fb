import { Worker, type NativeConnection, type WorkerOptions } from '@temporalio/worker';
import type { Activities } from '../../activities/index.ts';
import { QUEUES } from '../../workflows/task-queues.ts';

/** Runs `work` while workers poll the three queues, then stops them. */
export async function withWorkers<T>(of: { connection: NativeConnection; namespace: string; bundle: string; activities: Activities; options?: Partial<WorkerOptions> }, work: () => Promise<T>): Promise<T> {
  const { connection, namespace, options } = of;
  const activities = { ...of.activities };
  const shared = { connection, namespace, activities, shutdownGraceTime: '200 milliseconds', ...options } as const;
  const workers = await Promise.all([
    Worker.create({ ...shared, taskQueue: QUEUES.control, workflowBundle: { codePath: of.bundle } }),
    Worker.create({ ...shared, taskQueue: QUEUES.io }),
    Worker.create({ ...shared, taskQueue: QUEUES.cpu }),
  ]);
  const running = Promise.all(workers.map((worker) => worker.run()));
  try {
    return await Promise.race([work(), running.then(() => { throw new Error('a worker stopped before the work was done'); })]);
  } finally {
    for (const worker of workers) if (worker.getState() === 'RUNNING') worker.shutdown();
    await running;
  }
}
