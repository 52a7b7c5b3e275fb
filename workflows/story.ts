import type { VerdictSummary } from '../domain/analysis/verdict.ts';
import type { Actor, AuditEntry } from '../domain/audit.ts';
import { explainApproval } from '../domain/rollout/approval.ts';
import { isProvisional, type Outcome, type RolloutEvent, type RolloutState, type Stage } from '../domain/rollout/machine.ts';
import { formatDuration } from '../domain/duration.ts';
import { formatShare, WHOLE } from '../domain/share.ts';
import { modelTried, type JournalEntry, type Run } from './rollout-run.ts';

interface Change { readonly before: RolloutState; readonly event: RolloutEvent; readonly by: Actor }

/** What a transition is worth telling, or null: a line of the story, an audit entry where the state changed, a verdict to keep. */
export function narrate(run: Run, change: Change): JournalEntry | null {
  const verdict = run.state.verdict === change.before.verdict ? null : run.state.verdict;
  const moves = hasMoved(change.before, run.state) || BY_PEOPLE.includes(change.event.type);
  if (!moves && !isNews(verdict, change.before.verdict) && !holdChanged(change.before, run.state)) return null;
  const line = { atMs: Date.now(), stage: run.state.stage, text: sentence(run, change, verdict) };
  return { line, audit: moves ? entryOf(run, change, line.text) : null, record: change.event.type === 'judged' ? null : verdict };
}

function hasMoved(a: RolloutState, b: RolloutState): boolean { return a.stage !== b.stage || a.step !== b.step || a.paused !== b.paused; }

/** What people say to a rollout that waits for them changes no stage, and is told and audited all the same. */
const BY_PEOPLE: readonly RolloutEvent['type'][] = ['approved', 'escalated', 'delegated'];

/** Whether something holds it or not; the words may change with every window of a freeze. */
function holdChanged(a: RolloutState, b: RolloutState): boolean { return b.stage !== 'undoing' && b.stage !== 'done' && (a.heldBy ?? null) !== (b.heldBy ?? null); }

/** Numbers in a verdict's text change with every judgement; its kind, reason and metric are what people follow. */
function isNews(verdict: VerdictSummary | null, before: VerdictSummary | null): boolean {
  return verdict !== null && (verdict.kind !== before?.kind || verdict.reason !== before.reason || verdict.metric !== before.metric);
}

/** The first line: what is tried, against what, by whom. */
export function opening(run: Run): JournalEntry {
  const { model, champion, actor, reason, rolloutId } = run.input;
  const text = `${actor.name} asked to try ${model}${champion === null ? ', the first version here' : ` against ${champion.model}`}${reason === null ? '' : ` (${reason})`}. Checking it.`;
  run.changes += 1;
  return {
    line: { atMs: Date.now(), stage: run.state.stage, text }, record: null,
    audit: { auditId: `${rolloutId}/1`, atMs: Date.now(), actor, via: 'workflow', action: 'rollout.validating', subject: rolloutId, digest: null, reason, evidenceHash: null },
  };
}

function entryOf(run: Run, { before, event, by }: Change, text: string): AuditEntry {
  run.changes += 1;
  const after = run.state;
  const action = after.outcome ?? (BY_PEOPLE.includes(event.type) ? event.type : before.stage !== after.stage || before.step !== after.step ? after.stage : after.paused ? 'paused' : 'resumed');
  return {
    auditId: `${run.input.rolloutId}/${run.changes}`, atMs: Date.now(), actor: by, via: 'workflow', action: `rollout.${action}`, subject: run.input.rolloutId,
    digest: run.challenger?.artifactDigest ?? null, reason: 'verdict' in event ? event.verdict.text : event.type === 'approved' ? event.approval.reason : text, evidenceHash: after.verdict?.evidenceHash ?? null,
  };
}

function sentence(run: Run, change: Change, verdict: VerdictSummary | null): string {
  const { event, by, before } = change;
  if (event.type === 'judged') return [...(isNews(verdict, before.verdict) || hasMoved(before, run.state) ? [`${run.state.verdict?.text ?? ''}${voided(before, run.state)}${whatNow(run)}`] : []), ...held(before, run.state)].join(' ');
  if (verdict !== null && event.type !== 'loaded') return `${by.kind === 'workflow' ? '' : `${by.name}: `}${verdict.text}${whatNow(run)}`;
  return SENTENCES[event.type](run, by);
}

