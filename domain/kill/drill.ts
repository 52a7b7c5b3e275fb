import { mannKendall, type Movement } from '../analysis/stats/mann-kendall.ts';
import type { DeploymentUid, KillId, VariantId } from '../ids.ts';
import type { Route } from '../traffic/route.ts';
import { isKilledId } from '../traffic/tombstones.ts';
import type { KillRecord } from './kill.ts';
import { killIdOf } from './order.ts';
import { secondsText } from './sentence.ts';

/**
 * Drills: kills of a challenger in working conditions, which end by themselves. What they measure is the time to safe, from the order until
 * silence: no answer of the killed variant can come any more. Units: milliseconds.
 */

/** `limitMs`: a time to safe above it is an alarm. */
export interface DrillPolicy { readonly everyMs: number; readonly limitMs: number }

/** What drills are measured against where the file says nothing: those that a person orders, then. */
export const USUAL_LIMIT_MS = 5_000;
/** The schedule of a deployment, which may have none, and what its drills are measured against. */
export type DrillTerms = Pick<DrillPolicy, 'limitMs'> & { readonly everyMs: number | null };
export function drillTerms(policy: DrillPolicy | undefined): DrillTerms { return policy ?? { everyMs: null, limitMs: USUAL_LIMIT_MS }; }

/** A drill that is not proved by then has failed, and ends: a challenger is not kept off for the sake of a measurement. */
export const DRILL_ENDS_MS = 60_000;

/** Drills that a summary looks at. */
export const DRILLS_SEEN = 20;

export function drillIdOf(killId: KillId): string { return killId.replace(/^kil_/, 'dri_'); }

/** The id of the scheduled drill after `last`, the same in every replica that finds it due. */
export function nextDrillId(uid: DeploymentUid, last: KillRecord | null): KillId {
  return killIdOf(`drill after ${last?.killId ?? 'none'}`, uid);
}

/** Challengers that gateways send something: shares and shadows that nothing has taken off. */
export function drillable({ shares, shadows, tombstones, variants }: Pick<Route, 'shares' | 'shadows' | 'tombstones' | 'variants'>): readonly VariantId[] {
  return [...new Set([...shares, ...shadows].map(({ variantId }) => variantId))].filter((id) => !isKilledId(tombstones, id, variants));
}

/** Since the newest drill, scheduled or not. */
export function isDue({ everyMs }: DrillTerms, last: KillRecord | null, nowMs: number): boolean {
  return everyMs !== null && (last === null || (isEnded(last) && nowMs - last.requestedAtMs >= everyMs));
}

/** Nothing more is to be learned of it; it has still to be ended. */
export function isMeasured({ state, requestedAtMs }: KillRecord, nowMs: number): boolean { return state === 'proved' || nowMs - requestedAtMs >= DRILL_ENDS_MS; }

/** under-way: not ended. slow: proved, and silent later than the limit. failed: ended without a proof. */
export type DrillResult = 'under-way' | 'passed' | 'slow' | 'failed';

export function drillResult(drill: KillRecord, { limitMs }: Pick<DrillTerms, 'limitMs'>): DrillResult {
  if (!isEnded(drill)) return 'under-way';
  const ms = timeToSafe(drill);
  if (drill.provedAtMs === null || ms === null) return 'failed';
  return ms > limitMs ? 'slow' : 'passed';
}

/** From the order to silence; null when it was never reached. */
export function timeToSafe({ requestedAtMs, silentAtMs }: KillRecord): number | null { return silentAtMs === null ? null : silentAtMs - requestedAtMs; }

/** unknown: too few drills to tell. */
export type Trend = 'slower' | 'faster' | 'steady' | 'unknown';
const TREND = { up: 'slower', down: 'faster', steady: 'steady', unknown: 'unknown' } as const satisfies Readonly<Record<Movement, Trend>>;
/** Two-sided 1 %: a board that looks every week should not be told of a trend by chance. */
const CRITICAL = 2.576;

