import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { evidence, PERSON, until, withChampion, type Harness } from '../../scripts/histories/harness.ts';
import { createWorld, PROMOTE, ROLLBACK } from '../../scripts/histories/world.ts';
import { rollbackUpdate } from '../../workflows/messages.ts';
import { devServer, inWorld, quietRuntime } from '../support/temporal.ts';

/** The server itself suggests a new run after few events, where it would after thousands. */
let env: TestWorkflowEnvironment;
beforeAll(async () => { quietRuntime(); env = await devServer(['--dynamic-config-value', 'limit.historyCount.suggestContinueAsNew=60']); });
afterAll(() => env.teardown());

const say = { actor: PERSON, reason: 'because' };
const runOf = async (h: Harness): Promise<string> => (await h.entity().describe()).runId;

async function through(h: Harness, model: string, n: number): Promise<void> {
  await h.start(model, { updateId: `try ${n}` });
  await until(`rollout ${n} runs`, () => h.world.rollouts.has(`${h.uid}/${n}`));
  await evidence(h, n);
  await h.rollout(n).result();
  await until('the deployment is free', () => h.world.status?.activeRollout === null && h.world.status.rolloutCount === n);
}

test('an entity with a long history goes on in a new run and forgets nothing', async () => {
  const world = createWorld({ uid: 'dep_long', name: 'churn', policy: { canary: [] }, judge: ({ model }) => (model.endsWith('@3') ? ROLLBACK : PROMOTE) });
  await inWorld(env, world, async (h) => {
    await withChampion(h);
    const first = await runOf(h);
    await through(h, 'filesystem:churn@2', 2);
    await h.entity().executeUpdate(rollbackUpdate, { args: [say] });
    for (const n of [3, 4, 5]) await through(h, `filesystem:churn@${n}`, n);
    await until('it goes on in a new run', async () => await runOf(h) !== first);
    const { events } = await h.entity().fetchHistory();
    expect(events?.[0]?.workflowExecutionStartedEventAttributes?.continuedExecutionRunId).toBeTruthy();
    expect(world.calls.filter((name) => name === 'restoreDeployment')).toHaveLength(1);

    for (const model of ['filesystem:churn@2', 'filesystem:churn@3']) await expect(h.start(model)).rejects.toMatchObject({ cause: { type: 'LM_ALREADY_TRIED' } });
    expect(await h.start('filesystem:churn@2', { updateId: 'try 2' })).toEqual({ rolloutId: `${h.uid}/2`, n: 2, state: 'started' });
    expect(world.status).toMatchObject({ rolloutCount: 5, champion: { model: 'filesystem:churn@5' }, lastGood: [{ model: 'filesystem:churn@4' }, { model: 'filesystem:churn@1' }] });
    await h.entity().executeUpdate(rollbackUpdate, { args: [say] });
    expect(world.route.champion).toContain('churn_4');
    // Had the count of audited changes not crossed over, the second would have the id of the first and be left out.
    await until('both ways back are audited', () => world.audits.filter(({ action }) => action === 'deployment.rolled-back').length === 2);
    await through(h, 'filesystem:churn@6', 6);
    expect(h.record(6)).toMatchObject({ champion: { model: 'filesystem:churn@4' }, state: { outcome: 'promoted' } });
  });
});

test('an entity goes on in a new run long before a server suggests it, so that a worker that starts has little to replay', async () => {
  const usual = await devServer([]);
  try {
    const world = createWorld({ uid: 'dep_brief', name: 'churn', policy: { canary: [] }, judge: () => PROMOTE });
    await inWorld(usual, world, async (h) => {
      await withChampion(h);
      const first = await runOf(h);
      for (let n = 2; n <= 30 && await runOf(h) === first; n += 1) await through(h, `filesystem:churn@${n}`, n);
      await until('it goes on in a new run', async () => await runOf(h) !== first);
      const { historyLength } = await usual.client.workflow.getHandle(h.entity().workflowId, first).describe();
      expect(historyLength).toBeGreaterThanOrEqual(500);
      expect(historyLength).toBeLessThan(650);
    });
  } finally { await usual.teardown(); }
}, 180_000);
