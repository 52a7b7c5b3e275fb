import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { evidence, PERSON, until, withChampion, type Harness } from '../../scripts/histories/harness.ts';
import { COLLECTING, createWorld, PROMOTE, ROLLBACK, TENANT, variantOf, type Judge, type World } from '../../scripts/histories/world.ts';
import { deploymentWorkflowId } from '../../workflows/ids.ts';
import { abortUpdate, rollbackUpdate } from '../../workflows/messages.ts';
import { devServer, inWorld, quietRuntime, untilStage } from '../support/temporal.ts';

let env: TestWorkflowEnvironment;
beforeAll(async () => { quietRuntime(); env = await devServer(); });
afterAll(() => env.teardown());

const say = { actor: PERSON, reason: 'because' };
let tests = 0;
async function deploymentOf(judge: Judge, check: (h: Harness, world: World) => Promise<void>): Promise<void> {
  tests += 1;
  const world = createWorld({ uid: `dep_d${tests}`, name: 'churn', policy: { canary: [] }, judge });
  await inWorld(env, world, async (h) => { await withChampion(h); await check(h, world); });
}
/** Evidence comes at once; the rollout ends by its judge. */
async function ended(h: Harness, n: number): Promise<unknown> {
  await until(`rollout ${n} runs`, () => h.world.rollouts.has(`${h.uid}/${n}`));
  await evidence(h, n);
  return h.rollout(n).result();
}
/** A rollout that is over for the entity too, so that the next one may begin. */
async function through(h: Harness, model: string, n: number): Promise<void> {
  await h.start(model);
  await ended(h, n);
  await until('the deployment is free', () => h.world.status?.activeRollout === null && h.world.status.rolloutCount === n);
}
const id = (model: string): string => variantOf(model).variantId;

test('refuse: the second start is turned away by code and names the first; nothing of it is kept', async () => {
  await deploymentOf(() => COLLECTING, async (h, world) => {
    await h.start('filesystem:churn@2');
    await expect(h.start('filesystem:churn@3')).rejects.toMatchObject({ cause: { type: 'LM_ROLLOUT_IN_PROGRESS', details: [{ rollout: 2 }] } });
    expect(world.status).toMatchObject({ rolloutCount: 2, activeRollout: `${h.uid}/2` });
    await h.rollout(2).executeUpdate(abortUpdate, { args: [say] });
    await h.rollout(2).result();
  });
});

test('queue: they run one after another, in order, against the champion of their time', async () => {
  await deploymentOf(() => PROMOTE, async (h) => {
    await h.start('filesystem:churn@2');
    for (const model of ['filesystem:churn@3', 'filesystem:churn@4']) expect(await h.start(model, { whenBusy: 'queue' })).toEqual({ rolloutId: null, n: null, state: 'queued' });
    for (const n of [2, 3, 4]) await ended(h, n);
    expect([2, 3, 4].map((n) => [h.record(n).model, h.record(n).champion?.model])).toEqual([['filesystem:churn@2', 'filesystem:churn@1'], ['filesystem:churn@3', 'filesystem:churn@2'], ['filesystem:churn@4', 'filesystem:churn@3']]);
  });
});

test('supersede: the running one is undone, the queue is emptied, the newest runs', async () => {
  await deploymentOf(({ model }) => (model.endsWith('@4') ? PROMOTE : COLLECTING), async (h, world) => {
    await h.start('filesystem:churn@2');
    await h.start('filesystem:churn@3', { whenBusy: 'queue' });
    await h.start('filesystem:churn@4', { whenBusy: 'supersede' });
    expect(await h.rollout(2).result()).toMatchObject({ outcome: 'superseded' });
    expect(await ended(h, 3)).toMatchObject({ outcome: 'promoted' });
    expect(h.record(3).model).toBe('filesystem:churn@4');
    expect(world.loaded.has(id('filesystem:churn@2'))).toBe(false);
    expect(world.audits.map(({ action }) => action)).toContain('rollout.dropped');
  });
});

test('a repeated start, by update id, answers the same and starts nothing', async () => {
  await deploymentOf(() => PROMOTE, async (h, world) => {
    const first = await h.start('filesystem:churn@2', { updateId: 'once' });
    await ended(h, 2);
    expect(await h.start('filesystem:churn@2', { updateId: 'once' })).toEqual(first);
    expect(world.status?.rolloutCount).toBe(2);
  });
});

test('what was rolled back is not tried again without retry and a reason', async () => {
  let verdict: typeof ROLLBACK | typeof PROMOTE = ROLLBACK;
  await deploymentOf(() => verdict, async (h) => {
    await through(h, 'filesystem:churn@2', 2);
    await expect(h.start('filesystem:churn@2')).rejects.toMatchObject({ cause: { type: 'LM_ALREADY_TRIED' } });
    await expect(h.start('filesystem:churn@2', { retry: true })).rejects.toMatchObject({ cause: { type: 'LM_ALREADY_TRIED' } });
    verdict = PROMOTE;
    expect(await h.start('filesystem:churn@2', { retry: true, reason: 'the feed was wrong' })).toMatchObject({ n: 3 });
    expect(await ended(h, 3)).toMatchObject({ outcome: 'promoted' });
  });
});

