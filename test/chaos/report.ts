import type { Fault } from './faults.ts';
import { NOT_DONE } from './faults.ts';
import type { Harness } from './harness.ts';
import type { EndFacts, Oracles } from './oracles.ts';
import type { Outside } from './outside.ts';
import type { Cut, Seen } from './traffic.ts';
import type { Silenced, Story } from './workload.ts';

/** One fault as it went. `wellMs`: until then what failed may be its doing. */
export interface Injected { readonly fault: Fault; readonly pid: number | null; readonly fromMs: number; readonly healedMs: number; readonly wellMs: number; readonly recoveryMs: number | null }

export interface Report {
  readonly seed: number;
  readonly tookMs: number;
  readonly rollouts: number;
  readonly outcomes: Readonly<Record<string, number>>;
  readonly faults: Readonly<Record<string, number>>;
  readonly pidsHit: readonly number[];
  readonly pidsThatEndedThemselves: readonly string[];
  readonly duplicateEffects: number;
  readonly lostEnds: number;
  readonly kills: number;
  readonly killsProved: number;
  readonly answersFromKilled: number;
  readonly requests: number;
  /** Cut while under way on a gateway that was killed, and made again. */
  readonly cutUnderWay: number;
  /** Failed at an instant in which nothing that they need was away. */
  readonly unexplained: readonly string[];
  /** Failed while the one modelhost was away: its models have one replica. */
  readonly failedWithoutModelhost: number;
  /** Of requests to a backend that is never hit: answered, over all. */
  readonly gatewayAvailability: number;
  readonly recoveryP50Ms: number | null;
  readonly recoveryP99Ms: number | null;
  readonly notRecovered: readonly string[];
  /** From the order to the end that the deployment knows. */
  readonly rolloutP50Ms: number | null;
  readonly rolloutP99Ms: number | null;
  readonly workflows: number;
  readonly workflowsRunning: number;
  readonly workflowsFailed: number;
  readonly historyEvents: number;
  readonly largestEventBytes: number;
  readonly auditRecords: number;
  readonly notices: number;
  readonly noticesRepeated: number;
  readonly inferencesRepeated: number;
  readonly looks: number;
  readonly foreignCalls: number;
  /** Good versions that were not promoted, and why: what faults cost. */
  readonly goodOnesStopped: readonly string[];
  readonly broken: readonly string[];
  readonly troubles: readonly string[];
  readonly notDone: readonly string[];
}

/** `largestEvent`: of the newest histories, as JSON, bytes. */
export interface Histories { readonly workflows: number; readonly running: number; readonly failed: number; readonly events: number; readonly largestEvent: number }

export interface ReportInput {
  readonly seed: number;
  readonly tookMs: number;
  readonly story: Story;
  readonly injected: readonly Injected[];
  readonly oracles: Oracles;
  readonly end: EndFacts;
  readonly histories: Histories;
  readonly outside: Outside;
  readonly harness: Harness;
}

const SHOWN = 20;
/** An eighth of what Temporal warns at. */
const LARGEST_EVENT = 64 * 1_024;
/** A caller takes note of an answer a little after it was sent. */
const NOTE_MS = 250;
/** The end of a process is seen this much after it. */
const DEATH_MS = 1_500;

