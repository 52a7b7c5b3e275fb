import { WorkflowUpdateFailedError } from '@temporalio/client';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import type { ApprovalPolicy } from '../../domain/rollout/approval.ts';
import { evidence, until, withChampion, type Harness } from '../../scripts/histories/harness.ts';
import { COLLECTING, createWorld, DAY, HOUR, INCONCLUSIVE, PROMOTE, ROLLBACK, variantOf, type World } from '../../scripts/histories/world.ts';
import { abortUpdate, approveUpdate, delegateUpdate, promoteUpdate } from '../../workflows/messages.ts';
import { inWorld, quietRuntime, timeSkipping, untilStage } from '../support/temporal.ts';

let env: TestWorkflowEnvironment;
beforeAll(async () => { quietRuntime(); env = await timeSkipping(); });
afterAll(() => env.teardown());

const OLD = variantOf('filesystem:churn@1').variantId;
const { variantId: NEW, artifactDigest: DIGEST } = variantOf('filesystem:churn@2');
const APPROVAL: ApprovalPolicy = { before: ['promote'], roles: ['risk'], count: 1, notAuthor: true, deadlineMs: 3 * DAY, escalateAfterMs: DAY, escalateTo: ['chief'] };
const person = (name: string) => ({ kind: 'person', name }) as const;

let tests = 0;
/** A rollout without canary steps: time does not skip while a test looks at it. */
async function rollingOut(of: Partial<World['policy']>, check: (h: Harness) => Promise<void>, judge: World['judge'] = () => PROMOTE, heldBy: string | null = null): Promise<void> {
  tests += 1;
  const world = createWorld({ uid: `dep_p${String(tests)}`, name: 'churn', policy: { canary: [] }, judge });
  await inWorld(env, world, async (h) => {
    await withChampion(h);
    // Not before: a first version would wait for approval too.
    world.policy = { ...world.policy, ...of };
    world.heldBy = heldBy;
    await h.start('filesystem:churn@2');
    await check(h);
    await until('the deployment is free', () => world.status?.activeRollout === null && world.status.rolloutCount === 2);
  });
}
const approve = (h: Harness, name: string, of: { roles?: string[]; digest?: string; verdictN?: number } = {}) =>
  h.rollout(2).executeUpdate(approveUpdate, { args: [{ actor: person(name), roles: ['risk'], digest: DIGEST, verdictN: h.record(2).state.verdict!.n, reason: 'looked at it', ...of }] });
const refusal = async (call: Promise<unknown>): Promise<{ type: unknown; message: string }> => call.then(() => { throw new Error('it was accepted'); }, (error: unknown) => {
  if (!(error instanceof WorkflowUpdateFailedError)) throw error;
  return { type: (error.cause as unknown as { type: unknown }).type, message: error.cause?.message ?? '' };
});
const actions = ({ world, uid }: Harness): string[] => world.audits.filter(({ subject }) => subject === `${uid}/2`).map(({ action }) => action);

test('split traffic waits for the end of a freeze, and for people, before its first callers', async () => {
  const frozen = 'frozen by ada (year end)';
  await rollingOut({ compare: 'split', canary: [{ sharePer10k: 1_000, forMs: 0 }], approval: { ...APPROVAL, before: ['canary'] } }, async (h) => {
    await until('it is held', () => h.record(2).state.heldBy === frozen);
    expect([h.record(2).state.stage, h.world.route.shares]).toEqual(['admitting', []]);
    h.world.heldBy = null;
    await untilStage(h, 2, 'approving');
    expect(h.world.route.shares).toEqual([]);
    await approve(h, 'bea');
    expect(await h.rollout(2).result()).toMatchObject({ outcome: 'promoted' });
    expect(actions(h)).toEqual(['validating', 'packaging', 'loading', 'admitting', 'approving', 'approved', 'canary', 'promoting', 'promoted'].map((name) => `rollout.${name}`));
  }, ({ sharePer10k }) => (sharePer10k > 0 ? PROMOTE : COLLECTING), frozen);
});

