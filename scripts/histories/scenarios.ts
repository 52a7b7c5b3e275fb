import { WithStartWorkflowOperation, type Client } from '@temporalio/client';
import type { RolloutPolicy } from '../../domain/deployment.ts';
import type { ApprovalPolicy } from '../../domain/rollout/approval.ts';
import { deploymentWorkflowId, retrainWorkflowId, rolloutWorkflowId } from '../../workflows/ids.ts';
import { abortUpdate, approveUpdate, delegateUpdate, evidenceSignal, pauseUpdate, promoteUpdate, resumeUpdate, rollbackUpdate, startRolloutUpdate, type RetrainInput } from '../../workflows/messages.ts';
import { QUEUES } from '../../workflows/task-queues.ts';
import { COLLECTING, DAY, INCONCLUSIVE, PROMOTE, PROVISIONAL, ROLLBACK, TENANT, variantOf, type Judge, type World } from './world.ts';

/** One life of a deployment whose histories are kept for replay. `keep` names the workflows worth keeping when it is over. */
export interface Scenario {
  readonly name: string;
  readonly judge: Judge;
  readonly canary: RolloutPolicy['canary'];
  readonly approval?: ApprovalPolicy;
  readonly policy?: Partial<RolloutPolicy>;
  readonly contenders?: readonly string[];
  play(stage: Stage): Promise<readonly Kept[]>;
}
export interface Stage { readonly client: Client; readonly world: World; readonly uid: string }
export interface Kept { readonly workflow: 'deployment' | 'rollout' | 'retrain'; readonly workflowId: string; readonly runId?: string; readonly name: string }

const PERSON = { kind: 'person', name: 'ada' } as const;
const BOTH: RolloutPolicy['canary'] = [{ sharePer10k: 500, forMs: 0 }, { sharePer10k: 5_000, forMs: 0 }];
const onlyAgainst = (verdict: ReturnType<Judge>): Judge => ({ model }) => (model.endsWith('@2') ? verdict : COLLECTING);

const RISK: ApprovalPolicy = { before: ['promote'], roles: ['risk'], count: 1, notAuthor: true, deadlineMs: DAY, escalateAfterMs: null, escalateTo: [] };

