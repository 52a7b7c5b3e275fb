import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { evidence, PERSON, until, withChampion, type Harness } from '../../scripts/histories/harness.ts';
import { COLLECTING, createWorld, MINUTE, PROMOTE, untilCancelled, variantOf, type Judge } from '../../scripts/histories/world.ts';
import { abortUpdate, deleteUpdate, pauseUpdate, pinUpdate, promoteUpdate, restoreUpdate, retireUpdate, rollbackUpdate, unpinUpdate } from '../../workflows/messages.ts';
import { devServer, inWorld, quietRuntime, untilStage } from '../support/temporal.ts';

let env: TestWorkflowEnvironment;
beforeAll(async () => { quietRuntime(); env = await devServer(); });
afterAll(() => env.teardown());

const MODEL = (n: number): string => `filesystem:churn@${n}`;
const ID = (n: number): string => variantOf(MODEL(n)).variantId;
const say = { actor: PERSON, reason: 'because' };
const REFUSED = { cause: { type: 'LM_COMMAND_REFUSED' } };
let tests = 0;
async function deploymentOf(of: { judge?: Judge; steps?: number }, check: (h: Harness) => Promise<void>): Promise<void> {
  tests += 1;
  const canary = Array.from({ length: of.steps ?? 1 }, (_, i) => ({ sharePer10k: 500 * (i + 1), forMs: 60 * MINUTE }));
  const world = createWorld({ uid: `dep_c${tests}`, name: 'churn', policy: { canary }, judge: of.judge ?? (() => COLLECTING) });
  await inWorld(env, world, async (h) => { await withChampion(h); await check(h); });
}
const shadowed = async (h: Harness, n = 2): Promise<void> => { await h.start(MODEL(n)); await untilStage(h, n, 'shadowing'); };
const inCanary = async (h: Harness, n = 2): Promise<void> => { await shadowed(h, n); await evidence(h, n); await untilStage(h, n, 'canary'); };
const free = (h: Harness, n: number): Promise<void> => until('the deployment is free', () => h.world.status?.activeRollout === null && h.world.status.rolloutCount === n);
const shareOf = (h: Harness, n: number): number => h.world.route.shares.find(({ variantId }) => variantId === ID(n))?.sharePer10k ?? 0;
async function promotedTo(h: Harness, n: number): Promise<void> {
  await shadowed(h, n);
  await h.rollout(n).executeUpdate(promoteUpdate, { args: [say] });
  await h.rollout(n).result();
  await free(h, n);
}

