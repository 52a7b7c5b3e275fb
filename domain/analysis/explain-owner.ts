import { formatMoney } from '../money.ts';
import { isProvisional, type Outcome, type Stage } from '../rollout/machine.ts';
import { modelTried, type RolloutRecord } from '../rollout/record.ts';
import type { Progress } from './blocks.ts';
import type { Explained } from './explained.ts';
import type { ReasonCode, Verdict } from './verdict.ts';

/**
 * What the owner of the business wants to know: which version decides, since when, what that is worth, and what is still open.
 * No statistics words (a test holds the list).
 */
export function explainForOwner({ deployment, rollout, verdict, progress }: Explained): string {
  const deciding = deployment.status.champion?.model ?? null;
  const parts = [
    deciding === null ? 'No version decides yet.' : `${capital(versionName(deciding))} decides.`,
    ...(rollout === null ? [] : storyFor(rollout, verdict)),
    ...outcomesOpen(progress),
    ...(rollout?.plan.goal === 'healthy' && rollout.plan.mode === 'compare' ? ['Whether its answers turn out right was not looked at.'] : []),
  ];
  return parts.join(' ');
}

function outcomesOpen(progress: Progress | null): readonly string[] {
  const coverage = progress?.labelCoverage ?? 1;
  return coverage >= 1 ? [] : [`${wholePercent(1 - coverage)} of outcomes are not in yet.`];
}

function storyFor(rollout: RolloutRecord, verdict: Verdict | null): readonly string[] {
  const challenger = versionName(modelTried(rollout));
  const { outcome, stage } = rollout.state;
  const ending = outcome === null ? isProvisional(rollout.plan, rollout.state) ? `${capital(challenger)} answers all callers on trial, until it is known whether its answers turn out right.` : RUNNING[stage](challenger) : ENDED[outcome](challenger);
  const money = rollout.champion === null || verdict === null ? [] : moneySentences(verdict, versionName(rollout.champion.model));
  return outcome === 'promoted' ? [...money, ...why(verdict)] : [ending, ...why(verdict), ...money];
}

/** What the answers of both to the same requests were worth, whoever of them served; and whether that could still turn. */
function moneySentences({ fromMs, toMs, atMs, money }: Verdict, champion: string): readonly string[] {
  if (money === null) return [];
  const since = fromMs === null ? 'So far' : `Since ${day(fromMs, atMs)}`;
  if (money.totalMicros === 0) return [`${since} its answers were worth as much as those of ${champion}.`];
  const amount = formatMoney({ micros: Math.abs(money.totalMicros), currency: money.currency });
  const [more, less] = money.totalMicros > 0 ? ['more', 'less'] : ['less', 'more'];
  const open = money.lowerMicros > 0 || money.upperMicros < 0 ? [] : [`That is too little to rule out that it earns ${less}.`];
  return [`${since} its answers were worth ${amount} ${more} than those of ${champion}${toMs === null ? '' : ` (counted to ${day(toMs, atMs)})`}.`, ...open];
}

function why(verdict: Verdict | null): readonly string[] {
  const reason = verdict?.reasons[0];
  if (reason === undefined) return [];
  const sentence = (reason.metric === null ? undefined : HARM[reason.metric]) ?? BROKEN_LIMIT;
  return reason.code === 'guardrail' || reason.code === 'safety' ? [sentence] : [WHY[reason.code] ?? []].flat();
}

const EARLY = 'It is too early to say which is better.';
const UNKNOWN_OUTCOMES = 'Too many outcomes are missing to judge it.';
const NOT_SHOWN = 'It was not shown to be better in the time given.';
const WHY: Partial<Record<ReasonCode, string>> = {
  segment: 'For a part of the requests its decisions turned out worse.',
  'proved-worse': 'Its decisions turned out worse.', requirement: 'A number that it had to reach outside of the model was not reached.', pilot: EARLY, 'min-cycles': EARLY, 'not-enough-evidence': EARLY, 'no-data': EARLY,
  coverage: UNKNOWN_OUTCOMES, 'not-judged': UNKNOWN_OUTCOMES, futile: NOT_SHOWN, horizon: NOT_SHOWN, idle: 'No requests came.',
  'share-mismatch': 'Callers were not divided as planned; that has to be looked into first.', 'loss-bound': 'For a time it lost more than was planned for.',
};
const BROKEN_LIMIT = 'It broke one of its limits.';
const HARM: Readonly<Record<string, string>> = {
  errors: 'It failed to answer too often.', latency: 'It answered too slowly too often.', 'off-contract': 'Too many of its answers could not be used.',
  disagreement: 'It decided differently too often.',
};

const RUNNING: Readonly<Record<Stage, (version: string) => string>> = {
  validating: (version) => `${capital(version)} is being checked.`, packaging: (version) => `${capital(version)} is being packaged.`, loading: (version) => `${capital(version)} is being loaded.`,
  shadowing: (version) => `${capital(version)} is being tried beside it; no caller sees its answers.`, admitting: (version) => `${capital(version)} waits for its first callers.`, canary: (version) => `${capital(version)} answers some callers on trial.`,
  promoting: (version) => `${capital(version)} is taking over.`, undoing: (version) => `The trial of ${version} is being taken back.`, asking: (version) => `A person has to decide about ${version}.`,
  approving: (version) => `${capital(version)} waits: people have to agree before it goes on.`,
  done: (version) => `The trial of ${version} has ended.`,
};
const ENDED: Readonly<Record<Outcome, (version: string) => string>> = {
  promoted: (version) => `${capital(version)} took over.`, first: () => 'It is the first version; there was nothing to compare it with.', refused: (version) => `${capital(version)} was refused.`,
  'rolled-back': (version) => `${capital(version)} was taken back.`, aborted: (version) => `The trial of ${version} was ended by hand.`,
  inconclusive: (version) => `${capital(version)} did not take over.`, superseded: (version) => `The trial of ${version} gave way to a newer one.`,
};

/** `filesystem:churn@7` to `version 7`. */
function versionName(model: string): string { return `version ${model.slice(model.lastIndexOf('@') + 1)}`; }
function capital(text: string): string { return text.charAt(0).toUpperCase() + text.slice(1); }
function wholePercent(share: number): string { return `${Math.max(1, Math.round(share * 100))} %`; }

const MONTHS = ['January', 'February', 'March', 'April', 'May', 'June', 'July', 'August', 'September', 'October', 'November', 'December'];
/** `4 May`, with the year where it is not the present one; UTC. */
function day(ms: number, nowMs: number): string {
  const [date, now] = [new Date(ms), new Date(nowMs)];
  const year = date.getUTCFullYear() === now.getUTCFullYear() ? '' : ` ${date.getUTCFullYear()}`;
  return `${date.getUTCDate()} ${MONTHS[date.getUTCMonth()] ?? ''}${year}`;
}
