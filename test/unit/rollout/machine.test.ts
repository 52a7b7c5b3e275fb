import { INITIAL, next, STAGES, type RolloutEvent, type RolloutState, type Stage, type Transition } from '../../../domain/rollout/machine.ts';
import type { RolloutPlan } from '../../../domain/rollout/plan.ts';
import { verdict } from '../../support/rollout-arbitraries.ts';

const PLAN: RolloutPlan = {
  mode: 'compare', goal: 'better', shadowSamplePer10k: 10_000, shadowMaxMs: 1_000, steps: [{ sharePer10k: 500, forMs: 100 }, { sharePer10k: 5_000, forMs: 200 }],
  horizonMs: 10_000, idleMs: 1_000, whenInconclusive: 'keep', askMs: 1_000,
};
const PROMOTE = verdict('promote', 'proved-better');
const ROLLBACK = verdict('rollback', 'proved-worse');
const COLLECTING = verdict('collecting');
const INCONCLUSIVE = verdict('inconclusive', 'horizon');
const PERSON = verdict('promote', 'person');
const ABORTED = verdict('inconclusive', 'person');
const judged = (of: typeof PROMOTE, rulingMs = 0): RolloutEvent => ({ type: 'judged', verdict: of, rulingMs });
const abort: RolloutEvent = { type: 'abort', verdict: ABORTED, superseded: false };
const promoteNow: RolloutEvent = { type: 'promote-now', verdict: PERSON };
const at = (stage: Stage, more: Partial<RolloutState> = {}): RolloutState => ({ ...INITIAL, stage, ...more });
const types = ({ actions }: Transition): string[] => actions.map((action) => (action.type === 'set-share' ? `share ${action.sharePer10k}` : action.type));

/** Runs events one after another; a refused one fails the test. */
function run(events: readonly RolloutEvent[], plan = PLAN, from = INITIAL): { state: RolloutState; did: string[] } {
  return events.reduce<{ state: RolloutState; did: string[] }>(({ state, did }, event) => {
    const transition = next(plan, state, event);
    expect({ event, refused: transition.refused }).toEqual({ event, refused: null });
    return { state: transition.state, did: [...did, ...types(transition)] };
  }, { state: from, did: [] });
}
const prepared: RolloutEvent[] = [{ type: 'validated' }, { type: 'packaged' }, { type: 'loaded', first: null }];

test('the way to promotion: every stage, every share, then champion', () => {
  const { state, did } = run([...prepared, judged(COLLECTING, 5), judged(PROMOTE, 10), judged(PROMOTE, 20), judged(PROMOTE, 120), judged(PROMOTE, 130), judged(PROMOTE, 330), { type: 'promoted' }]);
  expect(did).toEqual(['package', 'load', 'start-shadow', 'share 500', 'share 5000', 'promote', 'finish']);
  expect(state).toMatchObject({ stage: 'done', outcome: 'promoted', verdict: PROMOTE });
});

test('a first version goes from its checks straight to champion', () => {
  const first = verdict('first', 'first-version');
  const { state, did } = run([{ type: 'validated' }, { type: 'packaged' }, { type: 'loaded', first }, { type: 'promoted' }], { ...PLAN, mode: 'first' });
  expect(did).toEqual(['package', 'load', 'promote', 'finish']);
  expect(state).toMatchObject({ stage: 'done', outcome: 'first', verdict: first });
});

test('without canary steps a promote verdict in shadow makes it champion', () => {
  expect(types(next({ ...PLAN, steps: [] }, at('shadowing'), judged(PROMOTE)))).toEqual(['promote']);
});

test('a step lasts its time in the ruling clock, counted from the first judgement in it, and the verdict must still say promote', () => {
  const canary = at('canary');
  const seen = next(PLAN, canary, judged(PROMOTE, 1_000)).state;
  expect(seen).toMatchObject({ stage: 'canary', step: 0, stepSinceMs: 1_000 });
  expect(next(PLAN, seen, judged(PROMOTE, 1_099)).actions).toEqual([]);
  expect(next(PLAN, seen, judged(COLLECTING, 1_100)).actions).toEqual([]);
  const after = next(PLAN, seen, judged(PROMOTE, 1_100));
  expect(types(after)).toEqual(['share 5000']);
  expect(after.state).toMatchObject({ step: 1, stepSinceMs: null });
});

test.each(['shadowing', 'canary', 'asking'] as const)('a rollback verdict in %s is acted on, paused or not', (stage) => {
  for (const paused of [false, true]) {
    const transition = next(PLAN, at(stage, { paused }), judged(ROLLBACK));
    expect(types(transition)).toEqual(['undo']);
    expect(transition.state).toMatchObject({ stage: 'undoing', pendingOutcome: 'rolled-back', paused: false, verdict: ROLLBACK });
  }
});

