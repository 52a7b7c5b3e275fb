import type { Kind } from '../domain/errors.ts';
import type { RolloutState } from '../domain/rollout/machine.ts';
import type { Outcome } from '../domain/rollout/machine.ts';

/** Exit codes of every command (decision D10); docs/cli.md lists them, a test compares. */
export const EXIT = {
  good: 0, error: 1, usage: 2, gate: 3, auth: 4, notFound: 5, conflict: 6, waiting: 7, bug: 70, unavailable: 75, timeout: 124,
  /** Ctrl-C: what shells report for SIGINT. */
  interrupted: 130,
} as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

export const EXIT_OF_KIND: Readonly<Record<Kind, ExitCode>> = {
  invalid: EXIT.error, unauthenticated: EXIT.auth, forbidden: EXIT.auth, 'not-found': EXIT.notFound, gone: EXIT.notFound,
  conflict: EXIT.conflict, mismatch: EXIT.conflict, refused: EXIT.gate, busy: EXIT.unavailable, unavailable: EXIT.unavailable,
  timeout: EXIT.timeout, bug: EXIT.bug,
};

/** How a finished rollout ends a command. A challenger that was not promoted on evidence failed the gate; one that a person stopped did not. */
export const EXIT_OF_OUTCOME: Readonly<Record<Outcome, ExitCode>> = {
  promoted: EXIT.good, first: EXIT.good, refused: EXIT.gate, 'rolled-back': EXIT.gate, inconclusive: EXIT.gate, aborted: EXIT.error, superseded: EXIT.error,
};

/** null while it runs; `waiting` when a person has to decide. */
export function exitOfRollout(state: RolloutState): ExitCode | null {
  if (state.stage === 'done' && state.outcome !== null) return EXIT_OF_OUTCOME[state.outcome];
  return state.stage === 'asking' || state.stage === 'approving' ? EXIT.waiting : null;
}