test('it waits for a person of the role, refuses all others, and goes on when one agrees', async () => {
  await rollingOut({ approval: APPROVAL }, async (h) => {
    await untilStage(h, 2, 'approving');
    await until('people are told', () => h.world.notices.some(({ type }) => type === 'rollout.approving'));
    expect(h.world.notices.find(({ type }) => type === 'rollout.approving')?.text).toMatch(/a person in the role risk must agree, until/);
    await until('the deployment needs attention', () => h.world.status?.phase === 'attention');
    expect(await refusal(approve(h, 'ada'))).toMatchObject({ type: 'LM_FORBIDDEN', message: expect.stringContaining('ada asked for this rollout') as string });
    expect(await refusal(approve(h, 'cy', { roles: [] }))).toMatchObject({ type: 'LM_FORBIDDEN' });
    expect(await refusal(approve(h, 'bea', { digest: 'sha256:old' }))).toMatchObject({ type: 'LM_CONFLICT', message: expect.stringContaining(DIGEST) as string });
    expect(await refusal(h.rollout(2).executeUpdate(promoteUpdate, { args: [{ actor: person('bea'), reason: 'now' }] }))).toMatchObject({ type: 'LM_COMMAND_REFUSED', message: expect.stringContaining('approval') as string });
    expect(h.world.route.champion).toBe(OLD);
    expect((await approve(h, 'bea')).message).toMatch(/Approved/);
    expect(await h.rollout(2).result()).toMatchObject({ outcome: 'promoted', verdict: { kind: 'promote' } });
    expect(h.world.route.champion).toBe(NEW);
    expect(h.record(2).state.approvals).toEqual([expect.objectContaining({ actor: person('bea'), digest: DIGEST, voice: 'bea', before: 'promote', reason: 'looked at it' })]);
    expect(actions(h).slice(-4)).toEqual(['rollout.approving', 'rollout.approved', 'rollout.promoting', 'rollout.promoted']);
    expect(h.world.audits.find(({ action }) => action === 'rollout.approved')).toMatchObject({ actor: person('bea'), digest: DIGEST, reason: 'looked at it' });
  });
});

test('one right that is handed on is one voice: two people are two', async () => {
  await rollingOut({ approval: { ...APPROVAL, count: 2 } }, async (h) => {
    await untilStage(h, 2, 'approving');
    expect(await refusal(approve(h, 'cy', { roles: [] }))).toMatchObject({ type: 'LM_FORBIDDEN' });
    await h.rollout(2).executeUpdate(delegateUpdate, { args: [{ actor: person('bea'), roles: ['risk'], to: 'cy', reason: 'away' }] });
    expect((await approve(h, 'cy', { roles: [] })).message).toMatch(/1 more/);
    expect((await approve(h, 'bea')).message).toMatch(/1 more/);
    await until('it is told', () => h.record(2).state.approvals?.length === 2);
    expect([h.record(2).state.stage, h.record(2).state.approval?.given.map(({ voice }) => voice)]).toEqual(['approving', ['bea']]);
    await approve(h, 'dan');
    expect(await h.rollout(2).result()).toMatchObject({ outcome: 'promoted' });
    expect(actions(h)).toContain('rollout.delegated');
  });
});

test('nobody answers: others are asked too, and at the deadline it ends with the champion in place', async () => {
  await rollingOut({ approval: APPROVAL }, async (h) => {
    await untilStage(h, 2, 'approving');
    const begun = await env.currentTimeMs();
    expect(await h.rollout(2).result()).toMatchObject({ outcome: 'inconclusive', verdict: { reason: 'not-approved' } });
    const days = (await env.currentTimeMs() - begun) / DAY;
    expect([days > 2.9, days < 3.2]).toEqual([true, true]);
    expect(h.world.route).toMatchObject({ champion: OLD, shadows: [] });
    await until('people are told', () => h.world.notices.some(({ type }) => type === 'rollout.inconclusive'));
    expect(h.world.notices.map(({ type }) => type).filter((type) => type !== 'rollout.first')).toEqual(['rollout.approving', 'rollout.escalated', 'rollout.inconclusive']);
    expect(h.world.notices.at(-1)?.text).toMatch(/not approved in time/);
    expect(h.world.notices.find(({ type }) => type === 'rollout.escalated')?.text).toMatch(/risk, chief/);
  });
});

test('evidence that no longer says promote makes the approvals void; they have to be given anew, on the newer verdict', async () => {
  await rollingOut({ approval: { ...APPROVAL, count: 2 } }, async (h) => {
    await untilStage(h, 2, 'approving');
    const old = h.record(2).state.verdict!.n;
    await approve(h, 'bea');
    h.world.judge = () => COLLECTING;
    await evidence(h, 2);
    await untilStage(h, 2, 'shadowing');
    expect(h.record(2).story.at(-1)?.text).toMatch(/approvals are void/);
    expect(await refusal(approve(h, 'dan'))).toMatchObject({ type: 'LM_COMMAND_REFUSED' });
    h.world.judge = () => PROMOTE;
    await evidence(h, 2);
    await untilStage(h, 2, 'approving');
    expect(await refusal(approve(h, 'dan', { verdictN: old }))).toMatchObject({ type: 'LM_CONFLICT', message: expect.stringContaining('evidence again') as string });
    await approve(h, 'dan');
    await approve(h, 'bea');
    expect(await h.rollout(2).result()).toMatchObject({ outcome: 'promoted' });
    expect(h.record(2).state.approvals).toHaveLength(3);
    expect(h.world.notices.filter(({ type }) => type === 'rollout.approving')).toHaveLength(2);
  });
});

