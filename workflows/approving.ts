import { setHandler } from '@temporalio/workflow';
import { escalatesAtMs, expiresAtMs, explainExpiry, isGranted, voiceOf, whyNotApproved, whyNotDelegated, type Approvable, type NotApproved } from '../domain/rollout/approval.ts';
import { isHeld } from '../domain/rollout/machine.ts';
import { approveUpdate, delegateUpdate, type ApproveArgs, type DelegateArgs } from './messages.ts';
import { refusal } from './refusing.ts';
import { report } from './reporting.ts';
import type { Run } from './rollout-run.ts';
import { plainVerdict } from './verdicts.ts';

/** People who must agree. Validators change nothing, so that a refused approval leaves no history; who called keeps it in the audit chain. */
export function listenToApprovers(run: Run): void {
  setHandler(approveUpdate, (args) => approve(run, args), { validator: (args: ApproveArgs) => { approvable(run, (of) => whyNotApproved(of, args, args)); } });
  setHandler(delegateUpdate, (args) => delegate(run, args), { validator: (args: DelegateArgs) => { approvable(run, (of) => whyNotDelegated(of, args, args.to)); } });
}

/** Checked again, since what fitted when it was validated may have been overtaken. The judge is asked at once: he alone goes on with what was approved. */
function approve(run: Run, args: ApproveArgs): { message: string } {
  const of = approvable(run, (waiting) => whyNotApproved(waiting, args, args));
  const { actor, digest, verdictN, reason } = args;
  const voice = voiceOf(of, args) ?? actor.name;
  report(run, { type: 'approved', approval: { actor, atMs: Date.now(), before: of.state.before, digest, verdictN, voice, reason } }, actor);
  run.pings += 1;
  const { approval } = run.state;
  const missing = of.policy.count - (approval?.given.length ?? 0);
  return { message: missing > 0 ? `Approved; ${String(missing)} more must agree.` : 'Approved. It goes on at once, where the evidence still says so and nothing holds it.' };
}

function delegate(run: Run, args: DelegateArgs): { message: string } {
  approvable(run, (of) => whyNotDelegated(of, args, args.to));
  report(run, { type: 'delegated', delegation: { from: args.actor.name, to: args.to } }, args.actor);
  return { message: `${args.to} may approve this rollout for ${args.actor.name}.` };
}

/** What waits for approval; throws when nothing does, or when `why` says why not. */
function approvable(run: Run, why: (of: Approvable) => NotApproved | null): Approvable {
  const { state, plan, challenger, input } = run;
  if (state.stage !== 'approving' || !state.approval || !plan.approval || challenger === null) throw refusal(run, `Nothing waits for approval: it is ${state.outcome ?? state.stage}.`);
  const of = { policy: plan.approval, state: state.approval, author: input.actor, digest: challenger.artifactDigest, verdictN: state.verdict?.n ?? 0 };
  const not = why(of);
  if (not !== null) throw refusal(run, not.message, not.code);
  return of;
}

export interface ApprovalTimer { readonly what: 'escalate' | 'approval-expired'; readonly atMs: number }

/** What happens next where nobody answers, or null. What is held does not end; what is granted neither ends nor escalates. */
export function approvalTimer({ state, plan }: Run): ApprovalTimer | null {
  if (state.stage !== 'approving' || !state.approval || !plan.approval) return null;
  const escalates = escalatesAtMs(plan.approval, state.approval);
  const expires = isHeld(state) ? null : expiresAtMs(plan.approval, state.approval);
  if (escalates !== null && (expires === null || escalates < expires)) return { what: 'escalate', atMs: escalates };
  return expires === null ? null : { what: 'approval-expired', atMs: expires };
}

/** Nobody answered in time: others are asked too, or it ends. */
export function unanswered(run: Run, what: ApprovalTimer['what']): void {
  const { approval } = run.state;
  if (what === 'escalate') { report(run, { type: 'escalated' }); return; }
  if (!approval || !run.plan.approval || isGranted(run.plan.approval, approval)) return;
  report(run, { type: 'approval-expired', verdict: plainVerdict(run, 'inconclusive', 'not-approved', explainExpiry(run.plan.approval, approval)) });
}
