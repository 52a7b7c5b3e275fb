import { WorkflowFailedError } from '@temporalio/client';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import type { Activities } from '../../activities/index.ts';
import { PERSON, until, withChampion, type Harness } from '../../scripts/histories/harness.ts';
import { createWorld, DAY, PROMOTE, refused, ROLLBACK, SHORT, untilCancelled, variantOf, type Judge, type World } from '../../scripts/histories/world.ts';
import { inWorld, quietRuntime, timeSkipping, untilStage } from '../support/temporal.ts';
import { abortUpdate, pauseUpdate, promoteUpdate, resumeUpdate } from '../../workflows/messages.ts';

let env: TestWorkflowEnvironment;
beforeAll(async () => { quietRuntime(); env = await timeSkipping(); });
afterAll(() => env.teardown());

const OLD = variantOf('filesystem:churn@1').variantId;
const NEW = variantOf('filesystem:churn@2').variantId;
let tests = 0;
async function trying(of: { judge?: Judge; disturb?: (world: World) => World['before'] }, check: (h: Harness, result: () => Promise<unknown>) => Promise<void>): Promise<void> {
  tests += 1;
  const world = createWorld({ uid: `dep_f${tests}`, name: 'churn', policy: { canary: SHORT }, ...(of.judge === undefined ? {} : { judge: of.judge }) });
  await inWorld(env, world, async (h) => {
    await withChampion(h);
    world.before = of.disturb?.(world) ?? {};
    world.calls.length = 0;
    await h.start('filesystem:churn@2');
    await check(h, () => h.rollout(2).result());
  });
}
function expectUndone(h: Harness, outcome: string): void {
  const { world } = h;
  expect(world.route).toMatchObject({ champion: OLD, shares: [], shadows: [] });
  expect([...world.loaded]).toEqual([OLD]);
  expect(h.record(2).state).toMatchObject({ stage: 'done', outcome });
}
const failing = (name: keyof Activities, failure: () => Error, times = Number.POSITIVE_INFINITY): World['before'] => {
  let left = times;
  return { [name]: () => { left -= 1; if (left >= 0) throw failure(); } };
};
const say = { actor: PERSON, reason: 'because' };

test.each([
  ['validateModel', 'LM_VALIDATION_FAILED', 'refused', 0], ['packageModel', 'LM_DIGEST_MISMATCH', 'refused', 0], ['loadVariant', 'LM_VALIDATION_FAILED', 'refused', 1],
  ['setShadows', 'LM_INVARIANT', 'aborted', 1], ['openComparison', 'LM_INVARIANT', 'aborted', 1], ['judge', 'LM_INVARIANT', 'aborted', 1], ['setShare', 'LM_INVARIANT', 'aborted', 1], ['setChampion', 'LM_INVARIANT', 'aborted', 0],
] as const)('%s ends for good with %s: undone, %s', async (name, code, outcome, unloads) => {
  await trying({ judge: () => PROMOTE, disturb: () => failing(name, () => refused(code, `${name} says no`)) }, async (h, result) => {
    expect(await result()).toMatchObject({ outcome, verdict: { text: expect.stringContaining(`${name} says no`) as string } });
    if (name !== 'setChampion') expectUndone(h, outcome);
    expect(h.world.calls.filter((call) => call === 'unloadVariant')).toHaveLength(unloads);
    expect(h.world.verdicts.at(-1)?.verdict.text).toContain(`${name} says no`);
  });
});

test('an outage is waited out: the same step is tried again, nothing is undone', async () => {
  const away = (): Error => ApplicationFailure.create({ type: 'LM_STORE_UNAVAILABLE', message: 'away', nonRetryable: false });
  await trying({ judge: () => PROMOTE, disturb: () => failing('setShadows', away, 3) }, async (h, result) => {
    expect(await result()).toMatchObject({ outcome: 'promoted' });
    expect(h.world.calls.filter((call) => call === 'setShadows')).toHaveLength(4);
  });
});