/** off: no schedule and never drilled. waiting: nothing was drilled yet, or is due and finds nothing to drill. late: the newest one is older than two intervals, so its figure says little of today. */
export type DrillStanding = 'off' | 'waiting' | 'fresh' | 'late';

/** Time to safe of a deployment over its drills. */
export interface DrillSummary {
  readonly standing: DrillStanding;
  readonly everyMs: number | null;
  readonly limitMs: number;
  /** When the next one is due; null without a schedule. It waits for a challenger with traffic, and for the end of a freeze. */
  readonly nextAtMs: number | null;
  readonly lastAtMs: number | null;
  readonly lastResult: DrillResult | null;
  /** Ended drills of the newest ones that are looked at, and how many of them did not pass. */
  readonly count: number;
  readonly notPassed: number;
  readonly newestMs: number | null;
  readonly medianMs: number | null;
  readonly worstMs: number | null;
  readonly trend: Trend;
  readonly sentence: string;
}

/** `drills`: newest first. */
export function drillSummary(policy: DrillTerms, drills: readonly KillRecord[], nowMs: number): DrillSummary {
  const ended = drills.filter(isEnded);
  const results = ended.map((drill) => drillResult(drill, policy));
  const times = ended.flatMap((drill) => timeToSafe(drill) ?? []);
  const [last = null] = drills;
  const facts = {
    standing: standingOf(policy, last, nowMs), everyMs: policy.everyMs, limitMs: policy.limitMs,
    nextAtMs: policy.everyMs === null ? null : last === null ? nowMs : last.requestedAtMs + policy.everyMs,
    lastAtMs: last?.requestedAtMs ?? null, lastResult: last === null ? null : drillResult(last, policy),
    count: ended.length, notPassed: results.filter((result) => result !== 'passed').length,
    newestMs: times[0] ?? null, medianMs: medianOf(times), worstMs: times.length === 0 ? null : Math.max(...times), trend: TREND[mannKendall([...times].reverse(), CRITICAL)],
  };
  return { ...facts, sentence: sentenceOf(facts) };
}

function standingOf({ everyMs }: DrillTerms, last: KillRecord | null, nowMs: number): DrillStanding {
  if (last === null) return everyMs === null ? 'off' : 'waiting';
  return everyMs !== null && nowMs - last.requestedAtMs > 2 * everyMs ? 'late' : 'fresh';
}

const NEWEST = { failed: 'The newest drill FAILED. ', slow: 'The newest drill was slower than its limit. ', passed: '', 'under-way': '' } as const satisfies Readonly<Record<DrillResult, string>>;
const MOVING = { slower: ' It gets slower.', faster: ' It gets faster.', steady: '', unknown: '' } as const satisfies Readonly<Record<Trend, string>>;

function sentenceOf({ standing, count, notPassed, newestMs, medianMs, trend, lastResult }: Omit<DrillSummary, 'sentence'>): string {
  if (standing === 'off') return 'The plug was never drilled, and no drill is scheduled (spec.drills).';
  if (standing === 'waiting') return 'No drill yet: one waits for a challenger with traffic.';
  if (count === 0) return 'The first drill is under way.';
  const median = count > 1 && medianMs !== null ? `, median of ${count} drills ${secondsText(medianMs)}` : '';
  const others = notPassed === 0 ? '' : ` ${notPassed} of ${count} did not pass.`;
  return `${lastResult === null ? '' : NEWEST[lastResult]}Time to safe ${newestMs === null ? 'unknown' : secondsText(newestMs)}${median}.${others}${MOVING[trend]}${standing === 'late' ? ' That is older than two intervals: nothing could be drilled since.' : ''}`;
}

function isEnded({ state }: KillRecord): boolean { return state === 'revived'; }

function medianOf(values: readonly number[]): number | null {
  const sorted = [...values].sort((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)];
  const lower = sorted[Math.ceil(sorted.length / 2) - 1];
  return upper === undefined || lower === undefined ? null : (upper + lower) / 2;
}