export const SCENARIOS: readonly Scenario[] = [
  {
    name: 'promoted', judge: onlyAgainst(PROMOTE), canary: BOTH,
    play: async (stage: Stage): Promise<readonly Kept[]> => {
      const last = await secondRollout(stage);
      await until('the entity has taken it', () => stage.world.status?.champion?.model === 'filesystem:churn@2');
      return [rolloutOf(stage, 1, 'first'), { ...last, name: 'promoted' }, { workflow: 'deployment', workflowId: deploymentWorkflowId(TENANT, stage.uid), name: 'promoted' }];
    },
  },
  { name: 'rolled-back', judge: ({ sharePer10k }) => (sharePer10k > 0 ? ROLLBACK : PROMOTE), canary: BOTH, play: async (stage) => [{ ...await secondRollout(stage), name: 'rolled-back' }] },
  { name: 'inconclusive', judge: ({ n }) => (n < 3 ? COLLECTING : INCONCLUSIVE), canary: BOTH, play: async (stage) => [{ ...await secondRollout(stage, pinged), name: 'inconclusive' }] },
  { name: 'split', judge: ({ sharePer10k }) => (sharePer10k > 0 ? PROMOTE : COLLECTING), canary: BOTH, policy: { compare: 'split' }, play: async (stage) => [{ ...await secondRollout(stage, pinged), name: 'split' }] },
  { name: 'provisional', judge: ({ sharePer10k, n }) => (sharePer10k === 10_000 ? ROLLBACK : n > 1 ? PROVISIONAL : COLLECTING), canary: BOTH, policy: { provisional: { minCycles: 1 } }, play: async (stage) => [{ ...await secondRollout(stage, pinged), name: 'provisional' }] },
  {
    name: 'field', canary: BOTH, contenders: ['filesystem:churn@3', 'filesystem:churn@4'],
    judge: ({ model, n }) => (model.endsWith('@2') ? { ...(n === 1 ? COLLECTING : PROMOTE), challenger: variantOf('filesystem:churn@3').variantId, out: n === 1 ? [variantOf('filesystem:churn@4').variantId] : [] } : COLLECTING),
    play: async (stage) => [{ ...await secondRollout(stage, pinged), name: 'field' }],
  },
  {
    name: 'aborted', judge: () => COLLECTING, canary: BOTH,
    play: async (stage) => [{ ...await secondRollout(stage, async (handle) => {
      await handle.executeUpdate(pauseUpdate, { args: [{ actor: PERSON, reason: 'lunch' }] });
      await handle.executeUpdate(resumeUpdate, { args: [{ actor: PERSON, reason: null }] });
      await handle.executeUpdate(abortUpdate, { args: [{ actor: PERSON, reason: 'enough seen' }] });
    }), name: 'aborted' }],
  },
  {
    name: 'promoted-now', judge: () => COLLECTING, canary: BOTH,
    play: async (stage) => [{ ...await secondRollout(stage, async (handle) => { await handle.executeUpdate(promoteUpdate, { args: [{ actor: PERSON, reason: 'it cannot wait' }] }); }), name: 'promoted-now' }],
  },
  {
    name: 'approved', judge: onlyAgainst(PROMOTE), canary: [], approval: RISK,
    play: async (stage: Stage): Promise<readonly Kept[]> => {
      const kept: Kept[] = [{ ...await approved(stage, 1), name: 'first-approved' }];
      stage.world.heldBy = 'frozen by ada (year end)';
      await startRollout(stage.client, stage.uid, 'filesystem:churn@2');
      await until('it is held', () => stage.world.rollouts.get(`${stage.uid}/2`)?.state.heldBy === stage.world.heldBy);
      stage.world.heldBy = null;
      return [...kept, { ...await approved(stage, 2), name: 'approved' }];
    },
  },
  {
    name: 'not-approved', judge: () => COLLECTING, canary: [], approval: { ...RISK, deadlineMs: 6_000, escalateAfterMs: 3_000, escalateTo: ['chief'] },
    play: async (stage: Stage): Promise<readonly Kept[]> => {
      await startRollout(stage.client, stage.uid, 'filesystem:churn@1');
      const kept = rolloutOf(stage, 1, 'not-approved');
      await stage.client.workflow.getHandle(kept.workflowId).result();
      return [kept];
    },
  },
  {
    name: 'went-back', judge: onlyAgainst(PROMOTE), canary: [],
    play: async (stage: Stage): Promise<readonly Kept[]> => {
      const entity = stage.client.workflow.getHandle(deploymentWorkflowId(TENANT, stage.uid));
      await secondRollout(stage);
      await until('the entity has taken it', () => stage.world.status?.champion?.model === 'filesystem:churn@2');
      await startRollout(stage.client, stage.uid, 'filesystem:churn@3');
      await entity.executeUpdate(rollbackUpdate, { args: [{ actor: PERSON, reason: 'it loses' }] });
      await until('all is tidy', () => stage.world.loaded.size === 1 && stage.world.status?.activeRollout === null);
      return [{ ...rolloutOf(stage, 3, 'superseded') }, { workflow: 'deployment', workflowId: entity.workflowId, name: 'went-back' }];
    },
  },
  {
    name: 'restored', judge: onlyAgainst(PROMOTE), canary: [],
    play: async (stage: Stage): Promise<readonly Kept[]> => {
      const entity = stage.client.workflow.getHandle(deploymentWorkflowId(TENANT, stage.uid));
      await secondRollout(stage);
      await until('the entity has taken it', () => stage.world.status?.champion?.model === 'filesystem:churn@2');
      await entity.terminate('lost');
      await startRollout(stage.client, stage.uid, 'filesystem:churn@3');
      await entity.executeUpdate(rollbackUpdate, { args: [{ actor: PERSON, reason: 'it loses' }] });
      await until('all is tidy', () => stage.world.loaded.size === 1 && stage.world.status?.activeRollout === null);
      return [{ workflow: 'deployment', workflowId: entity.workflowId, name: 'restored' }];
    },
  },
  {
    name: 'adopted', judge: () => COLLECTING, canary: [],
    play: async (stage: Stage): Promise<readonly Kept[]> => {
      const entity = stage.client.workflow.getHandle(deploymentWorkflowId(TENANT, stage.uid));
      await secondRollout(stage, async (handle) => {
        await entity.terminate('lost');
        await startRollout(stage.client, stage.uid, 'filesystem:churn@3', 'queue');
        await handle.executeUpdate(abortUpdate, { args: [{ actor: PERSON, reason: 'enough seen' }] });
      });
      await until('the queued one runs', () => stage.world.rollouts.get(`${stage.uid}/3`)?.state.stage === 'shadowing');
      await stage.client.workflow.getHandle(rolloutWorkflowId(TENANT, `${stage.uid}/3`)).terminate('by an operator');
      await until('all is tidy', () => stage.world.loaded.size === 1 && stage.world.status?.activeRollout === null);
      return [{ workflow: 'deployment', workflowId: entity.workflowId, name: 'adopted' }];
    },
  },
  {
    name: 'retrain', judge: () => COLLECTING, canary: BOTH,
    play: async ({ client, uid }: Stage): Promise<readonly Kept[]> => {
      const workflowId = retrainWorkflowId(TENANT, uid);
      const args: [RetrainInput] = [{ tenant: TENANT, deploymentUid: uid, deployment: 'churn', specHash: 'sha256:spec' }];
      await client.workflow.execute('retrain', { workflowId, taskQueue: QUEUES.control, args });
      return [{ workflow: 'retrain', workflowId, name: 'trained' }];
    },
  },
];

