import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { until, withChampion, type Harness } from '../../scripts/histories/harness.ts';
import { COLLECTING, createWorld, DAY, INCONCLUSIVE, PROMOTE, PROVISIONAL, ROLLBACK, SHORT, variantOf, type Judge, type World } from '../../scripts/histories/world.ts';
import { inWorld, quietRuntime, timeSkipping } from '../support/temporal.ts';

let env: TestWorkflowEnvironment;
beforeAll(async () => { quietRuntime(); env = await timeSkipping(); });
afterAll(() => env.teardown());

const OLD = variantOf('filesystem:churn@1').variantId;
const NEW = variantOf('filesystem:churn@2').variantId;
let tests = 0;
async function rollingOut(of: { judge?: Judge; policy?: Partial<World['policy']>; disturb?: World['before'] }, check: (h: Harness, result: { outcome: string; verdict: { kind: string; reason: string } | null }) => Promise<void> | void): Promise<void> {
  tests += 1;
  const world = createWorld({ uid: `dep_r${tests}`, name: 'churn', ...of });
  await inWorld(env, world, async (h) => {
    await withChampion(h);
    world.before = of.disturb ?? {};
    world.calls.length = 0;
    await h.start('filesystem:churn@2');
    const result = await h.rollout(2).result();
    await until('the deployment is free', () => world.status?.activeRollout === null && world.status.rolloutCount === 2);
    await check(h, result as never);
  });
}
/** What holds after every end but promotion: traffic as before, the challenger gone, and said so. */
function expectUndone(h: Harness, outcome: string): void {
  const { world } = h;
  expect(world.route).toMatchObject({ champion: OLD, shares: [], shadows: [] });
  expect([...world.loaded]).toEqual([OLD]);
  expect(h.record(2)).toMatchObject({ state: { stage: 'done', outcome }, endedAtMs: expect.any(Number) as number });
  expect(world.audits.at(-1)).toMatchObject({ action: `rollout.${outcome}`, subject: h.record(2).rolloutId });
  expect(world.notices.at(-1)).toMatchObject({ type: `rollout.${outcome}` });
  expect(new Set(world.audits.map(({ auditId }) => auditId)).size).toBe(world.audits.length);
}

test('a better version passes shadow and its canary days and is promoted; the old one stays loaded', async () => {
  const begun = await env.currentTimeMs();
  await rollingOut({ judge: ({ nowMs, sinceMs }) => (nowMs - sinceMs > 2 * DAY ? PROMOTE : COLLECTING) }, async (h, result) => {
    expect(result).toMatchObject({ outcome: 'promoted', verdict: PROMOTE });
    const days = (await env.currentTimeMs() - begun) / DAY;
    expect([days >= 5, days < 6]).toEqual([true, true]);
    expect(h.world.route).toMatchObject({ champion: NEW, shares: [], shadows: [], lastGood: [OLD] });
    expect([...h.world.loaded]).toEqual([OLD, NEW]);
    expect(h.record(2).story.map(({ stage }) => stage)).toEqual(['validating', 'packaging', 'loading', 'shadowing', 'shadowing', 'canary', 'canary', 'promoting', 'done']);
    expect(h.world.audits.filter(({ subject }) => subject === `${h.uid}/2`).map(({ action }) => action)).toEqual(
      ['validating', 'packaging', 'loading', 'shadowing', 'canary', 'canary', 'promoting', 'promoted'].map((name) => `rollout.${name}`));
    expect(h.world.status).toMatchObject({ phase: 'serving', champion: { model: 'filesystem:churn@2' }, lastGood: [{ model: 'filesystem:churn@1' }], activeRollout: null, rolloutCount: 2 });
  });
});

test('split traffic: no copies are made; the first share is given before there is evidence, the next only on a proof, and a rollback takes it all back', async () => {
  const policy = { compare: 'split' as const, shadow: { samplePer10k: 0, maxMs: DAY }, canary: SHORT };
  await rollingOut({ policy, judge: ({ sharePer10k, nowMs, sinceMs }) => (sharePer10k > 0 && nowMs - sinceMs > DAY / 2 ? PROMOTE : COLLECTING) }, (h, result) => {
    expect(result).toMatchObject({ outcome: 'promoted', verdict: PROMOTE });
    expect(h.world.calls).not.toContain('setShadows');
    expect(h.world.audits.filter(({ subject }) => subject === `${h.uid}/2`).map(({ action }) => action)).toEqual(['validating', 'packaging', 'loading', 'admitting', 'canary', 'canary', 'promoting', 'promoted'].map((name) => `rollout.${name}`));
    expect(h.record(2).story.map(({ text }) => text).join('\n')).toMatch(/It will answer a part of the callers; no copies are made\.\n.* Sending it 5% of the traffic/);
    expect(h.world.route).toMatchObject({ champion: NEW, shares: [], shadows: [] });
  });
  await rollingOut({ policy, judge: ({ sharePer10k }) => (sharePer10k > 0 ? ROLLBACK : COLLECTING) }, (h, result) => { expect(result).toMatchObject({ outcome: 'rolled-back' }); expectUndone(h, 'rolled-back'); });
});

