import { WHOLE } from '../share.ts';
import type { VerdictSummary } from '../analysis/verdict.ts';
import type { Approval, ApprovalPoint, ApprovalState, Delegation } from './approval.ts';
import { isGranted, withApproval, withDelegation } from './approval.ts';
import type { RolloutPlan } from './plan.ts';

export const STAGES = ['validating', 'packaging', 'loading', 'shadowing', 'admitting', 'canary', 'promoting', 'undoing', 'asking', 'approving', 'done'] as const;
export type Stage = (typeof STAGES)[number];
export const OUTCOMES = ['promoted', 'first', 'refused', 'rolled-back', 'aborted', 'inconclusive', 'superseded'] as const;
export type Outcome = (typeof OUTCOMES)[number];

/** Where a rollout is. Plain data: it crosses continue-as-new and is shown as it is. */
export interface RolloutState {
  readonly stage: Stage;
  /** Index into plan.steps while in canary. */
  readonly step: number;
  /** Ruling time at which the step began; set by the first judgement in it. */
  readonly stepSinceMs: number | null;
  readonly paused: boolean;
  readonly outcome: Outcome | null;
  readonly verdict: VerdictSummary | null;
  /** The outcome that follows when undoing is finished. */
  readonly pendingOutcome: Outcome | null;
  /** Who was asked to agree to the next step; in stage approving. Absent in states of before there were approvals. */
  readonly approval?: ApprovalState | null;
  /** Every approval that was ever given, oldest first, those included that became void. */
  readonly approvals?: readonly Approval[];
  /** What keeps it from going forward though the evidence would let it: a freeze or a pin, in words. */
  readonly heldBy?: string | null;
}

export type RolloutEvent =
  | { readonly type: 'validated' } | { readonly type: 'packaged' }
  /** `first` is the verdict of a first version, for which loading is the last check; null else. */
  | { readonly type: 'loaded'; readonly first: VerdictSummary | null; readonly atMs?: number }
  | { readonly type: 'failed'; readonly verdict: VerdictSummary }
  | { readonly type: 'judged'; readonly verdict: VerdictSummary; readonly rulingMs: number; readonly heldBy?: string | null; readonly atMs?: number }
  /** The route did not take the step, because of a person's word that may end: back to where it was, and held. */
  | { readonly type: 'held'; readonly by: string }
  | { readonly type: 'promoted' } | { readonly type: 'undone' }
  | { readonly type: 'pause' } | { readonly type: 'resume' }
  | { readonly type: 'promote-now'; readonly verdict: VerdictSummary }
  | { readonly type: 'abort'; readonly verdict: VerdictSummary; readonly superseded: boolean }
  | { readonly type: 'ask-expired' }
  /** A person who may has agreed; whether he may is domain/rollout/approval.ts's to say. */
  | { readonly type: 'approved'; readonly approval: Approval }
  | { readonly type: 'escalated' } | { readonly type: 'delegated'; readonly delegation: Delegation }
  | { readonly type: 'approval-expired'; readonly verdict: VerdictSummary }
  /** The challenger, or the champion it is compared with, was killed: traffic is right already, the rest is to be taken back. */
  | { readonly type: 'killed'; readonly verdict: VerdictSummary; readonly who: 'challenger' | 'champion' };

/** What the workflow has to do next; each is one activity or a few, idempotent. */
export type RolloutAction =
  | { readonly type: 'validate' } | { readonly type: 'package' } | { readonly type: 'load' }
  | { readonly type: 'start-shadow' }
  /** Split traffic: the comparison opens before its first request. */
  | { readonly type: 'open-split' }
  | { readonly type: 'set-share'; readonly sharePer10k: number }
  | { readonly type: 'promote' }
  | { readonly type: 'undo' }
  | { readonly type: 'ask' }
  | { readonly type: 'ask-approval' }
  | { readonly type: 'finish' };

/** `refused` says why the event does not apply; then the state is the old one and there is nothing to do. */
export interface Transition { readonly state: RolloutState; readonly actions: readonly RolloutAction[]; readonly refused: string | null }

