import { z } from 'zod';
import type * as audit from '../../domain/audit.ts';
import { GOALS } from '../../domain/deployment.ts';
import { APPROVAL_POINTS } from '../../domain/rollout/approval.ts';
import type * as approval from '../../domain/rollout/approval.ts';
import { OUTCOMES, STAGES } from '../../domain/rollout/machine.ts';
import type * as machine from '../../domain/rollout/machine.ts';
import type * as plan from '../../domain/rollout/plan.ts';
import type * as record from '../../domain/rollout/record.ts';
import { VerdictSummary } from './analysis.ts';
import { ApprovalPolicy, CanaryStep, VariantSummary } from './deployment.ts';
import { byName, count, exactly, flag, list, named, number, part, text, time } from './shape.ts';

/** A rollout, and who did what, as JSON; the domain types say what each field means. */

export const Actor = exactly<audit.Actor>()(named('Actor', { kind: z.enum(['person', 'service', 'workflow']), name: text }));

const RolloutPlan = exactly<plan.RolloutPlan>()(named('RolloutPlan', {
  mode: z.enum(['first', 'compare']), goal: z.enum(GOALS), shadowSamplePer10k: count, shadowMaxMs: number, steps: list(CanaryStep), horizonMs: number, idleMs: number,
  whenInconclusive: z.enum(['keep', 'ask']), askMs: number, approval: ApprovalPolicy.nullable().exactOptional(), measures: flag.exactOptional(), compare: z.literal('split').exactOptional(), provisional: flag.exactOptional(), contenders: list(text).exactOptional(),
}));

const Approval = exactly<approval.Approval>()(named('Approval', { actor: Actor, atMs: time, before: z.enum(APPROVAL_POINTS), digest: text, verdictN: count, voice: text, reason: text }));
const ApprovalState = exactly<approval.ApprovalState>()(named('ApprovalState', { before: z.enum(APPROVAL_POINTS), sinceMs: time, verdictN: count, given: list(Approval), escalated: flag, delegates: list(part({ from: text, to: text })) }));

const RolloutState = exactly<machine.RolloutState>()(named('RolloutState', {
  stage: z.enum(STAGES), step: count, stepSinceMs: time.nullable(), paused: flag, outcome: z.enum(OUTCOMES).nullable(), verdict: VerdictSummary.nullable(), pendingOutcome: z.enum(OUTCOMES).nullable(),
  approval: ApprovalState.nullable().exactOptional(), approvals: list(Approval).exactOptional(), heldBy: text.nullable().exactOptional(),
}));

const StoryLine = exactly<record.StoryLine>()(named('StoryLine', { atMs: time, stage: text, text }));

export const RolloutRecord = exactly<record.RolloutRecord>()(named('Rollout', {
  tenantId: text, rolloutId: text, deploymentUid: text, n: count, revision: count, model: text, specHash: text, plan: RolloutPlan, state: RolloutState, contenders: list(VariantSummary).exactOptional(), champion: VariantSummary.nullable(),
  challenger: VariantSummary.nullable(), startedBy: Actor, reason: text.nullable(), startedAtMs: time, endedAtMs: time.nullable(), story: list(StoryLine), workflowId: text,
}));

const digest = z.templateLiteral(['sha256:', text]);
export const AuditRecord = exactly<audit.AuditRecord>()(named('AuditRecord', {
  auditId: text, atMs: time, actor: Actor, via: z.enum(['api', 'cli', 'workflow', 'gateway']), action: text, subject: text, digest: text.nullable(), reason: text.nullable(),
  evidenceHash: text.nullable(), tenantId: text, seq: count, prevHash: digest, hash: digest,
  facts: byName(z.union([text, number, flag, z.null(), list(text)])).exactOptional(),
}));