test('a provisional promotion: all callers get it before its outcomes are in, and it becomes champion by their proof, or is taken back', async () => {
  const policy = { provisional: { minCycles: 1 }, canary: SHORT };
  const late = (verdict: typeof PROMOTE | typeof ROLLBACK): Judge => ({ sharePer10k, nowMs, sinceMs }) => (sharePer10k === 10_000 && nowMs - sinceMs > 3 * DAY ? verdict : nowMs - sinceMs > DAY ? PROVISIONAL : COLLECTING);
  await rollingOut({ policy, judge: late(PROMOTE) }, (h, result) => {
    expect(result).toMatchObject({ outcome: 'promoted', verdict: PROMOTE });
    expect(h.world.route).toMatchObject({ champion: NEW, shares: [], shadows: [], lastGood: [OLD] });
    expect(h.record(2).story.map(({ text }) => text).join('\n')).toMatch(/Sending it 100% of the traffic until its outcomes are in, provisionally/);
    expect(h.world.audits.filter(({ subject, action }) => subject === `${h.uid}/2` && action === 'rollout.canary')).toHaveLength(3);
  });
  await rollingOut({ policy, judge: late(ROLLBACK) }, (h, result) => { expect(result).toMatchObject({ outcome: 'rolled-back' }); expectUndone(h, 'rolled-back'); });
  await rollingOut({ policy, judge: ({ nowMs, sinceMs }) => (nowMs - sinceMs > DAY ? PROMOTE : COLLECTING) }, (h) => { expect(h.world.audits.filter(({ subject, action }) => subject === `${h.uid}/2` && action === 'rollout.canary')).toHaveLength(2); });
});

test('a first version has a verdict of its own and is projected before the start is answered', async () => {
  const world = createWorld({ uid: 'dep_first', name: 'churn' });
  await inWorld(env, world, async (h) => {
    expect(await h.start('filesystem:churn@1')).toEqual({ rolloutId: 'dep_first/1', n: 1, state: 'started' });
    expect(h.record(1).model).toBe('filesystem:churn@1');
    expect(await h.rollout(1).result()).toMatchObject({ outcome: 'first', verdict: { kind: 'first', n: 1 } });
    expect(world.verdicts).toEqual([expect.objectContaining({ rolloutId: 'dep_first/1', n: 1 })]);
    expect(world.calls).not.toContain('judge');
  });
});

test('thirty days without proof end inconclusive; the run is continued as new on the way and forgets nothing', async () => {
  const begun = await env.currentTimeMs();
  await rollingOut({ judge: ({ nowMs, sinceMs }) => (nowMs - sinceMs >= 30 * DAY ? INCONCLUSIVE : COLLECTING) }, async (h, result) => {
    expect(result).toMatchObject({ outcome: 'inconclusive', verdict: { reason: 'horizon' } });
    expect((await env.currentTimeMs() - begun) / DAY).toBeGreaterThanOrEqual(30);
    expectUndone(h, 'inconclusive');
    const judged = h.world.calls.filter((name) => name === 'judge').length;
    expect([judged > 400, judged < 2_000]).toEqual([true, true]);
    expect(h.world.verdicts.filter(({ rolloutId }) => rolloutId === `${h.uid}/2`).map(({ n }) => n)).toEqual(Array.from({ length: judged }, (_, i) => i + 1));
    const { events } = await h.rollout(2).fetchHistory();
    expect(events?.[0]?.workflowExecutionStartedEventAttributes?.continuedExecutionRunId).toBeTruthy();
    expect(events!.length).toBeLessThan(4_000);
  });
}, 240_000);

test.each([[0, 'shadow'], [500, 'the first step'], [5_000, 'the second step']])('proved harm at a share of %i is rolled back (%s)', async (share) => {
  await rollingOut({ policy: { canary: SHORT }, judge: ({ sharePer10k }) => (sharePer10k === share ? ROLLBACK : PROMOTE) }, (h, result) => {
    expect(result).toMatchObject({ outcome: 'rolled-back', verdict: { kind: 'rollback' } });
    expectUndone(h, 'rolled-back');
    expect(h.world.calls.indexOf('removeVariant')).toBeLessThan(h.world.calls.indexOf('unloadVariant'));
  });
});

test('an inconclusive end that asks waits for a person, and keeps the champion when nobody comes', async () => {
  const begun = await env.currentTimeMs();
  await rollingOut({ policy: { whenInconclusive: 'ask', askMs: 3 * DAY }, judge: () => INCONCLUSIVE }, async (h, result) => {
    expect(result).toMatchObject({ outcome: 'inconclusive' });
    expect((await env.currentTimeMs() - begun) / DAY).toBeGreaterThanOrEqual(3);
    expect(h.world.notices.map(({ type }) => type)).toContain('rollout.asking');
    expectUndone(h, 'inconclusive');
  });
});
