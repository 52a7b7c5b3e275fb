import type { Code } from '../errors.ts';

export interface Candidate {
  readonly model: string;
  readonly retry: boolean;
  readonly reason: string | null;
  readonly whenBusy: 'refuse' | 'queue' | 'supersede';
}
export interface Occupancy {
  /** Number of the rollout that runs, or null. */
  readonly active: number | null;
  readonly queued: number;
  /** Models and digests that were rolled back here. */
  readonly tried: readonly string[];
  /** Who retired the deployment; null while it is in service. */
  readonly retiredBy?: string | null;
}
export type Admission =
  | { readonly decision: 'start' | 'queue' | 'supersede' }
  | { readonly decision: 'refuse'; readonly code: Code; readonly message: string };

/** Rollouts that may wait behind the active one. */
export const QUEUE_LIMIT = 20;

/** Whether a deployment takes a rollout now: one at a time, and nothing that was rolled back without saying why (decisions D2, D6). */
export function admit(candidate: Candidate, { active, queued, tried, retiredBy = null }: Occupancy): Admission {
  if (retiredBy !== null) return { decision: 'refuse', code: 'LM_COMMAND_REFUSED', message: `${retiredBy} retired it: nothing new is tried here until it is restored.` };
  if (tried.includes(candidate.model) && !(candidate.retry && candidate.reason !== null)) {
    return { decision: 'refuse', code: 'LM_ALREADY_TRIED', message: `${candidate.model} was rolled back here before; to try it again give retry and a reason.` };
  }
  if (active === null && queued === 0) return { decision: 'start' };
  const busy = active === null ? `${queued} rollout(s) wait already` : `Rollout ${active} is active`;
  switch (candidate.whenBusy) {
    case 'refuse': return { decision: 'refuse', code: 'LM_ROLLOUT_IN_PROGRESS', message: `${busy}; wait for it, abort it, or set rollout.whenBusy to queue or supersede.` };
    case 'queue': return queued < QUEUE_LIMIT ? { decision: 'queue' } : { decision: 'refuse', code: 'LM_BUSY', message: `${busy} and ${queued} wait behind it, which is the limit; try again later.` };
    case 'supersede': return { decision: 'supersede' };
  }
}