test('a registry that never answers ends the validation in minutes, said so', async () => {
  const away = (): Error => ApplicationFailure.create({ type: 'LM_REGISTRY_UNAVAILABLE', message: 'no registry', nonRetryable: false });
  const begun = await env.currentTimeMs();
  await trying({ disturb: () => failing('validateModel', away) }, async (h, result) => {
    expect(await result()).toMatchObject({ outcome: 'aborted', verdict: { reason: 'error' } });
    expect(await env.currentTimeMs() - begun).toBeLessThan(15 * 60_000);
    expectUndone(h, 'aborted');
  });
});

test('a pinned champion holds the promotion until it is unpinned; a champion that changed meanwhile supersedes it', async () => {
  let asked = 0;
  const pinned = (world: World): World['before'] => ({ setChampion: () => { asked += 1; world.route = { ...world.route, pin: asked === 1 ? { variantId: OLD, person: 'eve', atMs: 0 } : null }; } });
  await trying({ judge: () => PROMOTE, disturb: pinned }, async (h, result) => {
    expect(await result()).toMatchObject({ outcome: 'promoted' });
    expect([asked, h.world.route.champion]).toEqual([2, NEW]);
  });
  const changed = (world: World): World['before'] => ({ setChampion: () => { world.route = { ...world.route, champion: 'var_other' }; } });
  await trying({ judge: () => PROMOTE, disturb: changed }, async (h, result) => {
    expect(await result()).toMatchObject({ outcome: 'superseded' });
    expect(h.world.route).toMatchObject({ champion: 'var_other', shares: [], shadows: [] });
    expect(h.world.loaded.has(NEW)).toBe(false);
  });
});

test('undo is tried until it works, in reverse order', async () => {
  const away = (): Error => ApplicationFailure.create({ type: 'LM_BACKEND_UNAVAILABLE', message: 'away', nonRetryable: false });
  await trying({ judge: () => ROLLBACK, disturb: () => failing('unloadVariant', away, 2) }, async (h, result) => {
    expect(await result()).toMatchObject({ outcome: 'rolled-back' });
    expectUndone(h, 'rolled-back');
    expect(h.world.calls.filter((call) => ['removeVariant', 'unloadVariant'].includes(call))).toEqual(['removeVariant', 'unloadVariant', 'unloadVariant', 'unloadVariant']);
  });
});

test('what may still get traffic is not unloaded', async () => {
  await trying({ judge: () => ROLLBACK, disturb: () => failing('removeVariant', () => refused('LM_DEPLOYMENT_NOT_FOUND', 'no route')) }, async (h, result) => {
    expect(await result()).toMatchObject({ outcome: 'rolled-back' });
    expect(h.world.calls).not.toContain('unloadVariant');
  });
});

test('abort while it loads: the load is ended first, then undone; a second abort is the same', async () => {
  await trying({ disturb: () => ({ loadVariant: untilCancelled }) }, async (h, result) => {
    await until('it loads', () => h.world.calls.includes('loadVariant'));
    await h.rollout(2).executeUpdate(abortUpdate, { args: [say] });
    await h.rollout(2).executeUpdate(abortUpdate, { args: [say] }).catch(() => undefined);
    expect(await result()).toMatchObject({ outcome: 'aborted', verdict: { reason: 'person', text: expect.stringContaining('because') as string } });
    expectUndone(h, 'aborted');
    expect(h.world.audits.filter(({ actor }) => actor.name === 'ada').map(({ action }) => action)).toContain('rollout.undoing');
  });
});

test('abort while it is being promoted: the old champion is put back', async () => {
  await trying({ disturb: (world) => ({ awaitApplied: async () => { if (world.route.champion === NEW) await untilCancelled(); } }), judge: () => PROMOTE }, async (h, result) => {
    await untilStage(h, 2, 'shadowing');
    await h.rollout(2).executeUpdate(promoteUpdate, { args: [say] });
    await until('the route says so', () => h.world.route.champion === NEW);
    await h.rollout(2).executeUpdate(abortUpdate, { args: [say] });
    expect(await result()).toMatchObject({ outcome: 'aborted' });
    expectUndone(h, 'aborted');
  });
});

