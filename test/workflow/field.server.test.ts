import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { evidence, until, withChampion, type Harness } from '../../scripts/histories/harness.ts';
import { applyTo, COLLECTING, createWorld, DAY, INCONCLUSIVE, PROMOTE, ROLLBACK, SHORT, variantOf, type Judge, type World } from '../../scripts/histories/world.ts';
import { abortUpdate, killedSignal, promoteUpdate } from '../../workflows/messages.ts';
import { inWorld, quietRuntime, timeSkipping, untilStage } from '../support/temporal.ts';

/** Several challengers tried at once against one champion. */

let env: TestWorkflowEnvironment;
beforeAll(async () => { quietRuntime(); env = await timeSkipping(); });
afterAll(() => env.teardown());

const OLD = variantOf('filesystem:churn@1').variantId;
const [A, B, C] = ['filesystem:churn@2', 'filesystem:churn@3', 'filesystem:churn@4'].map((model) => variantOf(model).variantId) as [string, string, string];
let tests = 0;
async function tryingThree(of: { judge: Judge; policy?: Partial<World['policy']> }, check: (h: Harness, asked: (readonly string[])[]) => Promise<void>): Promise<void> {
  tests += 1;
  const asked: (readonly string[])[] = [];
  const world = createWorld({ uid: `dep_f${String(tests)}`, name: 'churn', policy: { canary: SHORT }, judge: (hearing) => { asked.push(hearing.field); return of.judge(hearing); } });
  await inWorld(env, world, async (h) => {
    await withChampion(h);
    // Not before: a first version would wait for approval too.
    world.policy = { ...world.policy, ...of.policy };
    world.contenders = ['filesystem:churn@3', 'filesystem:churn@4'];
    await h.start('filesystem:churn@2');
    await check(h, asked);
    await until('the deployment is free', () => world.status?.activeRollout === null && world.status.rolloutCount === 2);
  });
}
const text = (h: Harness): string => h.record(2).story.map((line) => line.text).join('\n');

test('all get copies at once; whom harm is proved of leaves, the one that is proved goes on alone, and the rest is unloaded', async () => {
  const judge: Judge = ({ sharePer10k, nowMs, sinceMs, field }) => {
    if (sharePer10k > 0 || (field.length < 3 && nowMs - sinceMs > 2 * DAY)) return { ...PROMOTE, challenger: B, out: [] };
    return nowMs - sinceMs > DAY && field.includes(C) ? { ...COLLECTING, challenger: A, out: [C] } : { ...COLLECTING, challenger: A, out: [] };
  };
  await tryingThree({ judge }, async (h, asked) => {
    await until('all three get copies', () => h.world.route.shadows.length === 3);
    expect(h.world.route.shadows.map(({ variantId }) => variantId)).toEqual([A, B, C]);
    expect([...h.world.loaded]).toEqual([OLD, A, B, C]);
    expect(await h.rollout(2).result()).toMatchObject({ outcome: 'promoted', challenger: { variantId: B } });
    expect(h.world.route).toMatchObject({ champion: B, shares: [], shadows: [], lastGood: [OLD] });
    expect([...h.world.loaded]).toEqual([OLD, B]);
    expect(h.record(2)).toMatchObject({ challenger: { variantId: B }, contenders: [{ variantId: B }, { variantId: C }] });
    expect(text(h)).toMatch(/filesystem:churn@4 is proved to be harmful and is tried no more[^]*filesystem:churn@3 is the one that would go on[^]*filesystem:churn@2 is tried no more[^]*filesystem:churn@3 decides now/);
    const sizes = asked.map((field) => field.length);
    expect([...new Set(sizes)]).toEqual([3, 2, 1]);
    await until('the status follows', () => h.world.status?.champion?.variantId === B);
  });
});