export const INITIAL: RolloutState = { stage: 'validating', step: 0, stepSinceMs: null, paused: false, outcome: null, verdict: null, pendingOutcome: null };

export type Next = (plan: RolloutPlan, state: RolloutState, event: RolloutEvent) => Transition;

/** Stages in which the judge is asked. */
export const JUDGED_STAGES: readonly Stage[] = ['shadowing', 'admitting', 'canary', 'asking', 'approving'];

const PAUSABLE: readonly Stage[] = ['validating', 'packaging', 'loading', 'shadowing', 'admitting', 'canary', 'approving'];

/**
 * The rollout as a state machine: pure and total. An event that does not apply is refused and changes nothing.
 *
 * Every end but promotion goes through `undoing`. A pause stops every next step, also an inconclusive end, but never safety:
 * a rollback verdict acts while paused, since waiting would keep a proved harm in front of callers.
 */
export const next: Next = (plan, state, event) => (ON[event.type] as On<RolloutEvent>)(plan, state, event);

type On<E> = (plan: RolloutPlan, state: RolloutState, event: E) => Transition;

const ON: { readonly [T in RolloutEvent['type']]: On<Extract<RolloutEvent, { type: T }>> } = {
  validated: (_, state) => step(state, 'validating', 'packaging', { type: 'package' }),
  packaged: (_, state) => step(state, 'packaging', 'loading', { type: 'load' }),
  loaded,
  failed: (_, state, { verdict }) => failed(state, verdict),
  judged,
  held: (plan, state, { by }) => held(plan, state, by),
  promoted: (plan, state) => promoted(plan, state),
  undone: (_, state) => (state.stage === 'undoing' ? moved({ ...state, stage: 'done', outcome: state.pendingOutcome, pendingOutcome: null }, { type: 'finish' }) : misplaced(state, 'undone')),
  pause: (_, state) => (PAUSABLE.includes(state.stage) ? moved({ ...state, paused: true }) : refusal(state, `It cannot be paused: it ${STANDING[state.stage]}.`)),
  resume: (plan, state) => (state.stage === 'done' ? refusal(state, 'It has ended.') : onceGranted(plan, moved({ ...state, paused: false }))),
  'promote-now': (plan, state, { verdict }) => promoteNow(plan, state, verdict),
  abort,
  'ask-expired': (_, state) => (state.stage !== 'asking' ? misplaced(state, 'ask-expired') : isHeld(state) ? heldBack(state) : undo(state, 'inconclusive')),
  approved: (plan, state, { approval }) => onceGranted(plan, waiting(state, (before) => withApproval(before, approval), [...state.approvals ?? [], approval])),
  escalated: (_, state) => waiting(state, (before) => ({ ...before, escalated: true }), state.approvals, { type: 'ask-approval' }),
  delegated: (_, state, { delegation }) => waiting(state, (before) => withDelegation(before, delegation), state.approvals),
  'approval-expired': approvalExpired,
  killed: (_, state, { verdict, who }) => killed(state, verdict, who),
};

const STANDING: Readonly<Record<Stage, string>> = {
  validating: 'is being validated', packaging: 'is being packaged', loading: 'is being loaded', shadowing: 'is in shadow', admitting: 'waits for its first callers', canary: 'is in canary',
  promoting: 'is being promoted', undoing: 'is being undone', asking: 'waits for a person to promote or abort', approving: 'waits for approval', done: 'has ended',
};

function step(state: RolloutState, from: Stage, to: Stage, action: RolloutAction): Transition {
  if (state.stage !== from) return misplaced(state, `end of ${from}`);
  if (state.paused) return refusal(state, 'It is paused; resume it first.');
  return moved({ ...state, stage: to }, action);
}