test('pause: days pass and nothing moves; resume: it goes on', async () => {
  await trying({ judge: () => PROMOTE }, async (h, result) => {
    await untilStage(h, 2, 'shadowing');
    await h.rollout(2).executeUpdate(pauseUpdate, { args: [say] });
    await env.sleep('5 days');
    await until('the pause is told', () => h.record(2).state.paused);
    expect(h.record(2).state.stage).toBe('shadowing');
    expect(h.world.route.shares).toEqual([]);
    await h.rollout(2).executeUpdate(resumeUpdate, { args: [say] });
    expect(await result()).toMatchObject({ outcome: 'promoted' });
  });
});

test('pause does not hold safety: proved harm is rolled back', async () => {
  let harmful = false;
  await trying({ judge: () => (harmful ? ROLLBACK : PROMOTE) }, async (h, result) => {
    await untilStage(h, 2, 'shadowing');
    await h.rollout(2).executeUpdate(pauseUpdate, { args: [say] });
    harmful = true;
    expect(await result()).toMatchObject({ outcome: 'rolled-back' });
    expectUndone(h, 'rolled-back');
  });
});

test('promote now needs a reason, passes the canary days, and is a person\'s in route and audit', async () => {
  const begun = await env.currentTimeMs();
  await trying({}, async (h, result) => {
    await untilStage(h, 2, 'shadowing');
    await expect(h.rollout(2).executeUpdate(promoteUpdate, { args: [{ actor: PERSON, reason: null }] })).rejects.toMatchObject({ cause: { type: 'LM_COMMAND_REFUSED', message: expect.stringContaining('reason') as string } });
    await h.rollout(2).executeUpdate(pauseUpdate, { args: [say] });
    await h.rollout(2).executeUpdate(promoteUpdate, { args: [say] });
    expect(await result()).toMatchObject({ outcome: 'promoted', verdict: { reason: 'person' } });
    expect(await env.currentTimeMs() - begun).toBeLessThan(DAY);
    expect(h.world.audits.find(({ action, subject }) => action === 'rollout.promoting' && subject === `${h.uid}/2`)?.actor).toEqual(PERSON);
  });
});

test('a command that does not fit the stage is refused by code and leaves no trace in the history', async () => {
  await trying({ disturb: () => ({ loadVariant: untilCancelled }) }, async (h, result) => {
    await until('it loads', () => h.world.calls.includes('loadVariant'));
    await expect(h.rollout(2).executeUpdate(promoteUpdate, { args: [say] })).rejects.toMatchObject({ cause: { type: 'LM_COMMAND_REFUSED' } });
    const { events } = await h.rollout(2).fetchHistory();
    expect(events?.some((event) => event.workflowExecutionUpdateAcceptedEventAttributes)).toBe(false);
    await h.rollout(2).executeUpdate(abortUpdate, { args: [say] });
    await result();
  });
});

test('cancelling the workflow undoes everything, says so, and frees the deployment', async () => {
  await trying({ judge: ({ sharePer10k }) => (sharePer10k === 0 ? PROMOTE : { ...PROMOTE, kind: 'collecting' }) }, async (h, result) => {
    await untilStage(h, 2, 'shadowing');
    await env.sleep('1 hour');
    await until('it has its share', () => h.world.route.shares.length === 1);
    await h.rollout(2).cancel();
    const error = await result().catch((failure: unknown) => failure);
    expect(error).toBeInstanceOf(WorkflowFailedError);
    expect((error as WorkflowFailedError).cause).toBeInstanceOf(CancelledFailure);
    expectUndone(h, 'aborted');
    await until('the entity is free', () => h.world.status?.activeRollout === null);
  });
});
