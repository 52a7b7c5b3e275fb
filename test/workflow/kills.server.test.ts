import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { evidence, PERSON, until, withChampion, type Harness } from '../../scripts/histories/harness.ts';
import { applyTo, COLLECTING, createWorld, MINUTE, PROMOTE, untilCancelled, variantOf, type Judge, type World } from '../../scripts/histories/world.ts';
import { digestOf } from '../../domain/digest.ts';
import { newKill } from '../../domain/kill/order.ts';
import { killNewsSignal, rollbackUpdate } from '../../workflows/messages.ts';
import { devServer, inWorld, quietRuntime, untilStage } from '../support/temporal.ts';

// The API writes the kill into the route and its record into the store; the worker's relay signals the entity. Here the test does both.
let env: TestWorkflowEnvironment;
beforeAll(async () => { quietRuntime(); env = await devServer(); });
afterAll(() => env.teardown());

const MODEL = (n: number): string => `filesystem:churn@${n}`;
const ID = (n: number): string => variantOf(MODEL(n)).variantId;
let tests = 0;
async function deploymentOf(of: { judge?: Judge; before?: World['before']; steps?: 0 }, check: (h: Harness) => Promise<void>): Promise<void> {
  tests += 1;
  const world = createWorld({ uid: `dep_k${tests}`, name: 'churn', policy: { canary: of.steps === 0 ? [] : [{ sharePer10k: 500, forMs: 60 * MINUTE }] }, judge: of.judge ?? (() => COLLECTING) });
  await inWorld(env, world, async (h) => { await withChampion(h); world.before = of.before ?? {}; await check(h); });
}

let kills = 0;
async function kill(h: Harness, targets: readonly string[], of: { drillId?: string; reason?: string } = {}): Promise<string> {
  const killId = `kil_${kills += 1}`;
  applyTo(h.world, { type: 'kill', commandId: killId, atMs: 0, targets, inFlight: 'abort' });
  const record = newKill(h.world.route, { killId, scope: { kind: 'all' }, targets, inFlight: 'abort', actor: PERSON, via: 'api', reason: of.reason ?? null, requestedAtMs: 0 }, { variants: [], revision: 1 });
  h.world.kills.set(killId, { ...record, drillId: of.drillId ?? null });
  await h.entity().signal(killNewsSignal, { id: `killed/${killId}`, type: 'killed', killId });
  return killId;
}
async function revive(h: Harness, killId: string): Promise<void> {
  const { targets } = h.world.kills.get(killId)!;
  applyTo(h.world, { type: 'revive', commandId: `revive/${killId}`, atMs: 0, targets, person: 'ada', reason: 'it was right' });
  await h.entity().signal(killNewsSignal, { id: `revived/${killId}`, type: 'revived', killId });
}
async function free(h: Harness, n: number): Promise<void> { await until('the deployment is free', () => h.world.status?.activeRollout === null && h.world.status.rolloutCount === n); }
const phase = (h: Harness): string | undefined => h.world.status?.phase;
const says = (h: Harness): string => h.world.status?.message ?? '';
async function inShadow(h: Harness): Promise<void> { await h.start(MODEL(2)); await untilStage(h, 2, 'shadowing'); }

test.each([['its id', ID(2)], ['its digest', variantOf(MODEL(2)).artifactDigest], ['*', '*']])('a challenger killed in shadow by %s ends rolled back, with who and why, and is not tried again without a reason', async (_, target) => {
  await deploymentOf({}, async (h) => {
    await inShadow(h);
    await kill(h, [target], { reason: 'it shouts' });
    expect(await h.rollout(2).result()).toMatchObject({ outcome: 'rolled-back', verdict: { kind: 'rollback', reason: 'killed', text: 'filesystem:churn@2 was killed (it shouts).' } });
    await free(h, 2);
    expect(h.world.route).toMatchObject({ champion: ID(1), shares: [], shadows: [] });
    expect(h.record(2).story.map(({ text }) => text).join('\n')).toContain('ada: filesystem:churn@2 was killed (it shouts).');
    if (target !== '*') expect(phase(h)).toBe('serving');
    await expect(h.start(MODEL(2))).rejects.toMatchObject({ cause: { type: 'LM_ALREADY_TRIED' } });
  });
});

