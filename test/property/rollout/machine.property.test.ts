import fc from 'fast-check';
import type { ApprovalPoint } from '../../../domain/rollout/approval.ts';
import { INITIAL, isProvisional, next, type RolloutEvent, type RolloutState, type Transition } from '../../../domain/rollout/machine.ts';
import type { RolloutPlan } from '../../../domain/rollout/plan.ts';
import { rolloutPlan, rolloutTurn, type Turn } from '../../support/rollout-arbitraries.ts';

const SEED = { seed: 20_261, numRuns: 2_000 };

interface Seen { readonly before: RolloutState; readonly event: RolloutEvent; readonly transition: Transition }

function play(plan: RolloutPlan, turns: readonly Turn[]): Seen[] {
  const seen: Seen[] = [];
  let state = INITIAL;
  for (const turn of turns) {
    const event = turn[state.stage];
    const transition = next(plan, state, event);
    seen.push({ before: state, event, transition });
    state = transition.state;
  }
  return seen;
}

function holds(check: (plan: RolloutPlan, seen: readonly Seen[]) => void): void {
  fc.assert(fc.property(rolloutPlan, fc.array(rolloutTurn, { maxLength: 40 }), (plan, turns) => { check(plan, play(plan, turns)); }), SEED);
}

test('done is final: the stage and the one outcome never change again', () => {
  holds((_, seen) => {
    for (const { before, transition } of seen) if (before.stage === 'done') expect(transition).toMatchObject({ state: before, actions: [] });
    expect(new Set(seen.map(({ transition }) => transition.state.outcome).filter((outcome) => outcome !== null)).size).toBeLessThanOrEqual(1);
  });
});

test('an outcome is there exactly when the rollout is done', () => {
  holds((_, seen) => { for (const { transition: { state } } of seen) expect(state.outcome !== null).toBe(state.stage === 'done'); });
});

test('every end but promotion was undone first', () => {
  holds((_, seen) => {
    for (const { before, transition } of seen) {
      if (transition.state.stage !== 'done' || before.stage === 'done') continue;
      expect(before.stage).toBe(['promoted', 'first'].includes(transition.state.outcome ?? '') ? 'promoting' : 'undoing');
    }
  });
});

test('undo is asked for once, on the way into undoing', () => {
  holds((_, seen) => {
    const undos = seen.filter(({ transition }) => transition.actions.some(({ type }) => type === 'undo'));
    expect(undos.length).toBeLessThanOrEqual(1);
    for (const { before, transition } of undos) expect([before.stage === 'undoing', transition.state.stage]).toEqual([false, 'undoing']);
  });
});

test('shares come from the steps of the plan, in their order; one that was held is asked for again', () => {
  holds((plan, seen) => {
    const shares = seen.flatMap(({ transition }) => transition.actions.flatMap((action) => (action.type === 'set-share' ? [action.sharePer10k] : []))).filter((share, i, all) => share !== all[i - 1]);
    const steps = plan.steps.map(({ sharePer10k }) => sharePer10k);
    expect(shares).toEqual([...steps, ...(plan.provisional === true && steps.at(-1) !== 10_000 ? [10_000] : [])].slice(0, shares.length));
  });
});

/** A first version goes on when it is loaded, or with the last of its approvals, given or let go on. */
function isFirstGoingOn(plan: RolloutPlan, { before, event }: Seen): boolean {
  if (plan.mode !== 'first') return false;
  if (event.type === 'loaded') return !before.paused;
  return before.stage === 'approving' && (event.type === 'resume' || (event.type === 'approved' && !before.paused));
}

test('promotion follows a promote verdict, a person, or the checks of a first version; never while paused, but by a person', () => {
  holds((plan, seen) => {
    for (const each of seen) {
      const { before, event, transition } = each;
      if (!transition.actions.some(({ type }) => type === 'promote')) continue;
      const byJudge = event.type === 'judged' && event.verdict.kind === 'promote' && !before.paused;
      expect(byJudge || isFirstGoingOn(plan, each) || event.type === 'promote-now').toBe(true);
    }
  });
});

test('the judge promotes only after every step lasted its time', () => {
  holds((plan, seen) => {
    for (const { before, event, transition } of seen) {
      if (event.type !== 'judged' || before.stage !== 'canary' || transition.state.stage === 'canary' && transition.state.step === before.step || transition.state.stage === 'undoing' || transition.state.stage === 'asking') continue;
      expect(event.rulingMs - before.stepSinceMs!).toBeGreaterThanOrEqual(plan.steps[before.step]?.forMs ?? 0);
    }
  });
});

test('a paused rollout takes no step but to be undone or promoted by a person', () => {
  holds((_, seen) => {
    for (const { before, event, transition } of seen) {
      if (!before.paused || transition.state.stage === before.stage) continue;
      expect(transition.state.stage === 'undoing' || event.type === 'promote-now').toBe(true);
    }
  });
});