test('harm is taken back while people are asked', async () => {
  await rollingOut({ approval: APPROVAL }, async (h) => {
    await untilStage(h, 2, 'approving');
    h.world.judge = () => ROLLBACK;
    await evidence(h, 2);
    expect(await h.rollout(2).result()).toMatchObject({ outcome: 'rolled-back' });
    expect(h.world.route.champion).toBe(OLD);
  });
});

test('a freeze holds what the evidence would promote, also what is approved; lifted, it goes on', async () => {
  await rollingOut({ approval: APPROVAL }, async (h) => {
    await until('it says what holds it', () => h.world.rollouts.get(`${h.uid}/2`)?.state.heldBy === 'frozen by ada (year end)');
    expect([h.record(2).state.stage, h.record(2).story.at(-1)?.text]).toEqual(['shadowing', expect.stringContaining('No step forward while it is held: frozen by ada (year end).')]);
    h.world.heldBy = null;
    await evidence(h, 2);
    await untilStage(h, 2, 'approving');
    h.world.heldBy = 'frozen again';
    await approve(h, 'bea');
    await until('it is held again', () => h.record(2).state.heldBy === 'frozen again');
    expect([h.record(2).state.stage, h.world.route.champion]).toEqual(['approving', OLD]);
    h.world.heldBy = null;
    await evidence(h, 2);
    expect(await h.rollout(2).result()).toMatchObject({ outcome: 'promoted' });
    expect(h.record(2).story.map(({ text }) => text).join('\n')).toContain('Nothing holds it any more.');
  }, () => PROMOTE, 'frozen by ada (year end)');
});

test('what is held does not end by its horizon, for as long as it lasts; harm is taken back all the same', async () => {
  const begun = await env.currentTimeMs();
  await rollingOut({}, async (h) => {
    expect(await h.rollout(2).result()).toMatchObject({ outcome: 'rolled-back' });
    expect((await env.currentTimeMs() - begun) / DAY).toBeGreaterThanOrEqual(2);
    expect(h.record(2).state.heldBy).toBeNull();
  }, ({ nowMs, sinceMs }) => (nowMs - sinceMs > 2 * DAY ? ROLLBACK : INCONCLUSIVE), 'ada pinned version 1');
});

test.each([['promote', 'promoted', NEW], ['abort', 'aborted', OLD]] as const)('asked after an inconclusive end, a person says %s', async (word, outcome, champion) => {
  await rollingOut({ whenInconclusive: 'ask', askMs: HOUR }, async (h) => {
    await untilStage(h, 2, 'asking');
    await until('people are told', () => h.world.notices.some(({ type }) => type === 'rollout.asking'));
    expect(await refusal(approve(h, 'bea'))).toMatchObject({ type: 'LM_COMMAND_REFUSED' });
    await h.rollout(2).executeUpdate(word === 'promote' ? promoteUpdate : abortUpdate, { args: [{ actor: person('bea'), reason: 'the owner wants it so' }] });
    expect(await h.rollout(2).result()).toMatchObject({ outcome, verdict: { reason: 'person' } });
    expect(h.world.route.champion).toBe(champion);
    expect(h.world.audits.filter(({ subject, actor }) => subject === `${h.uid}/2` && actor.name === 'bea')).not.toEqual([]);
  }, () => INCONCLUSIVE);
});

test('a first version waits for approval too; too few leave it waiting, the last one makes it champion', async () => {
  const world = createWorld({ uid: 'dep_pf', name: 'churn', policy: { approval: { ...APPROVAL, count: 2 } } });
  await inWorld(env, world, async (h) => {
    await h.start('filesystem:churn@1');
    await untilStage(h, 1, 'approving');
    const agree = (name: string) => h.rollout(1).executeUpdate(approveUpdate, { args: [{ actor: person(name), roles: ['risk'], digest: variantOf('filesystem:churn@1').artifactDigest, verdictN: 1, reason: 'looked at it' }] });
    expect(await refusal(agree('ada'))).toMatchObject({ type: 'LM_FORBIDDEN' });
    await agree('bea');
    await until('it is told', () => world.rollouts.get('dep_pf/1')?.state.approval?.given.length === 1);
    expect(world.route.champion).toBeNull();
    await agree('cy');
    expect(await h.rollout(1).result()).toMatchObject({ outcome: 'first' });
    expect([world.route.champion, world.calls.includes('judge')]).toEqual([OLD, false]);
    await until('the deployment is free', () => world.status?.activeRollout === null);
  });
});