function backAsItWas(h: Harness, outcome: string): void {
  expect(h.record(2).state.outcome).toBe(outcome);
  expect(h.world.route).toMatchObject({ champion: OLD, shares: [], shadows: [] });
  expect([...h.world.loaded]).toEqual([OLD]);
}

test.each([['an end without a proof', 'inconclusive', { ...INCONCLUSIVE, challenger: A, out: [] }], ['harm of all', 'rolled-back', { ...ROLLBACK, challenger: A, out: [A, B, C] }]])('%s takes all of them back', async (_what, outcome, verdict) => {
  await tryingThree({ judge: ({ nowMs, sinceMs }) => (nowMs - sinceMs > DAY ? verdict : { ...COLLECTING, challenger: A, out: [] }) }, async (h) => {
    await h.rollout(2).result();
    backAsItWas(h, outcome);
  });
});

test('an abort takes all of them back', async () => {
  await tryingThree({ judge: () => ({ ...COLLECTING, challenger: A, out: [] }) }, async (h) => {
    await untilStage(h, 2, 'shadowing');
    await h.rollout(2).executeUpdate(abortUpdate, { args: [{ actor: { kind: 'person', name: 'ada' }, reason: 'enough seen' }] });
    await h.rollout(2).result();
    backAsItWas(h, 'aborted');
  });
});

test('a person promotes the one that leads', async () => {
  await tryingThree({ judge: () => ({ ...COLLECTING, challenger: C, out: [] }) }, async (h) => {
    await until('one leads', () => h.record(2).challenger?.variantId === C);
    await untilStage(h, 2, 'shadowing');
    await h.rollout(2).executeUpdate(promoteUpdate, { args: [{ actor: { kind: 'person', name: 'ada' }, reason: 'it cannot wait' }] });
    await h.rollout(2).result();
    expect(h.world.route).toMatchObject({ champion: C, lastGood: [OLD] });
    expect([...h.world.loaded]).toEqual([OLD, C]);
  });
});

test('once people are asked the choice stands', async () => {
  const approval = { before: ['promote'] as const, roles: [], count: 1, notAuthor: false, deadlineMs: 3 * DAY, escalateAfterMs: null, escalateTo: [] };
  await tryingThree({ policy: { approval, canary: [] }, judge: ({ field }) => ({ ...PROMOTE, challenger: field.length === 1 ? field[0]! : B, out: [] }) }, async (h, asked) => {
    await untilStage(h, 2, 'approving');
    expect(h.record(2).challenger?.variantId).toBe(B);
    const before = asked.length;
    await evidence(h, 2);
    await until('it is judged again', () => asked.length > before);
    expect(asked.at(-1)).toEqual([B]);
    await untilStage(h, 2, 'approving');
    await h.rollout(2).executeUpdate(abortUpdate, { args: [{ actor: { kind: 'person', name: 'ada' }, reason: 'enough seen' }] });
    await h.rollout(2).result();
    expect([...h.world.loaded]).toEqual([OLD]);
  });
});

test('one that is killed leaves the field, and the others are tried on', async () => {
  await tryingThree({ judge: ({ field, nowMs, sinceMs }) => ({ ...(field.length < 3 && nowMs - sinceMs > DAY ? PROMOTE : COLLECTING), challenger: field[0]!, out: [] }) }, async (h, asked) => {
    await untilStage(h, 2, 'shadowing');
    applyTo(h.world, { type: 'kill', commandId: 'kil_1', atMs: 0, targets: [A], inFlight: 'abort' });
    await h.rollout(2).signal(killedSignal, { killId: 'kil_1', targets: [A], actor: { kind: 'person', name: 'ada' }, reason: 'it loses' });
    expect(await h.rollout(2).result()).toMatchObject({ outcome: 'promoted', challenger: { variantId: B } });
    expect(text(h)).toContain('filesystem:churn@2 was killed and is tried no more.');
    expect(asked.at(-1)).toEqual([B]);
    expect([...h.world.loaded]).toEqual([OLD, B]);
  });
});