describe('what went wrong elsewhere', () => {
  test('a rollback during a change of weight: the rollback wins, ordered after it, and the challenger ends with nothing', async () => {
    await deploymentOf({ judge: ({ model }) => (model === MODEL(3) ? PROMOTE : COLLECTING) }, async (h) => {
      await promotedTo(h, 2);
      let waiting = false;
      h.world.before = { setShare: async () => { waiting = true; await new Promise((resolve) => { setTimeout(resolve, 500); }); } };
      await shadowed(h, 3);
      await evidence(h, 3);
      await until('the weight is being changed', () => waiting);
      await h.entity().executeUpdate(rollbackUpdate, { args: [say] });
      expect(await h.rollout(3).result()).toMatchObject({ outcome: 'superseded' });
      expect(h.world.route).toMatchObject({ champion: ID(1), shares: [], shadows: [] });
    });
  });

  test('an abort after the promotion is refused and names rollback; the new champion stays', async () => {
    await deploymentOf({}, async (h) => {
      await promotedTo(h, 2);
      await expect(h.rollout(2).executeUpdate(abortUpdate, { args: [say] })).rejects.toThrow();
      expect(h.world.route.champion).toBe(ID(2));
    });
  });

  test('an abort while the promotion is made takes it back', async () => {
    await deploymentOf({}, async (h) => {
      await shadowed(h);
      h.world.before = { awaitApplied: async () => { if (h.world.route.champion === ID(2)) await untilCancelled(); } };
      await h.rollout(2).executeUpdate(promoteUpdate, { args: [say] });
      await until('the route has it', () => h.world.route.champion === ID(2));
      h.world.before = {};
      await h.rollout(2).executeUpdate(abortUpdate, { args: [say] });
      expect(await h.rollout(2).result()).toMatchObject({ outcome: 'aborted' });
      expect(h.world.route).toMatchObject({ champion: ID(1), shares: [], shadows: [] });
    });
  });

  test('an abort while paused in canary ends at no share, not at the paused one', async () => {
    await deploymentOf({ judge: () => PROMOTE }, async (h) => {
      await inCanary(h);
      await h.rollout(2).executeUpdate(pauseUpdate, { args: [say] });
      expect(shareOf(h, 2)).toBe(500);
      await h.rollout(2).executeUpdate(abortUpdate, { args: [say] });
      expect(await h.rollout(2).result()).toMatchObject({ outcome: 'aborted' });
      expect(h.world.route).toMatchObject({ champion: ID(1), shares: [], shadows: [] });
    });
  });

  test('a promotion while paused does not get stuck', async () => {
    await deploymentOf({ judge: () => PROMOTE }, async (h) => {
      await inCanary(h);
      await h.rollout(2).executeUpdate(pauseUpdate, { args: [say] });
      await h.rollout(2).executeUpdate(promoteUpdate, { args: [say] });
      expect(await h.rollout(2).result()).toMatchObject({ outcome: 'promoted' });
      expect(h.world.route).toMatchObject({ champion: ID(2), shares: [] });
    });
  });

  test('two aborts at once are one end', async () => {
    await deploymentOf({}, async (h) => {
      await shadowed(h);
      const answers = await Promise.all([1, 2].map(() => h.rollout(2).executeUpdate(abortUpdate, { args: [say] })));
      expect(answers).toHaveLength(2);
      expect(await h.rollout(2).result()).toMatchObject({ outcome: 'aborted' });
      expect(h.world.audits.filter(({ action, subject }) => action === 'rollout.aborted' && subject === `${h.uid}/2`)).toHaveLength(1);
    });
  });

  test.each(['refuse', 'queue', 'supersede'] as const)('a new version during a paused canary: %s is what it says, never silence', async (whenBusy) => {
    await deploymentOf({ judge: ({ model }) => (model === MODEL(2) ? PROMOTE : COLLECTING) }, async (h) => {
      await inCanary(h);
      await h.rollout(2).executeUpdate(pauseUpdate, { args: [say] });
      const asked = h.start(MODEL(3), { whenBusy });
      if (whenBusy === 'refuse') await expect(asked).rejects.toMatchObject({ cause: { type: 'LM_ROLLOUT_IN_PROGRESS' } });
      else expect(await asked).toMatchObject({ state: 'queued' });
      if (whenBusy !== 'supersede') {
        expect({ share: shareOf(h, 2), paused: h.record(2).state.paused }).toEqual({ share: 500, paused: true });
        await h.rollout(2).executeUpdate(abortUpdate, { args: [say] });
      }
      expect(await h.rollout(2).result()).toMatchObject({ outcome: whenBusy === 'supersede' ? 'superseded' : 'aborted' });
      if (whenBusy === 'refuse') return;
      await untilStage(h, 3, 'shadowing');
      expect({ shares: h.world.route.shares, shadows: h.world.route.shadows.map(({ variantId }) => variantId) }).toEqual({ shares: [], shadows: [ID(3)] });
      await h.rollout(3).executeUpdate(abortUpdate, { args: [say] });
      await h.rollout(3).result();
    });
  });

  test('after an abort nothing brings the rejected version back into traffic, and the route does not flap', async () => {
    await deploymentOf({ judge: ({ model }) => (model === MODEL(2) ? PROMOTE : COLLECTING) }, async (h) => {
      await inCanary(h);
      await h.rollout(2).executeUpdate(abortUpdate, { args: [say] });
      await h.rollout(2).result();
      await free(h, 2);
      const { revision } = h.world.route;
      await evidence(h, 2).catch(() => undefined);
      await shadowed(h, 3);
      await h.rollout(3).executeUpdate(abortUpdate, { args: [say] });
      await h.rollout(3).result();
      await free(h, 3);
      expect(h.world.route).toMatchObject({ champion: ID(1), shares: [], shadows: [] });
      const changed = h.world.route.applied.filter(({ revision: at }) => at > revision).map(({ commandId }) => commandId);
      expect(changed.every((id) => id.startsWith(`${h.uid}/3/`))).toBe(true);
      expect(h.world.loaded.has(ID(2))).toBe(false);
    });
  });
});