/** Needs a server that suggests a new run after few events: the state and its pending news cross over. */
export const CONTINUED: Scenario = {
  name: 'continued', judge: ({ n }) => (n < 12 ? COLLECTING : INCONCLUSIVE), canary: BOTH,
  async play(stage) {
    const last = await secondRollout(stage, pinged);
    const first = await stage.client.workflow.getHandle(last.workflowId, undefined, { followRuns: false }).describe();
    const firstRun = first.raw.workflowExtendedInfo?.originalStartTime === undefined ? undefined : (await firstRunOf(stage.client, last.workflowId));
    return [...(firstRun === undefined ? [] : [{ ...last, runId: firstRun, name: 'continued-first-run' }]), { ...last, name: 'continued-last-run' }];
  },
};

/** The same of an entity: what it remembers crosses over between two rollouts. */
export const CONTINUED_ENTITY: Scenario = {
  name: 'continued-entity', judge: onlyAgainst(PROMOTE), canary: [],
  async play(stage) {
    const workflowId = deploymentWorkflowId(TENANT, stage.uid);
    await secondRollout(stage);
    await until('the entity is free', () => stage.world.status?.activeRollout === null && stage.world.status.rolloutCount === 2);
    const kept = { workflow: 'deployment', workflowId } as const;
    const runId = await firstRunOf(stage.client, workflowId);
    await startRollout(stage.client, stage.uid, 'filesystem:churn@3');
    await stage.client.workflow.getHandle(rolloutWorkflowId(TENANT, `${stage.uid}/3`)).executeUpdate(abortUpdate, { args: [{ actor: PERSON, reason: 'enough seen' }] });
    await until('the entity is free', () => stage.world.status?.activeRollout === null && stage.world.status.rolloutCount === 3);
    return [{ ...kept, runId, name: 'continued-first-run' }, { ...kept, name: 'continued-last-run' }];
  },
};

/** The run at the head of the chain: every later one names it. */
async function firstRunOf(client: Client, workflowId: string): Promise<string> {
  const { events } = await client.workflow.getHandle(workflowId).fetchHistory();
  const started = events?.[0]?.workflowExecutionStartedEventAttributes;
  if (started?.continuedExecutionRunId === undefined || started.continuedExecutionRunId === null || started.continuedExecutionRunId === '') throw new Error('it was not continued as new: the server suggested it too late');
  return started.firstExecutionRunId ?? started.continuedExecutionRunId;
}

