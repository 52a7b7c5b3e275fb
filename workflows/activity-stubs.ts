import { ActivityCancellationType, proxyActivities, type ActivityInterfaceFor, type ActivityOptions } from '@temporalio/workflow';
import type { Activities } from '../activities/index.ts';
import { QUEUES } from './task-queues.ts';

const QUICK: ActivityOptions = { taskQueue: QUEUES.control, startToCloseTimeout: '20 seconds', retry: { initialInterval: '500 milliseconds', maximumInterval: '30 seconds' } };
/** Cancelled work is waited for: what follows must not overtake it. */
const LONG: ActivityOptions = {
  taskQueue: QUEUES.io, startToCloseTimeout: '10 minutes', heartbeatTimeout: '20 seconds',
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED, retry: { initialInterval: '1 second', maximumInterval: '30 seconds' },
};

/** One document each; tried until the store answers. */
export const quick = proxyActivities<Pick<Activities, 'readPolicy' | 'setShadows' | 'setShare' | 'setChampion' | 'removeVariant' | 'steerRoute' | 'endDeployment' | 'openComparison' | 'recordVerdict' | 'projectRollout' | 'projectDeployment' | 'restoreDeployment' | 'settleRollout' | 'audit' | 'requestRollout' | 'readKill'>>(QUICK);

/** Reads a registry or a server that is not ours: an end in sight, so that no rollout validates for ever. */
export const checks = proxyActivities<Pick<Activities, 'validateModel'>>({ ...QUICK, taskQueue: QUEUES.io, startToCloseTimeout: '2 minutes', scheduleToCloseTimeout: '10 minutes' });
export const packing = proxyActivities<Pick<Activities, 'packageModel'>>({ ...QUICK, taskQueue: QUEUES.cpu, startToCloseTimeout: '10 minutes', scheduleToCloseTimeout: '30 minutes' });
export const loading = proxyActivities<Pick<Activities, 'loadVariant'>>({ ...LONG, scheduleToCloseTimeout: '20 minutes' });

/** Waits and undo steps: tried without end, since giving up would leave traffic in doubt. */
export const lasting = proxyActivities<Pick<Activities, 'awaitApplied' | 'unloadVariant'>>(LONG);

/** A worker that dies while it judges is found out by its silence: a rollback must not wait for the whole time that a judgement may take. */
export const judging = proxyActivities<Pick<Activities, 'judge'>>({ ...QUICK, taskQueue: QUEUES.cpu, startToCloseTimeout: '2 minutes', heartbeatTimeout: '20 seconds' });
/** External metrics: asked again until the stores answer; what a source does not answer is an answer. */
export const measuring = proxyActivities<Pick<Activities, 'measure'>>({ ...QUICK, taskQueue: QUEUES.io, startToCloseTimeout: '2 minutes', heartbeatTimeout: '20 seconds' });
/** Telling people never holds a rollout for more than an hour. */
export const telling = proxyActivities<Pick<Activities, 'notify'>>({ ...QUICK, taskQueue: QUEUES.io, startToCloseTimeout: '30 seconds', scheduleToCloseTimeout: '1 hour' });

/** Training may take as long as the spec allows, and a little for publishing. */
export function trainingFor(timeoutMs: number): ActivityInterfaceFor<Pick<Activities, 'trainModel'>> {
  return proxyActivities<Pick<Activities, 'trainModel'>>({ ...LONG, startToCloseTimeout: timeoutMs + 5 * 60_000, retry: { initialInterval: '10 seconds', maximumAttempts: 3 } });
}