test('two last goods stay loaded; the third is taken out of the route, then out of memory', async () => {
  await deploymentOf(() => PROMOTE, async (h, world) => {
    for (const n of [2, 3, 4]) await through(h, `filesystem:churn@${n}`, n);
    await until('the oldest is unloaded', () => !world.loaded.has(id('filesystem:churn@1')));
    expect([...world.loaded]).toEqual([2, 3, 4].map((n) => id(`filesystem:churn@${n}`)));
    expect(world.route).toMatchObject({ champion: id('filesystem:churn@4'), lastGood: [id('filesystem:churn@3'), id('filesystem:churn@2')] });
    expect(world.status?.lastGood.map(({ model }) => model)).toEqual(['filesystem:churn@3', 'filesystem:churn@2']);
  });
});

test('rollback: the last good decides at once, the one that lost it is unloaded and not tried again', async () => {
  await deploymentOf(() => PROMOTE, async (h, world) => {
    await expect(h.entity().executeUpdate(rollbackUpdate, { args: [say] })).rejects.toMatchObject({ cause: { type: 'LM_COMMAND_REFUSED' } });
    await through(h, 'filesystem:churn@2', 2);
    expect(await h.entity().executeUpdate(rollbackUpdate, { args: [say] })).toMatchObject({ message: expect.stringContaining('churn@1') as string });
    expect(world.route.champion).toBe(id('filesystem:churn@1'));
    await until('the other is unloaded', () => !world.loaded.has(id('filesystem:churn@2')));
    expect(world.route.lastGood).toEqual([]);
    expect(world.status).toMatchObject({ champion: { model: 'filesystem:churn@1' }, lastGood: [] });
    expect(world.audits.find(({ action }) => action === 'deployment.rolled-back')).toMatchObject({ actor: PERSON, reason: 'because', subject: h.uid });
    await expect(h.start('filesystem:churn@2')).rejects.toMatchObject({ cause: { type: 'LM_ALREADY_TRIED' } });
  });
});

test('rollback during a rollout: traffic first, then the rollout gives way', async () => {
  await deploymentOf(({ model }) => (model.endsWith('@2') ? PROMOTE : COLLECTING), async (h, world) => {
    await through(h, 'filesystem:churn@2', 2);
    await h.start('filesystem:churn@3');
    await untilStage(h, 3, 'shadowing');
    await h.entity().executeUpdate(rollbackUpdate, { args: [say] });
    expect(world.route.champion).toBe(id('filesystem:churn@1'));
    expect(await h.rollout(3).result()).toMatchObject({ outcome: 'superseded' });
    await until('all is tidy', () => world.loaded.size === 1);
    expect(world.route).toMatchObject({ champion: id('filesystem:churn@1'), shares: [], shadows: [] });
  });
});

test('a rollout that was terminated from outside frees its place, and leaves nothing in route and memory', async () => {
  await deploymentOf(({ model }) => (model.endsWith('@3') ? PROMOTE : COLLECTING), async (h, world) => {
    await h.start('filesystem:churn@2');
    await untilStage(h, 2, 'shadowing');
    expect(world.route.shadows).toHaveLength(1);
    await h.rollout(2).terminate('by an operator');
    await until('the deployment is free', () => world.status?.activeRollout === null);
    expect(world.status?.message).toContain('aborted');
    expect(world.route.shadows).toEqual([]);
    expect(h.record(2)).toMatchObject({ state: { stage: 'done', outcome: 'aborted' }, endedAtMs: expect.any(Number) as number });
    expect(await h.start('filesystem:churn@3')).toMatchObject({ n: 3 });
    await untilStage(h, 3, 'shadowing');
    expect([...world.loaded].sort()).toEqual([1, 3].map((n) => id(`filesystem:churn@${n}`)));
  });
});

test('a number that exists already is passed over: its evidence must not be taken for another rollout\'s', async () => {
  await deploymentOf(() => PROMOTE, async (h, world) => {
    await h.entity().terminate('lost');
    world.status = null;
    world.rollouts.clear();
    expect(await h.start('filesystem:churn@9')).toEqual({ rolloutId: `${h.uid}/2`, n: 2, state: 'started' });
    expect(await ended(h, 2)).toMatchObject({ outcome: 'promoted' });
    expect(h.record(2).champion?.variantId).toBe(id('filesystem:churn@1'));
    expect(deploymentWorkflowId(TENANT, h.uid)).toBe(h.entity().workflowId);
  });
});