function rolloutOf({ uid }: Stage, n: number, name: string): Kept { return { workflow: 'rollout', workflowId: rolloutWorkflowId(TENANT, `${uid}/${String(n)}`), name }; }

type Handle = ReturnType<Client['workflow']['getHandle']>;

/** A first champion, then a second version up to its end, with something done to it while it is in shadow. */
async function secondRollout(stage: Stage, meanwhile: (handle: Handle) => Promise<void> = async () => undefined): Promise<Omit<Kept, 'name'>> {
  const { client, world, uid } = stage;
  await startRollout(client, uid, 'filesystem:churn@1');
  await until('the first serves', () => world.status?.phase === 'serving');
  await startRollout(client, uid, 'filesystem:churn@2');
  const kept = rolloutOf(stage, 2, '');
  const handle = client.workflow.getHandle(kept.workflowId);
  await until('it is in shadow', () => ['shadowing', 'admitting', 'canary', 'promoting', 'undoing', 'done'].includes(world.rollouts.get(`${uid}/2`)?.state.stage ?? ''));
  await meanwhile(handle);
  await handle.result();
  return { workflow: kept.workflow, workflowId: kept.workflowId };
}

/** The right is handed on, and used. */
async function approved({ client, world, uid }: Stage, n: number): Promise<Omit<Kept, 'name'>> {
  const model = `filesystem:churn@${String(n)}`;
  if (n === 1) await startRollout(client, uid, model);
  const record = (): ReturnType<World['rollouts']['get']> => world.rollouts.get(`${uid}/${String(n)}`);
  await until('it waits for approval', () => record()?.state.stage === 'approving');
  const { workflowId } = rolloutOf({ client, world, uid }, n, '');
  const handle = client.workflow.getHandle(workflowId);
  await handle.executeUpdate(delegateUpdate, { args: [{ actor: { kind: 'person', name: 'bea' }, roles: ['risk'], to: 'cy', reason: 'away' }] });
  await handle.executeUpdate(approveUpdate, { args: [{ actor: { kind: 'person', name: 'cy' }, roles: [], digest: variantOf(model).artifactDigest, verdictN: record()?.state.verdict?.n ?? 0, reason: 'looked at it' }] });
  await handle.result();
  await until('the entity has taken it', () => world.status?.champion?.model === model && world.status.activeRollout === null);
  return { workflow: 'rollout', workflowId };
}

/** Sealed blocks come in until it ends. */
async function pinged(handle: Handle): Promise<void> {
  for (let i = 0; i < 40 && (await handle.describe()).status.name === 'RUNNING'; i += 1) {
    await handle.signal(evidenceSignal, { id: `ping-${String(i)}`, type: 'block-sealed' }).catch(() => undefined);
    await new Promise((resolve) => { setTimeout(resolve, 500); });
  }
}

async function startRollout(client: Client, uid: string, model: string, whenBusy: 'refuse' | 'queue' = 'refuse'): Promise<void> {
  await client.workflow.executeUpdateWithStart(startRolloutUpdate, {
    args: [{ specHash: 'sha256:spec', model, actor: PERSON, retry: false, reason: null, whenBusy }],
    startWorkflowOperation: new WithStartWorkflowOperation('deployment', {
      workflowId: deploymentWorkflowId(TENANT, uid), taskQueue: QUEUES.control, workflowIdConflictPolicy: 'USE_EXISTING', args: [{ tenant: TENANT, uid, name: 'churn', carried: null }],
    }),
  });
}

async function until(what: string, isSo: () => boolean): Promise<void> {
  const end = Date.now() + 60_000;
  while (!isSo()) {
    if (Date.now() > end) throw new Error(`did not happen: ${what}`);
    await new Promise((resolve) => { setTimeout(resolve, 20); });
  }
}