function held(before: RolloutState, after: RolloutState): readonly string[] {
  if (!holdChanged(before, after)) return [];
  return [after.heldBy ? `No step forward while it is held: ${after.heldBy}. Proved harm is still taken back.` : 'Nothing holds it any more.'];
}

function voided(before: RolloutState, { stage }: RolloutState): string {
  if (before.stage !== 'approving' || (stage !== 'shadowing' && stage !== 'admitting' && stage !== 'canary') || before.approval?.before === undefined) return '';
  return before.approval.given.length === 0 ? ' It no longer waits for approval.' : ' The approvals are void: the evidence has changed.';
}

const ended = (run: Run): string => ENDINGS[run.state.outcome ?? 'aborted'](modelTried(run), run.input.champion?.model ?? null, run.state.verdict?.reason === 'not-approved');
const silent = (): string => '';

const SENTENCES: Readonly<Record<RolloutEvent['type'], (run: Run, by: Actor) => string>> = {
  validated: (run) => `${[run.input.model, ...run.plan.contenders ?? []].join(', ')} ${run.plan.contenders === undefined ? 'is' : 'are'} sound (${run.challenger?.artifactDigest.slice(0, 19) ?? ''}…). Packaging ${run.plan.contenders === undefined ? 'it' : 'them'}.`,
  packaged: () => 'Packaged. Loading it beside what serves.',
  loaded: (run) => `Loaded; its golden requests are right. ${run.plan.mode === 'first' ? `There is nothing to compare it with${run.state.stage === 'promoting' ? ': making it the champion.' : `.${whatNow(run)}`}` : run.plan.compare === 'split' ? 'It will answer a part of the callers; no copies are made.' : 'It now gets a copy of the traffic; callers do not see its answers.'}`,
  pause: (_, by) => `${by.name} paused it: traffic stays as it is.`,
  resume: (_, by) => `${by.name} let it go on.`,
  held: (run) => `${run.state.heldBy ?? 'A person'}: it is held where it was, and goes on when that ends.`,
  promoted: ended, undone: ended,
  'ask-expired': () => 'Nobody decided in time. Taking back what was done.',
  approved: (run, by) => `${by.name} approved it.${asked(run)}`, escalated: (run) => `Too few have approved it: others are asked too.${asked(run)}`, delegated: (run, by) => `${by.name} handed the approval on.${asked(run)}`,
  'approval-expired': silent, killed: silent,
  judged: silent, failed: silent, abort: silent, 'promote-now': silent,
};

function asked({ plan, state }: Run): string { return plan.approval && state.approval ? ` ${explainApproval(plan.approval, state.approval)}` : ''; }

const NEXT: Readonly<Record<Exclude<Stage, 'canary' | 'approving'>, string>> = {
  promoting: ' Making it the champion.', undoing: ' Taking back what was done.', asking: ' Waiting for a person: promote or abort.',
  validating: '', packaging: '', loading: '', shadowing: '', admitting: '', done: '',
};

function whatNow(run: Run): string {
  const { state, plan } = run;
  if (state.stage === 'approving') return ` Waiting for approval.${asked(run)}`;
  if (state.stage !== 'canary') return NEXT[state.stage];
  if (isProvisional(plan, state)) return state.stepSinceMs !== null ? '' : ` Sending it ${formatShare(WHOLE)} of the traffic until its outcomes are in, provisionally: proved harm, or no proof by the horizon, takes it back.`;
  const step = plan.steps[state.step];
  return step === undefined || state.stepSinceMs !== null ? '' : ` Sending it ${formatShare(step.sharePer10k)} of the traffic for at least ${formatDuration(step.forMs)}.`;
}

const ENDINGS: Readonly<Record<Outcome, (model: string, champion: string | null, unapproved: boolean) => string>> = {
  promoted: (model, champion) => `${model} decides now. ${champion ?? 'The one before'} stays loaded, to go back to at once.`,
  first: (model) => `${model} decides now. It is the first version; there was nothing to compare it with.`,
  refused: (model, champion) => `${model} was refused; ${still(champion)}.`,
  'rolled-back': (model, champion) => `${model} was rolled back; ${still(champion)}.`,
  aborted: (model, champion) => `The try of ${model} was ended; ${still(champion)}.`,
  inconclusive: (model, champion, unapproved) => `${model} was not ${unapproved ? 'approved' : 'shown to be good enough'} in time; ${still(champion)}.`,
  superseded: (model, champion) => `The try of ${model} gave way to a newer wish; ${still(champion)}.`,
};

function still(champion: string | null): string { return champion === null ? 'nothing serves yet' : `${champion} goes on deciding`; }
