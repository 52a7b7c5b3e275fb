import type { VerdictSummary } from '../domain/analysis/verdict.ts';
import type { Actor, AuditEntry } from '../domain/audit.ts';
import type { Outcome, RolloutEvent, RolloutState, Stage } from '../domain/rollout/machine.ts';
import { formatDuration } from '../domain/duration.ts';
import { formatShare } from '../domain/share.ts';
import type { JournalEntry, Run } from './rollout-run.ts';

interface Change { readonly before: RolloutState; readonly event: RolloutEvent; readonly by: Actor }

/** What a transition is worth telling, or null: a line of the story, an audit entry where the state changed, a verdict to keep. */
export function narrate(run: Run, change: Change): JournalEntry | null {
  const verdict = run.state.verdict === change.before.verdict ? null : run.state.verdict;
  const moves = hasMoved(change.before, run.state);
  if (!moves && !isNews(verdict, change.before.verdict)) return null;
  const line = { atMs: Date.now(), stage: run.state.stage, text: sentence(run, change, verdict) };
  return { line, audit: moves ? entryOf(run, change, line.text) : null, record: change.event.type === 'judged' ? null : verdict };
}

function hasMoved(a: RolloutState, b: RolloutState): boolean { return a.stage !== b.stage || a.step !== b.step || a.paused !== b.paused; }

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
  const action = after.outcome ?? (before.stage !== after.stage || before.step !== after.step ? after.stage : after.paused ? 'paused' : 'resumed');
  return {
    auditId: `${run.input.rolloutId}/${run.changes}`, atMs: Date.now(), actor: by, via: 'workflow', action: `rollout.${action}`, subject: run.input.rolloutId,
    digest: run.challenger?.artifactDigest ?? null, reason: 'verdict' in event ? event.verdict.text : text, evidenceHash: after.verdict?.evidenceHash ?? null,
  };
}

function sentence(run: Run, { event, by }: Change, verdict: VerdictSummary | null): string {
  if (verdict !== null && event.type !== 'loaded') return `${by.kind === 'workflow' ? '' : `${by.name}: `}${verdict.text}${whatNow(run)}`;
  return SENTENCES[event.type](run, by);
}

const ended = (run: Run): string => ENDINGS[run.state.outcome ?? 'aborted'](run.input.model, run.input.champion?.model ?? null);
const silent = (): string => '';

const SENTENCES: Readonly<Record<RolloutEvent['type'], (run: Run, by: Actor) => string>> = {
  validated: (run) => `${run.input.model} is sound (${run.challenger?.artifactDigest.slice(0, 19) ?? ''}…). Packaging it.`,
  packaged: () => 'Packaged. Loading it beside what serves.',
  loaded: (run) => `Loaded; its golden requests are right. ${run.state.stage === 'promoting' ? 'There is nothing to compare it with: making it the champion.' : 'It now gets a copy of the traffic; callers do not see its answers.'}`,
  pause: (_, by) => `${by.name} paused it: traffic stays as it is.`,
  resume: (_, by) => `${by.name} let it go on.`,
  held: (run) => `${run.state.heldBy ?? 'A person'}: it is held where it was, and goes on when that ends.`,
  promoted: ended, undone: ended,
  'ask-expired': () => 'Nobody decided in time. Taking back what was done.',
  approved: (_, by) => `${by.name} approved it.`, escalated: () => 'Nobody has approved it yet: others are asked too.', delegated: (_, by) => `${by.name} handed the approval on.`,
  'approval-expired': silent, killed: silent,
  judged: silent, failed: silent, abort: silent, 'promote-now': silent,
};

const NEXT: Readonly<Record<Exclude<Stage, 'canary'>, string>> = {
  promoting: ' Making it the champion.', undoing: ' Taking back what was done.', asking: ' Waiting for a person: promote or abort.', approving: ' Waiting for approval.',
  validating: '', packaging: '', loading: '', shadowing: '', done: '',
};

function whatNow({ state, plan }: Run): string {
  if (state.stage !== 'canary') return NEXT[state.stage];
  const step = plan.steps[state.step];
  return step === undefined || state.stepSinceMs !== null ? '' : ` Sending it ${formatShare(step.sharePer10k)} of the traffic for at least ${formatDuration(step.forMs)}.`;
}

const ENDINGS: Readonly<Record<Outcome, (model: string, champion: string | null) => string>> = {
  promoted: (model, champion) => `${model} decides now. ${champion ?? 'The one before'} stays loaded, to go back to at once.`,
  first: (model) => `${model} decides now. It is the first version; there was nothing to compare it with.`,
  refused: (model, champion) => `${model} was refused; ${still(champion)}.`,
  'rolled-back': (model, champion) => `${model} was rolled back; ${still(champion)}.`,
  aborted: (model, champion) => `The try of ${model} was ended; ${still(champion)}.`,
  inconclusive: (model, champion) => `${model} was not shown to be good enough in time; ${still(champion)}.`,
  superseded: (model, champion) => `The try of ${model} gave way to a newer wish; ${still(champion)}.`,
};

function still(champion: string | null): string { return champion === null ? 'nothing serves yet' : `${champion} goes on deciding`; }
