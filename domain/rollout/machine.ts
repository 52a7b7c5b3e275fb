import type { VerdictSummary } from '../analysis/verdict.ts';
import type { RolloutPlan } from './plan.ts';

export const STAGES = ['validating', 'packaging', 'loading', 'shadowing', 'canary', 'promoting', 'undoing', 'asking', 'done'] as const;
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
}

export type RolloutEvent =
  | { readonly type: 'validated' } | { readonly type: 'packaged' } | { readonly type: 'loaded' }
  | { readonly type: 'failed'; readonly verdict: VerdictSummary }
  | { readonly type: 'judged'; readonly verdict: VerdictSummary; readonly rulingMs: number }
  | { readonly type: 'promoted' } | { readonly type: 'undone' }
  | { readonly type: 'pause' } | { readonly type: 'resume' }
  | { readonly type: 'promote-now'; readonly verdict: VerdictSummary }
  | { readonly type: 'abort'; readonly verdict: VerdictSummary; readonly superseded: boolean }
  | { readonly type: 'ask-expired' };

/** What the workflow has to do next; each is one activity or a few, idempotent. */
export type RolloutAction =
  | { readonly type: 'validate' } | { readonly type: 'package' } | { readonly type: 'load' }
  | { readonly type: 'start-shadow' }
  | { readonly type: 'set-share'; readonly sharePer10k: number }
  | { readonly type: 'promote' }
  | { readonly type: 'undo' }
  | { readonly type: 'ask' }
  | { readonly type: 'finish' };

export interface Transition { readonly state: RolloutState; readonly actions: readonly RolloutAction[]; readonly refused: string | null }

export const INITIAL: RolloutState = { stage: 'validating', step: 0, stepSinceMs: null, paused: false, outcome: null, verdict: null, pendingOutcome: null };

export type Next = (plan: RolloutPlan, state: RolloutState, event: RolloutEvent) => Transition;
