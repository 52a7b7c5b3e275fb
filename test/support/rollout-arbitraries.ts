import fc from 'fast-check';
import { REASONS, type VerdictKind, type VerdictSummary } from '../../domain/analysis/verdict.ts';
import type { ApprovalPoint } from '../../domain/rollout/approval.ts';
import { STAGES, type RolloutEvent, type Stage } from '../../domain/rollout/machine.ts';
import type { RolloutPlan } from '../../domain/rollout/plan.ts';

export function verdict(kind: VerdictKind, reason: VerdictSummary['reason'] = 'not-enough-evidence', n = 1): VerdictSummary {
  return { rolloutId: 'dep_1/1', n, kind, reason, metric: null, text: `${kind} (${reason})`, evidenceHash: null };
}

const kinds = fc.constantFrom<VerdictKind>('promote', 'rollback', 'collecting', 'inconclusive', 'first');
const reasons = fc.constantFrom(...REASONS);
const anyVerdict = fc.tuple(kinds, reasons, fc.boolean()).map(([kind, reason, provisional]) => ({ ...verdict(kind, reason), ...(provisional && kind === 'collecting' ? { provisional: true as const } : {}) }));

/** Steps of growing shares, as a checked spec has them. */
const steps = fc.uniqueArray(fc.integer({ min: 1, max: 10_000 }), { maxLength: 5 }).chain((shares) => fc.tuple(...shares.sort((a, b) => a - b).map((sharePer10k) => fc.record({ sharePer10k: fc.constant(sharePer10k), forMs: fc.integer({ min: 0, max: 1_000 }) }))));

const approval = fc.option(fc.record({
  before: fc.subarray<ApprovalPoint>(['canary', 'promote'], { minLength: 1 }), roles: fc.constant([]), count: fc.integer({ min: 1, max: 2 }), notAuthor: fc.constant(true), deadlineMs: fc.constant(1_000), escalateAfterMs: fc.constant(null), escalateTo: fc.constant([]),
}), { freq: 2 });

export const rolloutPlan: fc.Arbitrary<RolloutPlan> = fc.record({
  mode: fc.constantFrom('first' as const, 'compare' as const), goal: fc.constantFrom('better' as const, 'no-worse' as const, 'healthy' as const), shadowSamplePer10k: fc.constant(10_000), shadowMaxMs: fc.constant(1_000),
  steps, horizonMs: fc.constant(10_000), idleMs: fc.constant(1_000), whenInconclusive: fc.constantFrom('keep' as const, 'ask' as const), askMs: fc.constant(1_000), approval,
}).chain((plan) => (plan.steps.length === 0 ? fc.constant(plan) : fc.constantFrom(plan, { ...plan, compare: 'split' as const }, { ...plan, provisional: true })));

const APPROVAL = { actor: { kind: 'person', name: 'bea' }, atMs: 1, before: 'promote', digest: 'sha256:a', verdictN: 1, voice: 'bea', reason: 'looked at it' } as const;
const approvedBy = (name: string): RolloutEvent => ({ type: 'approved', approval: { ...APPROVAL, actor: { kind: 'person', name }, voice: name } });
const approvals = fc.constantFrom(approvedBy('bea'), approvedBy('cy'));
/** Now and then a freeze or a pin. */
const hold = fc.constantFrom(null, null, null, null, 'frozen');

/** Any event at any time; judgements of good and bad kinds come often, so that runs get far. */
export const rolloutEvent: fc.Arbitrary<RolloutEvent> = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom<RolloutEvent>({ type: 'validated' }, { type: 'packaged' }, { type: 'loaded', first: null }, { type: 'promoted' }, { type: 'undone' }) },
  { weight: 6, arbitrary: fc.record({ type: fc.constant('judged' as const), verdict: anyVerdict, rulingMs: fc.integer({ min: 0, max: 100_000 }), heldBy: hold }) },
  { weight: 3, arbitrary: fc.integer({ min: 0, max: 100_000 }).map((rulingMs) => ({ type: 'judged' as const, verdict: verdict('promote', 'proved-better'), rulingMs })) },
  { weight: 2, arbitrary: fc.constantFrom<RolloutEvent>({ type: 'pause' }, { type: 'resume' }, { type: 'ask-expired' }, { type: 'promote-now', verdict: verdict('promote', 'person') }) },
  { weight: 1, arbitrary: fc.boolean().map((superseded) => ({ type: 'abort' as const, verdict: verdict('inconclusive', 'person'), superseded })) },
  { weight: 1, arbitrary: anyVerdict.map((of) => ({ type: 'failed' as const, verdict: of })) },
  { weight: 1, arbitrary: fc.constantFrom('validation' as const, 'superseded' as const).map((reason) => ({ type: 'failed' as const, verdict: verdict('rollback', reason) })) },
  { weight: 2, arbitrary: fc.constantFrom<RolloutEvent>(approvedBy('bea'), { type: 'escalated' }, { type: 'delegated', delegation: { from: 'bea', to: 'cy' } }, { type: 'approval-expired', verdict: verdict('inconclusive', 'not-approved') }) },
  { weight: 1, arbitrary: fc.constantFrom('challenger' as const, 'champion' as const).map((who) => ({ type: 'killed' as const, verdict: verdict('rollback', 'killed'), who })) },
  { weight: 1, arbitrary: fc.constant({ type: 'held' as const, by: 'ann pinned var_1' }) },
);

/** What usually comes next in a stage; with it most runs get far, without it most events are out of place. */
const usual: Readonly<Record<Stage, fc.Arbitrary<RolloutEvent>>> = (() => {
  const judged = fc.tuple(fc.constantFrom<VerdictKind>('promote', 'promote', 'promote', 'promote', 'collecting', 'inconclusive', 'rollback'), fc.integer({ min: 0, max: 20 }), hold, fc.boolean()).map(([kind, hours, heldBy, provisional]) => ({ type: 'judged' as const, verdict: { ...verdict(kind), ...(provisional && kind === 'collecting' ? { provisional: true as const } : {}) }, rulingMs: hours * 500, heldBy }));
  const fixed = (event: RolloutEvent): fc.Arbitrary<RolloutEvent> => fc.constant(event);
  return {
    validating: fixed({ type: 'validated' }), packaging: fixed({ type: 'packaged' }), loading: fixed({ type: 'loaded', first: null }), shadowing: judged, admitting: judged, canary: judged,
    asking: fc.oneof(judged, fixed({ type: 'ask-expired' }), fixed({ type: 'promote-now', verdict: verdict('promote', 'person') })), approving: fc.oneof(judged, judged, approvals, approvals, fixed({ type: 'escalated' }), fixed({ type: 'approval-expired', verdict: verdict('inconclusive', 'not-approved') })), promoting: fixed({ type: 'promoted' }), undoing: fixed({ type: 'undone' }), done: judged,
  };
})();

/** One turn of a run: mostly what usually comes in the stage at hand, sometimes anything. */
export type Turn = Readonly<Record<Stage, RolloutEvent>>;
export const rolloutTurn: fc.Arbitrary<Turn> = fc.oneof({ weight: 8, arbitrary: fc.record(usual) }, { weight: 1, arbitrary: rolloutEvent.map((event) => Object.fromEntries(STAGES.map((stage) => [stage, event])) as Turn) });
