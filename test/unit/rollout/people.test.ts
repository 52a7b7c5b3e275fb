import { INITIAL, next, type RolloutEvent, type RolloutState } from '../../../domain/rollout/machine.ts';
import type { RolloutPlan } from '../../../domain/rollout/plan.ts';
import { verdict } from '../../support/rollout-arbitraries.ts';

const PLAN: RolloutPlan = {
  mode: 'compare', goal: 'better', shadowSamplePer10k: 10_000, shadowMaxMs: 1_000, steps: [{ sharePer10k: 500, forMs: 100 }], horizonMs: 10_000, idleMs: 1_000, whenInconclusive: 'ask', askMs: 1_000,
  approval: { before: ['canary', 'promote'], roles: [], count: 1, notAuthor: true, deadlineMs: 1_000, escalateAfterMs: null, escalateTo: [] },
};
const FREE: RolloutPlan = { ...PLAN, approval: null };
const PROMOTE = verdict('promote', 'proved-better', 4);
const judged = (of = PROMOTE, heldBy: string | null = null): RolloutEvent => ({ type: 'judged', verdict: of, rulingMs: 500, atMs: 77, heldBy });
const approved: RolloutEvent = { type: 'approved', approval: { actor: { kind: 'person', name: 'bea' }, atMs: 80, before: 'canary', digest: 'sha256:a', verdictN: 4, voice: 'bea', reason: 'looked' } };
const expired: RolloutEvent = { type: 'approval-expired', verdict: verdict('inconclusive', 'not-approved') };
const at = (stage: RolloutState['stage'], more: Partial<RolloutState> = {}): RolloutState => ({ ...INITIAL, stage, ...more });
const asked = next(PLAN, at('shadowing'), judged());

test('it asks before canary, on the verdict at hand', () => {
  expect(asked).toMatchObject({ actions: [{ type: 'ask-approval' }], state: { stage: 'approving', approval: { before: 'canary', sinceMs: 77, verdictN: 4, given: [] } } });
});

test('an approval alone moves nothing: the next judgement does, where nothing holds it', () => {
  const agreed = next(PLAN, asked.state, approved);
  expect(agreed).toMatchObject({ actions: [], state: { stage: 'approving', approvals: [{ actor: { name: 'bea' } }] } });
  expect(next(PLAN, agreed.state, judged(PROMOTE, 'frozen'))).toMatchObject({ actions: [], state: { stage: 'approving', heldBy: 'frozen' } });
  expect(next(PLAN, agreed.state, judged())).toMatchObject({ actions: [{ type: 'set-share' }], state: { stage: 'canary', approval: null, approvals: [{ actor: { name: 'bea' } }] } });
});

test.each([['collecting', 'not-enough-evidence'], ['inconclusive', 'horizon']] as const)('a verdict that says %s makes the approvals void: it is back where it was', (kind, reason) => {
  const agreed = next(PLAN, asked.state, approved).state;
  const voided = next(PLAN, agreed, judged(verdict(kind, reason, 5)));
  expect(voided).toMatchObject({ actions: [], state: { stage: 'shadowing', approval: null } });
  expect(next(PLAN, voided.state, judged({ ...PROMOTE, n: 6 })).state).toMatchObject({ stage: 'approving', approval: { given: [], verdictN: 6 } });
});

test('harm is taken back while people are asked', () => {
  expect(next(PLAN, next(PLAN, asked.state, approved).state, judged(verdict('rollback', 'proved-worse'), 'frozen'))).toMatchObject({ actions: [{ type: 'undo' }], state: { stage: 'undoing', pendingOutcome: 'rolled-back', approval: null, heldBy: null } });
});

test('without an answer it ends and the champion stays; not while it is held, and not once it is approved', () => {
  expect(next(PLAN, asked.state, expired)).toMatchObject({ actions: [{ type: 'undo' }], state: { pendingOutcome: 'inconclusive' } });
  expect(next(PLAN, { ...asked.state, heldBy: 'frozen' }, expired).refused).toMatch(/frozen/);
  expect(next(PLAN, { ...asked.state, paused: true }, expired).refused).toMatch(/paused/);
  expect(next(PLAN, next(PLAN, asked.state, approved).state, expired).refused).toMatch(/approved/);
});