test('a proved harm is always acted on at once while it is judged', () => {
  holds((_, seen) => {
    for (const { before, event, transition } of seen) {
      if (event.type === 'judged' && event.verdict.kind === 'rollback' && ['shadowing', 'admitting', 'canary', 'asking'].includes(before.stage)) expect(transition.state).toMatchObject({ stage: 'undoing', pendingOutcome: 'rolled-back' });
    }
  });
});

function transitionShares({ transition: { actions } }: { readonly transition: Pick<Transition, 'state' | 'actions'> }): boolean { return actions.some(({ type }) => type === 'set-share'); }

/** The point at which people must agree that a transition goes past, or null. */
function pointPassed(plan: RolloutPlan, { transition: { state, actions } }: Seen): ApprovalPoint | null {
  const point = actions.some(({ type }) => type === 'promote') || state.stage === 'canary' && isProvisional(plan, state) && plan.steps.length === state.step && transitionShares({ transition: { state, actions } }) ? 'promote' : actions.some(({ type }) => type === 'set-share') && state.step === 0 ? 'canary' : null;
  return point !== null && plan.approval && (plan.mode === 'first' || plan.approval.before.includes(point)) ? point : null;
}

test('whatever comes in whatever order, nothing goes past a point where people must agree without as many of them as the policy asks, given since it was asked for', () => {
  let passed = 0;
  holds((plan, seen) => {
    for (const each of seen) {
      const point = pointPassed(plan, each);
      if (point === null) continue;
      passed += 1;
      const { before, event } = each;
      // Split traffic has no evidence before its first step.
      const early = (plan.compare === 'split' && point === 'canary') || (plan.provisional === true && transitionShares(each));
      if (plan.mode === 'compare') expect(event).toMatchObject({ type: 'judged', verdict: { kind: early ? expect.stringMatching(/^(promote|collecting)$/) as string : 'promote' } });
      expect([before.stage, before.approval?.before]).toEqual(['approving', point]);
      const given = [...before.approval?.given ?? [], ...(event.type === 'approved' ? [event.approval] : [])];
      expect(new Set(given.map(({ actor }) => actor.name)).size).toBeGreaterThanOrEqual(plan.approval!.count);
    }
  });
  expect(passed).toBeGreaterThan(50);
});

test('approvals that became void are kept, and are not counted again', () => {
  holds((_, seen) => {
    for (const { before, transition: { state } } of seen) {
      expect((state.approvals ?? []).slice(0, before.approvals?.length ?? 0)).toEqual(before.approvals ?? []);
      if (state.stage === 'approving' && before.stage !== 'approving') expect(state.approval?.given).toEqual([]);
      if (state.stage !== 'approving') expect(state.approval ?? null).toBeNull();
    }
  });
});

test('what is held takes no step, is not promoted and does not end but by harm, a kill, a failure, an abort or a person', () => {
  holds((_, seen) => {
    for (const { before, event, transition } of seen) {
      const held = event.type === 'judged' ? event.heldBy : before.heldBy;
      if ((held ?? null) === null || transition.state.stage === before.stage || !['shadowing', 'admitting', 'canary', 'asking', 'approving'].includes(before.stage)) continue;
      const back = before.stage === 'approving' && ['shadowing', 'admitting', 'canary'].includes(transition.state.stage);
      const protects = event.type === 'judged' && event.verdict.kind === 'rollback';
      expect(back || protects || ['killed', 'failed', 'abort', 'promote-now'].includes(event.type)).toBe(true);
    }
  });
});

test('a refused event changes nothing', () => {
  holds((_, seen) => { for (const { before, transition } of seen) if (transition.refused !== null) expect(transition).toMatchObject({ state: before, actions: [] }); });
});

test('from anywhere an abort and the end of undoing lead to done', () => {
  holds((plan, seen) => {
    const state = seen.at(-1)?.transition.state ?? INITIAL;
    if (plan.mode === 'first' && state.stage === 'promoting') return;
    const aborted = next(plan, state, { type: 'abort', verdict: { rolloutId: '', n: 0, kind: 'inconclusive', reason: 'person', metric: null, text: '', evidenceHash: null }, superseded: false });
    expect(next(plan, aborted.state, { type: 'undone' }).state.stage).toBe('done');
  });
});

test('the generated runs get everywhere, so the laws above are not empty', () => {
  const reached = new Set<string>();
  holds((_, seen) => { for (const { transition: { state } } of seen) { reached.add(state.stage); if (state.outcome !== null) reached.add(state.outcome); } });
  for (const name of ['canary', 'promoting', 'asking', 'approving', 'undoing', 'done', 'promoted', 'first', 'refused', 'rolled-back', 'aborted', 'inconclusive', 'superseded']) expect(reached).toContain(name);
});