describe('an entity that was lost', () => {
  test('knows champion, last good, numbers, what was tried and how much it audited', async () => {
    await deploymentOf(({ model }) => (model.endsWith('@3') ? ROLLBACK : PROMOTE), async (h, world) => {
      await through(h, 'filesystem:churn@2', 2);
      await through(h, 'filesystem:churn@3', 3);
      await through(h, 'filesystem:churn@4', 4);
      await h.entity().executeUpdate(rollbackUpdate, { args: [say] });
      await until('what lost it is unloaded', () => !world.loaded.has(id('filesystem:churn@4')));
      // The projection is written behind the answer: an entity that ends before it leaves an older status.
      await until('the way back is written', () => world.status?.champion?.model === 'filesystem:churn@2' && world.status.lastGood.length === 1);
      const before = { status: world.status! };
      await h.entity().terminate('lost');
      for (const model of ['filesystem:churn@3', 'filesystem:churn@4']) await expect(h.start(model)).rejects.toMatchObject({ cause: { type: 'LM_ALREADY_TRIED' } });
      const { champion, lastGood, rolloutCount } = before.status;
      await until('it is written', () => world.status!.revision > before.status.revision);
      expect(world.status).toMatchObject({ champion, lastGood, rolloutCount, phase: 'serving', activeRollout: null });
      expect([champion?.model, lastGood.map(({ model }) => model)]).toEqual(['filesystem:churn@2', ['filesystem:churn@1']]);
      await h.entity().executeUpdate(rollbackUpdate, { args: [say] });
      expect(world.route.champion).toBe(id('filesystem:churn@1'));
      await until('the rest is tidy', () => world.loaded.size === 1);
      await until('it is audited', () => world.audits.filter(({ action }) => action === 'deployment.rolled-back').length === 2);
      expect(world.audits.map(({ action }) => action)).toContain('deployment.restored');
      expect(await h.start('filesystem:churn@5')).toMatchObject({ n: 5 });
      expect(await ended(h, 5)).toMatchObject({ outcome: 'promoted' });
      expect(h.record(5).champion?.model).toBe('filesystem:churn@1');
    });
  });

  test('finds the rollout that still runs, starts no second one beside it, and hears its end', async () => {
    await deploymentOf(() => PROMOTE, async (h, world) => {
      await h.start('filesystem:churn@2');
      await untilStage(h, 2, 'shadowing');
      await h.entity().terminate('lost');
      await expect(h.start('filesystem:churn@3')).rejects.toMatchObject({ cause: { type: 'LM_ROLLOUT_IN_PROGRESS', details: [{ rollout: 2, late: true }] } });
      await expect(h.start('filesystem:churn@3')).rejects.toMatchObject({ cause: { type: 'LM_ROLLOUT_IN_PROGRESS', details: [{ rollout: 2 }] } });
      expect(world.status).toMatchObject({ activeRollout: `${h.uid}/2`, phase: 'rolling-out', challenger: { model: 'filesystem:churn@2' } });
      expect(await h.start('filesystem:churn@3', { whenBusy: 'queue' })).toMatchObject({ state: 'queued' });
      expect(await ended(h, 2)).toMatchObject({ outcome: 'promoted' });
      expect(await ended(h, 3)).toMatchObject({ outcome: 'promoted' });
      expect(h.record(3).champion?.model).toBe('filesystem:churn@2');
      await until('it is known', () => world.status?.champion?.model === 'filesystem:churn@3');
      expect(world.status?.lastGood.map(({ model }) => model)).toEqual(['filesystem:churn@2', 'filesystem:churn@1']);
    });
  });

  test('takes back what a rollout left that is lost too, as after a wiped Temporal', async () => {
    await deploymentOf(() => COLLECTING, async (h, world) => {
      await h.start('filesystem:churn@2');
      await untilStage(h, 2, 'shadowing');
      await h.entity().terminate('lost');
      await h.rollout(2).terminate('lost too');
      expect(world.route.shadows).toHaveLength(1);
      expect(await h.start('filesystem:churn@3')).toMatchObject({ n: 3, state: 'started' });
      await untilStage(h, 3, 'shadowing');
      expect(world.route.shadows.map(({ variantId }) => variantId)).toEqual([id('filesystem:churn@3')]);
      expect([...world.loaded].sort()).toEqual([1, 3].map((n) => id(`filesystem:churn@${n}`)));
      expect(h.record(2)).toMatchObject({ state: { stage: 'done', outcome: 'aborted' }, endedAtMs: expect.any(Number) as number });
      expect(world.audits.filter(({ action, subject }) => action === 'rollout.aborted' && subject === `${h.uid}/2`)).toHaveLength(1);
    });
  });

  test('frees the place of a rollout that is terminated after it was found', async () => {
    await deploymentOf(() => COLLECTING, async (h, world) => {
      await h.start('filesystem:churn@2');
      await untilStage(h, 2, 'shadowing');
      await h.entity().terminate('lost');
      await h.start('filesystem:churn@3', { whenBusy: 'queue' });
      await h.rollout(2).terminate('by an operator');
      await until('the next one runs', () => world.rollouts.has(`${h.uid}/3`));
      expect(h.record(2).state.outcome).toBe('aborted');
    });
  });
});