function loaded(plan: RolloutPlan, state: RolloutState, { first, atMs = 0 }: Extract<RolloutEvent, { type: 'loaded' }>): Transition {
  if (plan.mode !== 'first') return step(state, 'loading', beforeCanary(plan), { type: plan.compare === 'split' ? 'open-split' : 'start-shadow' });
  const checked = { ...state, verdict: first ?? state.verdict };
  if (!plan.approval) return step(checked, 'loading', 'promoting', { type: 'promote' });
  // Callers get it and it decides at once: whatever the policy asks for, it is asked here.
  const asked = step(checked, 'loading', 'approving', { type: 'ask-approval' });
  return asked.refused === null ? { ...asked, state: { ...asked.state, approval: askFor('promote', atMs, checked) } } : asked;
}

/** A first version has no judge who would look again: it goes on with the last approval. */
function onceGranted(plan: RolloutPlan, transition: Transition): Transition {
  const { state, refused } = transition;
  if (refused !== null || plan.mode !== 'first' || state.stage !== 'approving' || !plan.approval || !state.approval || isHeld(state) || !isGranted(plan.approval, state.approval)) return transition;
  return moved({ ...state, stage: 'promoting', approval: null }, { type: 'promote' });
}

function askFor(before: ApprovalPoint, sinceMs: number, { verdict }: RolloutState): ApprovalState {
  return { before, sinceMs, verdictN: verdict?.n ?? 0, given: [], escalated: false, delegates: [] };
}

function judged(plan: RolloutPlan, state: RolloutState, event: Judged): Transition {
  const { verdict, rulingMs } = event;
  if (!JUDGED_STAGES.includes(state.stage) || plan.mode === 'first') return misplaced(state, 'judged');
  if (verdict.kind === 'rollback') return undo({ ...state, verdict }, 'rolled-back');
  if (state.stage === 'asking') return moved({ ...state, ...heldBy(event, state) });
  if (state.stage === 'approving') return stillApproving(plan, state, event);
  const seen: RolloutState = { ...state, ...heldBy(event, state), verdict, stepSinceMs: state.stage === 'canary' ? state.stepSinceMs ?? rulingMs : null };
  return isHeld(seen) ? moved(seen) : follow(plan, seen, event);
}

/** What a verdict that is no harm leads to, where nothing holds. */
function follow(plan: RolloutPlan, seen: RolloutState, { verdict, rulingMs, atMs = rulingMs }: Judged): Transition {
  if (verdict.kind === 'inconclusive') return plan.whenInconclusive === 'ask' ? moved({ ...seen, stage: 'asking' }, { type: 'ask' }) : undo(seen, 'inconclusive');
  if (mayStep(plan, seen, verdict) && stepHasLasted(plan, seen, rulingMs)) return forward(plan, seen, atMs);
  return moved(seen);
}

/** Where split traffic gives the evidence, none can be there before the first step: it is taken as soon as nothing holds the rollout. */
function mayStep(plan: RolloutPlan, state: RolloutState, { kind, provisional }: VerdictSummary): boolean {
  if (kind !== 'collecting') return kind === 'promote';
  return state.stage === 'admitting' || (plan.provisional === true && provisional === true && nextIndex(state) <= lastIndex(plan));
}
/** The last step there can be before a proof: where promotion may be provisional, all of the traffic. */
function lastIndex({ provisional, steps }: RolloutPlan): number { return provisional === true && steps.at(-1)?.sharePer10k !== WHOLE ? steps.length : steps.length - 1; }
export function isProvisional(plan: RolloutPlan, { stage, step }: RolloutState): boolean { return plan.provisional === true && stage === 'canary' && step === lastIndex(plan); }
function beforeCanary({ compare }: RolloutPlan): Stage { return compare === 'split' ? 'admitting' : 'shadowing'; }

type Judged = Extract<RolloutEvent, { type: 'judged' }>;

/** A judgement that names nothing ends what held; left out where nothing did, so that states of before stay as they were. */
function heldBy({ heldBy: by }: Judged, before: RolloutState): Pick<RolloutState, 'heldBy'> { return by !== undefined ? { heldBy: by } : (before.heldBy ?? null) === null ? {} : { heldBy: null }; }
export function isHeld(state: RolloutState): boolean { return state.paused || (state.heldBy ?? null) !== null; }

