import type { Actor } from '../audit.ts';
import { formatDuration } from '../duration.ts';

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

/** One agreement: to these bytes, on this verdict, before this point. */
export interface Approval {
  readonly actor: Actor;
  readonly atMs: number;
  readonly before: ApprovalPoint;
  readonly digest: string;
  readonly verdictN: number;
  /** Whose right it is: the approver's own name, or that of the person who handed it on. One right is one voice, whoever uses it. */
  readonly voice: string;
  readonly reason: string;
}

/** A person with the right has handed it on, for this rollout. */
export interface Delegation { readonly from: string; readonly to: string }

/** What is waited for. Void as soon as the evidence no longer says promote: then approvals must be given anew. */
export interface ApprovalState {
  readonly before: ApprovalPoint;
  readonly sinceMs: number;
  /** The verdict on which it was asked for; an approval that looked at an earlier one looked at other evidence. */
  readonly verdictN: number;
  readonly given: readonly Approval[];
  readonly escalated: boolean;
  readonly delegates: readonly Delegation[];
}

export interface Approver { readonly actor: Actor; readonly roles: readonly string[] }

/** What an approval is checked against. `verdictN` is the newest verdict. */
export interface Approvable { readonly policy: ApprovalPolicy; readonly state: ApprovalState; readonly author: Actor; readonly digest: string; readonly verdictN: number }

/** Why not: not this person (forbidden), or not this (conflict: look at it again). */
export interface NotApproved { readonly code: 'LM_FORBIDDEN' | 'LM_CONFLICT'; readonly message: string }

/** Why this person may not approve this, or null when it counts. The same person twice is once. */
export function whyNotApproved(of: Approvable, approver: Approver, looked: { readonly digest: string; readonly verdictN: number }): NotApproved | null {
  const not = whyNotThisPerson(of, approver);
  if (not !== null) return not;
  if (voiceOf(of, approver) === null) return roleMissing(of, approver);
  if (looked.digest !== of.digest) return conflict(`The approval names ${looked.digest}, but what waits is ${of.digest}: look at it again.`);
  if (looked.verdictN > of.verdictN) return conflict(`There is no verdict ${String(looked.verdictN)} yet; the newest is ${String(of.verdictN)}.`);
  return looked.verdictN < of.state.verdictN ? conflict(`The approval rests on verdict ${String(looked.verdictN)}; it is asked for since verdict ${String(of.state.verdictN)}: look at the evidence again.`) : null;
}

/** Why this person may not hand the right on, or null. Only a right of one's own is handed on, and not to the author. */
export function whyNotDelegated(of: Pick<Approvable, 'policy' | 'state' | 'author'>, approver: Approver, to: string): NotApproved | null {
  if (of.policy.roles.length === 0) return conflict('Any key with the scope approve may approve this: there is no right to hand on.');
  const not = whyNotThisPerson(of, approver);
  if (not !== null) return not;
  if (!hasRole(of, approver)) return roleMissing(of, approver);
  if (to === approver.actor.name) return conflict(`${to} has the right already.`);
  return of.policy.notAuthor && to === of.author.name ? forbidden(`${to} asked for this rollout and may not approve it.`) : null;
}

function whyNotThisPerson({ policy, author }: Pick<Approvable, 'policy' | 'author'>, { actor }: Approver): NotApproved | null {
  if (actor.kind !== 'person') return forbidden('Only a person approves; this key is a service\'s.');
  return policy.notAuthor && author.kind === actor.kind && author.name === actor.name ? forbidden(`${author.name} asked for this rollout and may not approve it.`) : null;
}

function forbidden(message: string): NotApproved { return { code: 'LM_FORBIDDEN', message }; }
function conflict(message: string): NotApproved { return { code: 'LM_CONFLICT', message }; }
function roleMissing(of: Pick<Approvable, 'policy' | 'state'>, { actor, roles }: Approver): NotApproved {
  return forbidden(`It needs one of the roles ${allowedRoles(of).join(', ')}; ${actor.name} has ${roles.length === 0 ? 'none' : roles.join(', ')}.`);
}

/** Whose voice this person speaks with: the own one where a role gives it, else one that was handed on and not used yet; null: none. */
export function voiceOf(of: Pick<Approvable, 'policy' | 'state'>, approver: Approver): string | null {
  const { name } = approver.actor;
  if (hasRole(of, approver)) return name;
  const handed = of.state.delegates.filter(({ to }) => to === name).map(({ from }) => from);
  return handed.find((from) => !of.state.given.some(({ voice }) => voice === from)) ?? handed[0] ?? null;
}

function hasRole(of: Pick<Approvable, 'policy' | 'state'>, { roles }: Approver): boolean { return of.policy.roles.length === 0 || allowedRoles(of).some((role) => roles.includes(role)); }

function allowedRoles({ policy, state }: Pick<Approvable, 'policy' | 'state'>): readonly string[] {
  return state.escalated ? [...new Set([...policy.roles, ...policy.escalateTo])] : policy.roles;
}

/** One approval a person and one a voice: the newer takes the place of the older. */
export function withApproval(state: ApprovalState, approval: Approval): ApprovalState {
  const others = state.given.filter(({ actor, voice }) => actor.name !== approval.actor.name && voice !== approval.voice);
  return { ...state, given: [...others, approval] };
}

export function withDelegation(state: ApprovalState, delegation: Delegation): ApprovalState {
  const others = state.delegates.filter(({ from, to }) => from !== delegation.from || to !== delegation.to);
  return { ...state, delegates: [...others, delegation] };
}

export function isGranted(policy: ApprovalPolicy, state: ApprovalState): boolean { return state.given.length >= policy.count; }

/** When the next thing happens without an answer, in UTC ms; null: nothing, it is granted. */
export function escalatesAtMs(policy: ApprovalPolicy, state: ApprovalState): number | null {
  return policy.escalateAfterMs === null || state.escalated || isGranted(policy, state) ? null : state.sinceMs + policy.escalateAfterMs;
}
export function expiresAtMs(policy: ApprovalPolicy, state: ApprovalState): number | null { return isGranted(policy, state) ? null : state.sinceMs + policy.deadlineMs; }

/** One sentence: who is asked, before what, by when, and who has agreed. */
export function explainApproval(policy: ApprovalPolicy, state: ApprovalState): string {
  const roles = allowedRoles({ policy, state });
  const who = `${policy.count === 1 ? 'a person' : `${String(policy.count)} people`} ${roles.length === 0 ? 'with the scope approve' : `in ${roles.length === 1 ? 'the role' : 'one of the roles'} ${roles.join(', ')}`}`;
  const agreed = state.given.length === 0 ? '' : ` ${state.given.map(({ actor, voice }) => (voice === actor.name ? actor.name : `${actor.name} (for ${voice})`)).join(', ')} agreed: ${String(state.given.length)} of ${String(policy.count)}.`;
  const handed = state.delegates.length === 0 ? '' : ` ${state.delegates.map(({ from, to }) => `${from} handed it to ${to}`).join(', ')}.`;
  return `Before ${state.before === 'canary' ? 'callers get its answers' : 'it decides'} ${who} must agree, until ${new Date(state.sinceMs + policy.deadlineMs).toISOString()}.${agreed}${handed}`;
}

/** Why it ended without them. */
export function explainExpiry(policy: ApprovalPolicy, state: ApprovalState): string {
  return `It was not approved within ${formatDuration(policy.deadlineMs)}: ${String(state.given.length)} of ${String(policy.count)} agreed.`;
}
