import { digestOf } from '../digest.ts';
import type { MeasurementTally } from './measurement-page.ts';
import { freshMs, type Better, type Comparison, type ExternalMetric, type ExternalRole } from './metric.ts';

/** pass: good often enough, and at last. fail: beyond its limit more often than let pass. not-judged: unknown for too long. The rest wait, and are never a pass. */
export const EXTERNAL_STATES = ['pass', 'fail', 'undecided', 'no-data', 'not-judged'] as const;
export type ExternalState = (typeof EXTERNAL_STATES)[number];

/** One external metric as judged: what was measured, and what it is held against. */
export interface ExternalFinding {
  readonly metric: string;
  readonly role: ExternalRole;
  readonly state: ExternalState;
  readonly compare: Comparison;
  readonly better: Better;
  readonly limit: number;
  readonly good: number;
  readonly failed: number;
  readonly inconclusive: number;
  readonly inconclusiveInARow: number;
  /** Good ones that a pass needs; failed ones, and inconclusive ones in a row, that are let pass. */
  readonly count: number;
  readonly failureLimit: number;
  readonly inconclusiveLimit: number | null;
  /** The newest measurement: its value, or why there is none. All null before the first. */
  readonly value: number | null;
  readonly why: string | null;
  readonly measuredAtMs: number | null;
  readonly lastFailedValue: number | null;
  /** The newest slot that the judge was handed. */
  readonly toSlot: number | null;
}

/** What the stored measurements of one metric come to at `atMs`. */
export function externalFinding(metric: ExternalMetric, tallies: readonly MeasurementTally[], atMs: number): ExternalFinding {
  const pages = tallies.filter((tally) => tally.metric === metric.name).sort((a, b) => a.page - b.page);
  const sum = (of: 'good' | 'failed' | 'inconclusive'): number => pages.reduce((total, page) => total + page[of], 0);
  const last = pages.at(-1);
  const newest = last?.newest ?? UNMEASURED;
  const counts = { good: sum('good'), failed: sum('failed'), inconclusive: sum('inconclusive'), inconclusiveInARow: inARow(pages) };
  const { name, role, compare, better, limit, count, failureLimit, inconclusiveLimit } = metric;
  return {
    metric: name, role, state: stateOf(metric, { ...counts, newest }, atMs), compare, better, limit, count, failureLimit, inconclusiveLimit, ...counts,
    value: newest.result.value, why: newest.result.why, measuredAtMs: newest.atMs, lastFailedValue: pages.findLast(({ lastFailed }) => lastFailed !== null)?.lastFailed ?? null, toSlot: last?.toSlot ?? null,
  };
}

type Newest = MeasurementTally['newest'] | typeof UNMEASURED;
const UNMEASURED = { atMs: null, result: { state: 'inconclusive', value: null, why: null } } as const;

function inARow(pages: readonly MeasurementTally[]): number {
  let row = 0;
  for (const { good, failed, inconclusiveAtEnd } of [...pages].reverse()) {
    row += inconclusiveAtEnd;
    if (good + failed > 0) return row;
  }
  return row;
}

interface Facts { readonly good: number; readonly failed: number; readonly inconclusiveInARow: number; readonly newest: Newest }

function stateOf(metric: ExternalMetric, { good, failed, inconclusiveInARow, newest }: Facts, atMs: number): ExternalState {
  if (failed > metric.failureLimit) return 'fail';
  if (metric.inconclusiveLimit !== null && inconclusiveInARow > metric.inconclusiveLimit) return 'not-judged';
  // A clock that went back must not keep an old measurement fresh.
  if (newest.atMs === null || newest.result.state === 'inconclusive' || !(Math.abs(atMs - newest.atMs) <= freshMs(metric))) return 'no-data';
  return newest.result.state === 'good' && good >= metric.count ? 'pass' : 'undecided';
}

/** Over what was there and the digests of the pages: what the findings rest on. */
export function withExternalDigest(evidenceHash: string | null, tallies: readonly MeasurementTally[]): string | null {
  if (tallies.length === 0) return evidenceHash;
  const lines = [...tallies].sort((a, b) => (a.metric === b.metric ? a.page - b.page : a.metric < b.metric ? -1 : 1)).map(({ metric, page, digest }) => `${metric} measurements ${page} ${digest}\n`);
  return digestOf([`${evidenceHash ?? 'no blocks'}\n`, ...lines].join(''));
}