test('paused: neither promotion nor an inconclusive end; resumed: the next judgement counts', () => {
  const paused = next(PLAN, at('shadowing'), { type: 'pause' }).state;
  for (const found of [PROMOTE, INCONCLUSIVE]) {
    const transition = next(PLAN, paused, judged(found));
    expect(transition).toMatchObject({ actions: [], refused: null, state: { stage: 'shadowing', paused: true, verdict: found } });
  }
  expect(types(next(PLAN, next(PLAN, paused, { type: 'resume' }).state, judged(PROMOTE)))).toEqual(['share 500']);
});

test('paused while it is prepared: no next step until resumed', () => {
  expect(next(PLAN, at('loading', { paused: true }), { type: 'loaded', first: null }).refused).toMatch(/paused/);
});

test('inconclusive keeps the champion, or asks first where the plan says so', () => {
  expect(next(PLAN, at('canary'), judged(INCONCLUSIVE)).state).toMatchObject({ stage: 'undoing', pendingOutcome: 'inconclusive' });
  const asking = next({ ...PLAN, whenInconclusive: 'ask' }, at('canary'), judged(INCONCLUSIVE));
  expect(types(asking)).toEqual(['ask']);
  expect(next(PLAN, asking.state, judged(PROMOTE)).state).toEqual(asking.state);
  expect(next(PLAN, asking.state, { type: 'ask-expired' }).state).toMatchObject({ stage: 'undoing', pendingOutcome: 'inconclusive' });
  expect(types(next(PLAN, asking.state, promoteNow))).toEqual(['promote']);
  expect(types(next(PLAN, asking.state, abort))).toEqual(['undo']);
});

test.each(STAGES.map((stage) => [stage]))('abort in %s is accepted where there is something to end, and twice is once', (stage) => {
  const outcome = stage === 'done' ? 'aborted' : null;
  const first = next(PLAN, at(stage, { outcome }), abort);
  const second = next(PLAN, first.state, abort);
  expect(first.refused).toBeNull();
  expect(second).toEqual({ state: first.state, actions: [], refused: null });
  if (stage !== 'undoing' && stage !== 'done') expect(first.state).toMatchObject({ stage: 'undoing', pendingOutcome: 'aborted' });
});

test('abort after the end says what to do instead; superseding names its own outcome', () => {
  expect(next(PLAN, at('done', { outcome: 'promoted' }), abort).refused).toMatch(/rollback/);
  expect(next(PLAN, at('canary'), { ...abort, superseded: true }).state.pendingOutcome).toBe('superseded');
  expect(next(PLAN, at('undoing', { pendingOutcome: 'rolled-back' }), abort).state.pendingOutcome).toBe('rolled-back');
});

test('a first version that is being promoted cannot be aborted: there is nothing to go back to', () => {
  expect(next({ ...PLAN, mode: 'first' }, at('promoting'), abort).refused).toMatch(/kill/);
});

test.each([['validating', false], ['packaging', false], ['loading', false], ['shadowing', true], ['canary', true], ['promoting', true], ['undoing', false], ['asking', true], ['done', false]] as const)('promote now in %s: %s', (stage, accepted) => {
  expect(next(PLAN, at(stage, { paused: true }), promoteNow).refused === null).toBe(accepted);
  expect(next({ ...PLAN, mode: 'first' }, at(stage), promoteNow).refused === null).toBe(stage === 'promoting');
});

test.each([['validation', 'refused'], ['superseded', 'superseded'], ['error', 'aborted']] as const)('a step that fails with %s is undone and ends %s', (reason, outcome) => {
  for (const stage of ['validating', 'packaging', 'loading', 'shadowing', 'canary', 'promoting', 'asking'] as const) {
    const failed = next(PLAN, at(stage), { type: 'failed', verdict: verdict('rollback', reason) });
    expect(types(failed)).toEqual(['undo']);
    expect(next(PLAN, failed.state, { type: 'undone' }).state).toMatchObject({ stage: 'done', outcome, pendingOutcome: null });
  }
});

test('events out of place are refused in words and change nothing', () => {
  for (const event of [{ type: 'validated' }, { type: 'undone' }, { type: 'promoted' }, { type: 'ask-expired' }] as const) {
    const state = at('canary');
    expect(next(PLAN, state, event)).toEqual({ state, actions: [], refused: expect.stringContaining('canary') as string });
  }
});