test('a challenger killed in canary loses its share and ends rolled back', async () => {
  await deploymentOf({ judge: () => PROMOTE }, async (h) => {
    await inShadow(h);
    await evidence(h, 2);
    await untilStage(h, 2, 'canary');
    await kill(h, [ID(2)]);
    expect(await h.rollout(2).result()).toMatchObject({ outcome: 'rolled-back', verdict: { reason: 'killed' } });
    expect(h.world.route).toMatchObject({ champion: ID(1), shares: [], shadows: [] });
  });
});

test.each(['validateModel', 'packageModel', 'loadVariant'] as const)('a kill by digest while %s runs ends the rollout: it never gets traffic', async (step) => {
  let arrived = (): void => undefined;
  const there = new Promise<void>((resolve) => { arrived = resolve; });
  let go = (): void => undefined;
  const going = new Promise<void>((resolve) => { go = resolve; });
  const hold = async (): Promise<void> => { arrived(); if (step === 'loadVariant') await untilCancelled(); else await going; };
  await deploymentOf({ before: { [step]: hold } }, async (h) => {
    await h.start(MODEL(2));
    await there;
    await kill(h, [variantOf(MODEL(2)).artifactDigest]);
    await until('the entity has read it', () => h.world.calls.includes('readKill'));
    go();
    expect(await h.rollout(2).result()).toMatchObject({ outcome: 'rolled-back', verdict: { reason: 'killed' } });
    expect(h.world.calls).not.toContain('setShadows');
    expect([...h.world.loaded]).toEqual([ID(1)]);
  });
});

test('a kill that lands between judgement and promotion: the route refuses, and the rollout ends as killed, not as refused', async () => {
  let h: Harness | undefined;
  const order = (): void => { if (h !== undefined) applyTo(h.world, { type: 'kill', commandId: 'late', atMs: 0, targets: [ID(2)], inFlight: 'abort' }); };
  await deploymentOf({ judge: ({ sharePer10k }) => (sharePer10k === 0 ? PROMOTE : COLLECTING), before: { setShare: order } }, async (harness) => {
    h = harness;
    await inShadow(h);
    await evidence(h, 2);
    expect(await h.rollout(2).result()).toMatchObject({ outcome: 'rolled-back', verdict: { kind: 'rollback', reason: 'killed' } });
  });
});

test('a killed champion: the rollout that compares with it is aborted, the status is sick and says who and what answers; revived, it follows the route again', async () => {
  await deploymentOf({}, async (h) => {
    await inShadow(h);
    const killId = await kill(h, [ID(1)], { reason: 'garbage' });
    expect(await h.rollout(2).result()).toMatchObject({ outcome: 'aborted', verdict: { reason: 'killed' } });
    await free(h, 2);
    expect({ phase: phase(h), says: says(h) }).toEqual({ phase: 'attention', says: expect.stringContaining('ada killed filesystem:churn@1 (garbage): nothing answers callers') });
    await revive(h, killId);
    await until('it serves again', () => phase(h) === 'serving');
    expect(says(h)).toBe('filesystem:churn@1 decides again: the kill was taken back.');
  });
});

test('with a last good the status says that it answers; going back makes it the champion, and the killed one is not tried again', async () => {
  await deploymentOf({ judge: () => PROMOTE }, async (h) => {
    h.world.policy = { ...h.world.policy, canary: [] };
    await inShadow(h);
    await evidence(h, 2);
    await free(h, 2);
    await kill(h, [ID(2)]);
    await until('it is sick', () => phase(h) === 'attention');
    expect(says(h)).toContain(`ada killed filesystem:churn@2: version ${ID(1)} answers instead`);
    await h.entity().executeUpdate(rollbackUpdate, { args: [{ actor: PERSON, reason: 'killed' }] });
    await until('it serves', () => phase(h) === 'serving');
    expect(h.world.status?.champion?.model).toBe(MODEL(1));
    await expect(h.start(MODEL(2))).rejects.toMatchObject({ cause: { type: 'LM_ALREADY_TRIED' } });
  });
});

