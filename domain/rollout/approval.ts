import type { Actor } from '../audit.ts';

export const APPROVAL_POINTS = ['canary', 'promote'] as const;
/** canary: before callers get the first answer of the challenger. promote: before it becomes champion. */
export type ApprovalPoint = (typeof APPROVAL_POINTS)[number];

/** Who must agree, and by when. Part of the spec, and so of what is hashed before anything starts. */
export interface ApprovalPolicy {
  readonly before: readonly ApprovalPoint[];
  /** Roles of which an approver needs one; empty: any key with the scope `approve`. */
  readonly roles: readonly string[];
  /** Different people who must agree. */
  readonly count: number;
  /** Whoever asked for the rollout may not approve it. */
  readonly notAuthor: boolean;
  /** Without an answer for this long the rollout ends and the champion stays. */
  readonly deadlineMs: number;
  /** After this long without an answer these roles may approve too, and are told; null: nobody else. */
  readonly escalateAfterMs: number | null;
  readonly escalateTo: readonly string[];
}

/** One agreement: to these bytes, on this verdict. */
export interface Approval { readonly actor: Actor; readonly atMs: number; readonly digest: string; readonly verdictN: number; readonly reason: string }

/** What is waited for. Void as soon as the evidence no longer says promote: then approvals must be given anew. */
export interface ApprovalState {
  readonly before: ApprovalPoint;
  readonly sinceMs: number;
  readonly given: readonly Approval[];
  readonly escalated: boolean;
  /** Names of people to whom an approver has handed the right, for this rollout. */
  readonly delegates: readonly string[];
}

export interface Approver { readonly actor: Actor; readonly roles: readonly string[] }

/** What an approval is checked against. */
export interface Approvable { readonly policy: ApprovalPolicy; readonly state: ApprovalState; readonly author: Actor; readonly digest: string; readonly verdictN: number }

/** Why this person may not approve this, or null when it counts. The same person twice is once. */
export function whyNotApproved(of: Approvable, approver: Approver, digest: string): string | null {
  const { policy, author } = of;
  if (approver.actor.kind !== 'person') return 'Only a person approves; this key is a service\'s.';
  if (digest !== of.digest) return `The approval names ${digest}, but what waits is ${of.digest}: look at it again.`;
  if (policy.notAuthor && author.kind === approver.actor.kind && author.name === approver.actor.name) return `${author.name} asked for this rollout and may not approve it.`;
  return mayApprove(of, approver) ? null : `It needs one of the roles ${allowedRoles(of).join(', ')}; ${approver.actor.name} has ${approver.roles.length === 0 ? 'none' : approver.roles.join(', ')}.`;
}

export function mayApprove(of: Pick<Approvable, 'policy' | 'state'>, { actor, roles }: Approver): boolean {
  return of.policy.roles.length === 0 || of.state.delegates.includes(actor.name) || allowedRoles(of).some((role) => roles.includes(role));
}

function allowedRoles({ policy, state }: Pick<Approvable, 'policy' | 'state'>): readonly string[] {
  return state.escalated ? [...new Set([...policy.roles, ...policy.escalateTo])] : policy.roles;
}

export function withApproval(state: ApprovalState, approval: Approval): ApprovalState {
  const others = state.given.filter(({ actor }) => actor.name !== approval.actor.name || actor.kind !== approval.actor.kind);
  return { ...state, given: [...others, approval] };
}

export function isGranted(policy: ApprovalPolicy, state: ApprovalState): boolean { return state.given.length >= policy.count; }