/**
 * Approvals rest on a verdict that says promote. When it no longer does they are void, and the rollout is back where it was.
 * Only a judgement goes on with what was approved: it has just looked at the evidence and at what may hold the rollout.
 */
function stillApproving(plan: RolloutPlan, state: RolloutState, event: Judged): Transition {
  const seen: RolloutState = { ...state, ...heldBy(event, state), verdict: event.verdict };
  const before = seen.stepSinceMs === null ? beforeCanary(plan) : 'canary';
  if (!mayStep(plan, { ...seen, stage: before }, event.verdict)) return moved({ ...seen, stage: before, approval: null });
  if (isHeld(seen) || !plan.approval || !seen.approval || !isGranted(plan.approval, seen.approval)) return moved(seen);
  return advance(plan, { ...seen, approval: null });
}

function waiting(state: RolloutState, change: (before: ApprovalState) => ApprovalState, approvals: RolloutState['approvals'], ...actions: readonly RolloutAction[]): Transition {
  if (state.stage !== 'approving' || !state.approval) return refusal(state, `Nothing waits for approval: it ${STANDING[state.stage]}.`);
  return moved({ ...state, approval: change(state.approval), ...(approvals === undefined ? {} : { approvals }) }, ...actions);
}

function approvalExpired(plan: RolloutPlan, state: RolloutState, { verdict }: { readonly verdict: VerdictSummary }): Transition {
  if (state.stage !== 'approving') return misplaced(state, 'approval-expired');
  if (plan.approval && state.approval && isGranted(plan.approval, state.approval)) return refusal(state, 'It is approved.');
  return isHeld(state) ? heldBack(state) : undo({ ...state, verdict }, 'inconclusive');
}

/** The step that the route refused was not taken: the stage before it goes on, and the judge says when to try again. */
function held(plan: RolloutPlan, state: RolloutState, heldBy: string): Transition {
  // A first version has no judge who would try again.
  if (plan.mode === 'first') return state.stage === 'promoting' ? undo(state, 'aborted') : misplaced(state, 'held');
  if (state.stage === 'promoting') return moved({ ...state, stage: state.stepSinceMs === null ? beforeCanary(plan) : 'canary', heldBy });
  if (state.stage !== 'canary') return misplaced(state, 'held');
  return moved(state.step === 0 ? { ...state, stage: beforeCanary(plan), stepSinceMs: null, heldBy } : { ...state, step: state.step - 1, stepSinceMs: null, heldBy });
}

/** A killed challenger goes the way of a rolled back one; without its champion there is nothing to compare with. */
function killed(state: RolloutState, verdict: VerdictSummary, who: 'challenger' | 'champion'): Transition {
  if (state.stage === 'done') return refusal(state, 'It has ended.');
  if (state.stage === 'undoing') return moved(state);
  return undo({ ...state, verdict }, who === 'challenger' ? 'rolled-back' : 'aborted');
}

/** A canary step must have carried its share for its whole time, in the ruling clock; shadow has no such floor but the judge's. */
function stepHasLasted(plan: RolloutPlan, state: RolloutState, rulingMs: number): boolean {
  if (state.stage !== 'canary') return true;
  const forMs = plan.steps[state.step]?.forMs ?? 0;
  return rulingMs - (state.stepSinceMs ?? rulingMs) >= forMs;
}

/** Asks first where people must agree to this step. */
function forward(plan: RolloutPlan, state: RolloutState, atMs: number): Transition {
  const point = pointAhead(plan, state);
  if (point === null || plan.approval?.before.includes(point) !== true) return advance(plan, state);
  return moved({ ...state, stage: 'approving', approval: askFor(point, atMs, state) }, { type: 'ask-approval' });
}

function pointAhead(plan: RolloutPlan, state: RolloutState): ApprovalPoint | null {
  const index = nextIndex(state);
  return plan.steps[index] === undefined ? 'promote' : index === 0 ? 'canary' : null;
}

/** Out of shadow comes the first step; `stepSinceMs` tells, since approving keeps it. */
function nextIndex(state: RolloutState): number { return state.stage === 'shadowing' || state.stage === 'admitting' || state.stepSinceMs === null ? 0 : state.step + 1; }

