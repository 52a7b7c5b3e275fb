import { WithStartWorkflowOperation, WorkflowNotFoundError, type Client } from '@temporalio/client';
import type { RolloutRecord } from '../../domain/rollout/record.ts';
import type { ProcessDescription } from '../../ports/orchestrator.ts';
import { deploymentWorkflowId, rolloutWorkflowId } from '../../workflows/ids.ts';
import { evidenceSignal, startRolloutUpdate, type StartRolloutAnswer, type StartRolloutArgs } from '../../workflows/messages.ts';
import { QUEUES } from '../../workflows/task-queues.ts';
import { TENANT, type World } from './world.ts';

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

export function harness(client: Client, world: World): Harness {
  const { deploymentUid: uid, name } = world.route;
  world.describe = (workflowId) => describe(client, workflowId);
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

/** What the orchestrator's adapter says of a workflow. */
export async function describe(client: Client, workflowId: string): Promise<ProcessDescription | null> {
  try {
    const { runId, status } = await client.workflow.getHandle(workflowId).describe();
    return { workflowId, runId, status: status.name, link: null };
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return null;
    throw error;
  }
}

/**
 * Looks again and again, in real time, until it is so. A task that a stopping worker of an earlier test took with it comes back only after the server's own
 * limits (10 s for a workflow task, 30 s for an activity), so the wait outlasts two of them.
 */
export async function until(what: string, isSo: () => boolean | Promise<boolean>, limitMs = 90_000): Promise<void> {
  const end = Date.now() + limitMs;
  while (!await isSo()) {
    if (Date.now() > end) throw new Error(`did not happen in ${limitMs} ms: ${what}`);
    await new Promise((resolve) => { setTimeout(resolve, 20); });
  }
}

/** As the collector does when a block is sealed: the judge is asked soon. */
export async function evidence(h: Harness, n: number): Promise<void> { await h.rollout(n).signal(evidenceSignal, { id: `${h.uid}/${n}/block`, type: 'block-sealed' }); }

/** Puts a first champion in place, so that the next rollout has something to compare with. */
export async function withChampion(h: Harness, model = 'filesystem:churn@1'): Promise<void> {
  await h.start(model);
  await h.rollout(1).result();
  await until('the entity is free', () => h.world.status?.activeRollout === null && h.world.status.phase === 'serving');
}