export function reportOf(input: ReportInput): Report {
  const { story, injected, oracles, end, histories, outside, harness } = input;
  const { seen } = story;
  const failures = seen.filter(({ failure }) => failure !== null);
  const withoutModelhost = failures.filter((of) => of.lane !== 'adopted' && isWithoutModelhost(of, injected));
  const cuts = seen.flatMap((of) => of.cuts);
  const gatewayDeaths = [harness.processes['gw-1'], harness.processes['gw-2']].flatMap(({ deaths }) => deaths.map(({ atMs }) => atMs));
  const unexplained = [...failures.filter((of) => !withoutModelhost.includes(of)).map(describe), ...cuts.filter((cut) => !isOfDeath(cut, gatewayDeaths)).map((cut) => `a connection was cut (${cut.code}) at ${new Date(cut.endMs).toISOString()} and no gateway had ended`)];
  const adopted = seen.filter(({ lane }) => lane === 'adopted');
  const recoveries = injected.map(({ recoveryMs }) => recoveryMs).filter((ms) => ms !== null);
  const durations = story.accepted.filter(({ outcome }) => outcome !== 'first').map(({ ms }) => ms);
  const all = Object.values(harness.processes);
  return {
    seed: input.seed, tookMs: input.tookMs, rollouts: story.accepted.length, outcomes: countBy(story.accepted, ({ outcome }) => outcome ?? 'lost'), faults: countBy(injected, ({ fault }) => fault.name),
    pidsHit: injected.flatMap(({ pid }) => pid ?? []), pidsThatEndedThemselves: all.flatMap(({ name, deaths }) => deaths.filter(({ wanted }) => !wanted).map(({ pid, by }) => `${name} ${String(pid)} (${by})`)),
    duplicateEffects: end.duplicateEffects, lostEnds: end.lostEnds,
    kills: new Set(story.silenced.map(({ killId }) => killId)).size, killsProved: story.silenced.filter(({ proved }) => proved).length, answersFromKilled: answersFromKilled(seen, story.silenced).length,
    requests: seen.length, cutUnderWay: cuts.length, unexplained: unexplained.slice(0, SHOWN), failedWithoutModelhost: withoutModelhost.length,
    gatewayAvailability: adopted.length === 0 ? 1 : adopted.filter(({ failure }) => failure === null).length / adopted.length,
    recoveryP50Ms: quantile(recoveries, 0.5), recoveryP99Ms: quantile(recoveries, 0.99), notRecovered: injected.filter(({ recoveryMs }) => recoveryMs === null).map(({ fault }) => fault.name),
    rolloutP50Ms: quantile(durations, 0.5), rolloutP99Ms: quantile(durations, 0.99),
    workflows: histories.workflows, workflowsRunning: histories.running, workflowsFailed: histories.failed, historyEvents: histories.events, largestEventBytes: histories.largestEvent, auditRecords: end.auditRecords,
    notices: outside.notices.size, noticesRepeated: [...outside.notices.values()].filter((times) => times > 1).length, inferencesRepeated: [...outside.inferences.values()].filter((times) => times > 1).length,
    looks: oracles.looks(), foreignCalls: oracles.foreignCalls(), goodOnesStopped: story.accepted.filter(({ lane: { kind }, outcome }) => (kind === 'good' || kind === 'adopted') && outcome !== 'first' && outcome !== 'promoted').map(({ model, outcome, why }) => `${model} ${outcome ?? 'lost'}: ${why}`),
    broken: oracles.broken.slice(0, SHOWN), troubles: story.troubles.slice(0, SHOWN), notDone: NOT_DONE,
  };
}

/** What a run must not have; [] is good. */
export function faultsOf(report: Report): readonly string[] {
  const zero = (name: string, count: number): readonly string[] => count === 0 ? [] : [`${name}: ${String(count)}`];
  return [
    ...zero('duplicate effects', report.duplicateEffects), ...zero('lost ends', report.lostEnds), ...zero('answers from killed variants', report.answersFromKilled),
    ...zero('rollout workflows that failed', report.workflowsFailed), ...zero('rollout workflows that still run', report.workflowsRunning),
    ...(report.largestEventBytes > LARGEST_EVENT ? [`an event of ${String(report.largestEventBytes)} bytes`] : []),
    ...report.unexplained.map((line) => `unexplained: ${line}`), ...report.broken.map((line) => `broken: ${line}`), ...report.troubles.map((line) => `trouble: ${line}`), ...report.notRecovered.map((name) => `not well again after: ${name}`),
  ];
}

/** Answers of a variant that came in while it was reported silent, later than silence allows. */
function answersFromKilled(seen: readonly Seen[], silenced: readonly Silenced[]): readonly Seen[] {
  const spans = new Map<string, Silenced[]>();
  for (const each of silenced) spans.set(each.variantId, [...spans.get(each.variantId) ?? [], each]);
  return seen.filter(({ variant, endMs }) => variant !== null && (spans.get(variant) ?? []).some(({ silentMs, untilMs }) => endMs > silentMs + NOTE_MS && endMs < untilMs));
}

function isWithoutModelhost({ startMs, endMs }: Seen, injected: readonly Injected[]): boolean {
  return injected.some(({ fault, fromMs, wellMs }) => fault.at === 'modelhost' && startMs <= wellMs && endMs >= fromMs);
}

/** Under way when a gateway ended, or on a connection that its caller did not yet know to be gone. */
function isOfDeath({ startMs, endMs }: Cut, deaths: readonly number[]): boolean { return deaths.some((atMs) => endMs >= atMs - DEATH_MS && startMs <= atMs + DEATH_MS); }

function describe({ lane, startMs, endMs, failure, variant }: Seen): string { return `${lane} ${new Date(startMs).toISOString()} +${String(endMs - startMs)} ms: ${failure ?? ''} ${variant ?? ''}`.trim(); }

function countBy<T>(of: readonly T[], key: (each: T) => string): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const each of of) counts[key(each)] = (counts[key(each)] ?? 0) + 1;
  return counts;
}

function quantile(values: readonly number[], q: number): number | null {
  const ordered = [...values].sort((a, b) => a - b);
  return ordered[Math.min(ordered.length - 1, Math.ceil(q * ordered.length) - 1)] ?? null;
}
