import type { RolloutPolicy } from '../../domain/deployment.ts';
import { deploymentWorkflowId, retrainWorkflowId, rolloutWorkflowId } from '../../workflows/ids.ts';
import { pauseUpdate, type RetrainInput } from '../../workflows/messages.ts';
import { QUEUES } from '../../workflows/task-queues.ts';
import { evidence, harness, PERSON, until, withChampion, type Harness } from './harness.ts';
import type { Kept, Scenario, Stage } from './scenarios.ts';
import { COLLECTING, PROMOTE, TENANT, untilCancelled, type Judge } from './world.ts';

/** Lives that are cut in the middle: what an upgrade finds, and must go on with. Of their histories the end is missing on purpose. */
const LONG: RolloutPolicy['canary'] = [{ sharePer10k: 500, forMs: 3_600_000 }, { sharePer10k: 5_000, forMs: 3_600_000 }];
const untilCanary: Judge = ({ model, sharePer10k }) => (model.endsWith('@2') && sharePer10k === 0 ? PROMOTE : COLLECTING);

export const OPEN_SCENARIOS: readonly Scenario[] = [
  { name: 'open-shadow', judge: () => COLLECTING, canary: LONG, play: async (stage: Stage): Promise<readonly Kept[]> => { await inShadow(stage); return [rolloutOf(stage, 'open-shadow'), entityOf(stage, 'open-active-rollout')]; } },
  {
    name: 'open-canary', judge: untilCanary, canary: LONG,
    play: async (stage: Stage): Promise<readonly Kept[]> => {
      const h = await inShadow(stage);
      await until('callers get answers of it', () => h.record(2).state.stage === 'canary' && h.world.route.shares.length === 1, 60_000);
      await asked(h);
      return [rolloutOf(stage, 'open-canary')];
    },
  },
  {
    name: 'open-paused', judge: () => COLLECTING, canary: LONG,
    play: async (stage: Stage): Promise<readonly Kept[]> => {
      const h = await inShadow(stage);
      await h.rollout(2).executeUpdate(pauseUpdate, { args: [{ actor: PERSON, reason: 'lunch' }] });
      await until('it is written', () => h.record(2).state.paused, 60_000);
      return [rolloutOf(stage, 'open-paused')];
    },
  },
  {
    name: 'open-retrain', judge: () => COLLECTING, canary: LONG,
    play: async ({ client, world, uid }: Stage): Promise<readonly Kept[]> => {
      world.before.trainModel = untilCancelled;
      const workflowId = retrainWorkflowId(TENANT, uid);
      const args: [RetrainInput] = [{ tenant: TENANT, deploymentUid: uid, deployment: 'churn', specHash: 'sha256:spec' }];
      await client.workflow.start('retrain', { workflowId, taskQueue: QUEUES.control, args });
      await until('it trains', () => world.calls.includes('trainModel'), 60_000);
      return [{ workflow: 'retrain', workflowId, name: 'open-training' }];
    },
  },
];

/** A first champion and a second version that is asked about while it is in shadow. */
async function inShadow({ client, world }: Stage): Promise<Harness> {
  const h = harness(client, world);
  await withChampion(h);
  await h.start('filesystem:churn@2');
  await until('it is in shadow', () => ['shadowing', 'canary'].includes(world.rollouts.get(`${h.uid}/2`)?.state.stage ?? ''), 60_000);
  await asked(h);
  return h;
}

/** The judge has spoken once more. */
async function asked(h: Harness): Promise<void> {
  const before = h.world.verdicts.length;
  await evidence(h, 2);
  await until('the judge has spoken', () => h.world.verdicts.length > before, 60_000);
}

function rolloutOf({ uid }: Stage, name: string): Kept { return { workflow: 'rollout', workflowId: rolloutWorkflowId(TENANT, `${uid}/2`), name }; }
function entityOf({ uid }: Stage, name: string): Kept { return { workflow: 'deployment', workflowId: deploymentWorkflowId(TENANT, uid), name }; }