test('a killed last good is forgotten: nobody goes back to it, and it needs a reason to be tried again', async () => {
  await deploymentOf({ judge: () => PROMOTE }, async (h) => {
    h.world.policy = { ...h.world.policy, canary: [] };
    await inShadow(h);
    await evidence(h, 2);
    await free(h, 2);
    await kill(h, [ID(1)]);
    await until('it is forgotten', () => h.world.status?.lastGood.length === 0);
    expect(phase(h)).toBe('serving');
    await expect(h.entity().executeUpdate(rollbackUpdate, { args: [{ actor: PERSON, reason: 'back' }] })).rejects.toMatchObject({ cause: { type: 'LM_COMMAND_REFUSED' } });
    await expect(h.start(MODEL(1))).rejects.toMatchObject({ cause: { type: 'LM_ALREADY_TRIED' } });
  });
});

test('a kill while the promotion is made: the promotion is taken back, and the champion of before decides', async () => {
  let killing: Promise<unknown> = Promise.resolve();
  let h: Harness | undefined;
  const promoting = (): void => { if (h?.world.route.champion === ID(2)) killing = kill(h, [ID(2)]); };
  await deploymentOf({ judge: () => PROMOTE, before: { awaitApplied: async () => { promoting(); if (h?.world.route.champion === ID(2)) await untilCancelled(); } } }, async (harness) => {
    h = harness;
    h.world.policy = { ...h.world.policy, canary: [] };
    await inShadow(h);
    await evidence(h, 2);
    expect(await h.rollout(2).result()).toMatchObject({ outcome: 'rolled-back', verdict: { reason: 'killed' } });
    await killing;
    expect(h.world.route.champion).toBe(ID(1));
    expect(h.world.status?.champion?.model).toBe(MODEL(1));
  });
});

test('a drill ends nothing', async () => {
  await deploymentOf({}, async (h) => {
    await inShadow(h);
    await kill(h, [ID(2)], { drillId: 'dri_1' });
    await until('it is read', () => h.world.calls.includes('readKill'));
    expect(h.record(2).state.stage).toBe('shadowing');
    expect(phase(h)).toBe('rolling-out');
    await h.rollout(2).terminate();
  });
});

test('a promotion that falls into a drill is held, and goes on by itself when the drill has ended', async () => {
  let h: Harness | undefined;
  let began = false;
  const begin = (): void => {
    if (h === undefined || began) return;
    began = true;
    applyTo(h.world, { type: 'kill', commandId: 'kil_drill', atMs: 0, targets: [ID(2)], inFlight: 'abort', drill: true });
  };
  await deploymentOf({ judge: () => PROMOTE, before: { setChampion: begin }, steps: 0 }, async (harness) => {
    h = harness;
    await inShadow(h);
    await evidence(h, 2);
    await until('it is held', () => (harness.record(2).state.heldBy ?? null) !== null);
    expect(harness.record(2).state).toMatchObject({ outcome: null, heldBy: `${ID(2)} is off for a drill, which ends by itself` });
    applyTo(h.world, { type: 'endDrill', commandId: 'end/kil_drill', atMs: 0, targets: [ID(2)] });
    expect(await h.rollout(2).result()).toMatchObject({ outcome: 'promoted' });
    expect(h.world.route).toMatchObject({ champion: ID(2), tombstones: [] });
  });
});

test('news twice, or of a kill that nobody stored, changes nothing', async () => {
  await deploymentOf({}, async (h) => {
    const killId = await kill(h, [digestOf('bytes of somebody else')]);
    await h.entity().signal(killNewsSignal, { id: `killed/${killId}`, type: 'killed', killId });
    await h.entity().signal(killNewsSignal, { id: 'killed/kil_none', type: 'killed', killId: 'kil_none' });
    await until('all are read', () => h.world.calls.filter((call) => call === 'readKill').length === 3);
    expect(phase(h)).toBe('serving');
  });
});