test('escalating asks again; a delegation is kept', () => {
  const escalated = next(PLAN, asked.state, { type: 'escalated' });
  expect(escalated).toMatchObject({ actions: [{ type: 'ask-approval' }], state: { approval: { escalated: true } } });
  expect(next(PLAN, escalated.state, { type: 'delegated', delegation: { from: 'bea', to: 'cy' } }).state.approval?.delegates).toEqual([{ from: 'bea', to: 'cy' }]);
});

test.each(['shadowing', 'canary', 'asking', 'approving'] as const)('promote now in %s is refused where the policy asks for approval', (stage) => {
  expect(next(PLAN, at(stage), { type: 'promote-now', verdict: verdict('promote', 'person') }).refused).toMatch(/approval/);
  expect(next(FREE, at(stage), { type: 'promote-now', verdict: verdict('promote', 'person') }).refused).toBeNull();
});

test.each(['approved', 'escalated', 'delegated'] as const)('%s where nothing waits is refused', (type) => {
  const event = { approved, escalated: { type: 'escalated' }, delegated: { type: 'delegated', delegation: { from: 'bea', to: 'cy' } } } as const;
  expect(next(PLAN, at('canary'), event[type]).refused).toMatch(/Nothing waits/);
});

test('held: no step, no promotion, no end by horizon; then it goes on', () => {
  const held = next(FREE, at('canary', { stepSinceMs: 0 }), judged(PROMOTE, 'ada pinned version 1'));
  expect(held).toMatchObject({ actions: [], state: { stage: 'canary', heldBy: 'ada pinned version 1', verdict: PROMOTE } });
  expect(next(FREE, held.state, judged(verdict('inconclusive', 'horizon'), 'frozen'))).toMatchObject({ actions: [], state: { stage: 'canary' } });
  expect(next(FREE, held.state, judged())).toMatchObject({ actions: [{ type: 'promote' }], state: { heldBy: null } });
});

test('asking does not end while it is held', () => {
  const asking = next(FREE, at('asking'), judged(verdict('inconclusive', 'horizon'), 'frozen')).state;
  expect(asking).toMatchObject({ stage: 'asking', heldBy: 'frozen' });
  expect(next(FREE, asking, { type: 'ask-expired' }).refused).toMatch(/frozen/);
  expect(next(FREE, next(FREE, asking, judged(verdict('inconclusive', 'horizon'))).state, { type: 'ask-expired' }).actions).toEqual([{ type: 'undo' }]);
});

describe('a first version', () => {
  const FIRST: RolloutPlan = { ...PLAN, mode: 'first' };
  const loaded = next(FIRST, at('loading'), { type: 'loaded', first: verdict('first', 'first-version', 1), atMs: 5 });

  test('waits for approval too, and goes on with the last one', () => {
    expect(loaded).toMatchObject({ actions: [{ type: 'ask-approval' }], state: { stage: 'approving', approval: { before: 'promote', sinceMs: 5, verdictN: 1 } } });
    expect(next(FIRST, loaded.state, approved)).toMatchObject({ actions: [{ type: 'promote' }], state: { stage: 'promoting', approval: null, approvals: [{ actor: { name: 'bea' } }] } });
    expect(next(FIRST, loaded.state, expired).actions).toEqual([{ type: 'undo' }]);
    expect(next(FIRST, loaded.state, { type: 'promote-now', verdict: verdict('promote', 'person') }).refused).not.toBeNull();
  });

  test('approved while it is paused it goes on when resumed', () => {
    const paused = next(FIRST, next(FIRST, loaded.state, { type: 'pause' }).state, approved);
    expect(paused).toMatchObject({ actions: [], state: { stage: 'approving' } });
    expect(next(FIRST, paused.state, { type: 'resume' }).actions).toEqual([{ type: 'promote' }]);
  });

  test('nothing is approved before it is loaded', () => { expect(next(FIRST, at('loading', { paused: true }), { type: 'loaded', first: null }).refused).toMatch(/paused/); });
});