function advance(plan: RolloutPlan, state: RolloutState): Transition {
  const index = nextIndex(state);
  const share = plan.steps[index]?.sharePer10k ?? (index === lastIndex(plan) && state.verdict?.kind !== 'promote' ? WHOLE : undefined);
  if (share === undefined) return moved({ ...state, stage: 'promoting' }, { type: 'promote' });
  return moved({ ...state, stage: 'canary', step: index, stepSinceMs: null }, { type: 'set-share', sharePer10k: Math.min(share, WHOLE) });
}

function promoted(plan: RolloutPlan, state: RolloutState): Transition {
  if (state.stage !== 'promoting') return misplaced(state, 'promoted');
  return moved({ ...state, stage: 'done', outcome: plan.mode === 'first' ? 'first' : 'promoted' }, { type: 'finish' });
}

/** A step ended for good: `validation` is a rule that said no, `superseded` newer intent, anything else a defect or an outage. */
function failed(state: RolloutState, verdict: VerdictSummary): Transition {
  if (state.stage === 'undoing' || state.stage === 'done') return misplaced(state, 'failed');
  const outcome: Outcome = verdict.reason === 'superseded' ? 'superseded' : verdict.reason === 'validation' ? 'refused' : 'aborted';
  return undo({ ...state, verdict }, outcome);
}

function promoteNow(plan: RolloutPlan, state: RolloutState, verdict: VerdictSummary): Transition {
  if (state.stage === 'promoting') return moved(state);
  if (plan.mode === 'compare' && JUDGED_STAGES.includes(state.stage)) {
    // One person must not be able to do what the policy asks several for.
    if (plan.approval) return refusal(state, `Its policy asks for approval before ${plan.approval.before.join(' and ')}, on a verdict that says promote: use approve when it waits for it, or abort.`);
    return moved({ ...unheld(state), stage: 'promoting', paused: false, verdict }, { type: 'promote' });
  }
  const hint = state.stage === 'undoing' || state.stage === 'done' ? 'start a new rollout' : 'wait until its checks have passed';
  return refusal(state, `It cannot be promoted: it ${STANDING[state.stage]}; ${hint}.`);
}

/**
 * Accepted in every stage but the end, where only a repeat is; what is already being undone goes on to the outcome it had.
 * A first version that is being promoted has nothing to go back to: it is killed, not aborted.
 */
function abort(plan: RolloutPlan, state: RolloutState, { verdict, superseded }: { verdict: VerdictSummary; superseded: boolean }): Transition {
  const outcome: Outcome = superseded ? 'superseded' : 'aborted';
  if (state.stage === 'undoing' || state.outcome === outcome) return moved(state);
  if (state.stage === 'done') return refusal(state, `It has ended (${state.outcome ?? 'done'}); to go back use rollback.`);
  if (plan.mode === 'first' && state.stage === 'promoting') return refusal(state, 'It is being made the first champion and there is none to go back to; to take it off use kill.');
  return undo({ ...state, verdict }, outcome);
}

function undo(state: RolloutState, pendingOutcome: Outcome): Transition {
  return moved({ ...unheld(state), stage: 'undoing', paused: false, pendingOutcome }, { type: 'undo' });
}

/** What is waited for no more; left out where nothing was, so that states of before stay as they were. */
function unheld(state: RolloutState): RolloutState { return { ...state, ...(state.approval ? { approval: null } : {}), ...(state.heldBy ? { heldBy: null } : {}) }; }
function heldBack(state: RolloutState): Transition { return refusal(state, state.paused ? 'It is paused; resume it first.' : `It does not end while it is held: ${state.heldBy ?? ''}.`); }

function moved(state: RolloutState, ...actions: readonly RolloutAction[]): Transition { return { state, actions, refused: null }; }
function refusal(state: RolloutState, refused: string): Transition { return { state, actions: [], refused }; }
function misplaced(state: RolloutState, what: string): Transition { return refusal(state, `"${what}" does not apply: the rollout ${STANDING[state.stage]}.`); }