describe('pin', () => {
  test('holds the champion: a promotion that the judge asked for before the pin is held, not ended, and goes on when it is taken off', async () => {
    let pinned = false;
    await deploymentOf({ judge: () => PROMOTE, steps: 0 }, async (h) => {
      h.world.before = { setChampion: async () => { if (pinned) return; pinned = true; await h.entity().executeUpdate(pinUpdate, { args: [say] }); } };
      await shadowed(h);
      await evidence(h, 2);
      await until('it is held', () => (h.record(2).state.heldBy ?? null) !== null);
      expect(h.record(2).state).toMatchObject({ stage: 'shadowing', outcome: null, heldBy: `ada pinned ${ID(1)}` });
      expect(h.world.status).toMatchObject({ pinnedBy: 'ada', champion: { model: MODEL(1) } });
      await h.entity().executeUpdate(unpinUpdate, { args: [say] });
      await evidence(h, 2);
      expect(await h.rollout(2).result()).toMatchObject({ outcome: 'promoted' });
      await free(h, 2);
      expect(h.world.status?.pinnedBy).toBeNull();
      expect(h.world.audits.filter(({ action }) => action === 'deployment.pin' || action === 'deployment.unpin').map(({ action }) => action)).toEqual(['deployment.pin', 'deployment.unpin']);
    });
  });

  test('a share that the pin refuses is held where it was', async () => {
    await deploymentOf({ judge: () => PROMOTE }, async (h) => {
      await shadowed(h);
      await h.entity().executeUpdate(pinUpdate, { args: [say] });
      await evidence(h, 2);
      await until('it is held', () => (h.record(2).state.heldBy ?? null) !== null);
      expect({ share: shareOf(h, 2), stage: h.record(2).state.stage }).toEqual({ share: 0, stage: 'shadowing' });
      await h.rollout(2).executeUpdate(promoteUpdate, { args: [say] });
      expect(await h.rollout(2).result()).toMatchObject({ outcome: 'promoted' });
      await free(h, 2);
      expect(h.world.status).toMatchObject({ pinnedBy: null, champion: { model: MODEL(2) } });
    });
  });

  test('what is not pinned cannot be unpinned', async () => {
    await deploymentOf({}, async (h) => { await expect(h.entity().executeUpdate(unpinUpdate, { args: [say] })).rejects.toMatchObject(REFUSED); });
  });
});

describe('retire, restore, delete', () => {
  test('retired: the running rollout ends, what waits is dropped, everything is unloaded, nothing new is taken; restored, the champion decides again', async () => {
    await deploymentOf({}, async (h) => {
      await promotedTo(h, 2);
      await shadowed(h, 3);
      await h.start(MODEL(4), { whenBusy: 'queue' });
      await h.entity().executeUpdate(retireUpdate, { args: [say] });
      expect(await h.rollout(3).result()).toMatchObject({ outcome: 'superseded' });
      await until('all is unloaded', () => h.world.loaded.size === 0);
      expect(h.world.route).toMatchObject({ retired: { person: 'ada', reason: 'because' }, shares: [], shadows: [], champion: ID(2) });
      await until('the status says so', () => h.world.status?.phase === 'retired' && h.world.status.activeRollout === null);
      await expect(h.start(MODEL(4))).rejects.toMatchObject({ cause: { type: 'LM_COMMAND_REFUSED', message: expect.stringContaining('ada retired it') } });
      await expect(h.entity().executeUpdate(retireUpdate, { args: [say] })).rejects.toMatchObject(REFUSED);
      await h.entity().executeUpdate(restoreUpdate, { args: [say] });
      await until('it serves', () => h.world.status?.phase === 'serving');
      expect(h.world.route).toMatchObject({ retired: null, champion: ID(2) });
      expect([...h.world.loaded]).toEqual([ID(2)]);
      await shadowed(h, 4);
      await h.rollout(4).executeUpdate(abortUpdate, { args: [say] });
      await h.rollout(4).result();
    });
  });

  test('only a retired one is deleted; then its workflow completes, with the name free and its audit entries written', async () => {
    await deploymentOf({}, async (h) => {
      await expect(h.entity().executeUpdate(deleteUpdate, { args: [{ ...say, force: true }] })).rejects.toMatchObject(REFUSED);
      await h.entity().executeUpdate(retireUpdate, { args: [say] });
      await h.entity().executeUpdate(deleteUpdate, { args: [{ ...say, force: false }] });
      await h.entity().result();
      expect({ ended: h.world.ended, loaded: h.world.loaded.size }).toEqual({ ended: true, loaded: 0 });
      expect(h.world.audits.map(({ action }) => action)).toEqual(expect.arrayContaining(['deployment.retire', 'deployment.delete']));
    });
  });
});
