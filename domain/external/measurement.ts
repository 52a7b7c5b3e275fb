import type { RolloutId, TenantId } from '../ids.ts';
import type { ExternalMetric } from './metric.ts';

/** Why a source gave no number. */
export type NoReading =
  'unreachable' | 'too-slow' | 'too-large' | 'denied' | 'refused' | 'no-credentials' | 'not-the-format' | 'no-series' | 'several-series' | 'partial' | 'no-number' | 'not-finite' | 'unsafe-name';

/** What a source said at one moment: a finite number and of when it is, or why there is none. */
export type Reading = { readonly value: number; readonly sampleMs: number } | Unread;
export interface Unread { readonly none: NoReading; readonly text: string }

/** One metric asked once, for both sides at the same moment. Stored before it is judged; one a slot. */
export interface Measurement {
  readonly tenantId: TenantId;
  readonly rolloutId: RolloutId;
  readonly metric: string;
  /** Number of the interval since the comparison began and the initial delay passed (slots.ts). */
  readonly slot: number;
  /** When the answers were in, by the worker's clock. */
  readonly atMs: number;
  readonly challenger: Reading;
  /** Null where the challenger's number alone is held against the limit. */
  readonly champion: Reading | null;
}

export type MeasurementResult =
  | { readonly state: 'good' | 'failed'; readonly value: number; readonly why: null }
  | { readonly state: 'inconclusive'; readonly value: number | null; readonly why: string };

/**
 * Holds one measurement against the limit. Good or failed rests on finite numbers alone that are not stale: whatever else was answered, and whatever is
 * computed from it, is inconclusive.
 */
export function resultOf(metric: ExternalMetric, measurement: Measurement): MeasurementResult {
  const gap = gapOf(metric, measurement);
  if (gap !== null) return { state: 'inconclusive', value: null, why: gap };
  const value = measured(metric, measurement);
  if (!Number.isFinite(value)) return { state: 'inconclusive', value: null, why: `${metric.compare} is not a finite number` };
  const side = metric.better === 'lower' ? 1 : -1;
  if (side * value <= side * metric.limit) return { state: 'good', value, why: null };
  if (side * value > side * metric.failBeyond) return { state: 'failed', value, why: null };
  return { state: 'inconclusive', value, why: `it lies between ${String(metric.limit)} and ${String(metric.failBeyond)}` };
}

function gapOf(metric: ExternalMetric, { challenger, champion, atMs }: Measurement): string | null {
  const sides = [['challenger', challenger], ...(metric.compare === 'challenger' ? [] : [['champion', champion] as const])] as const;
  for (const [side, reading] of sides) {
    if (reading === null) return `${side}: was not asked for`;
    if ('none' in reading) return `${side}: ${reading.text}`;
    if (!Number.isFinite(reading.value) || !Number.isFinite(reading.sampleMs)) return `${side}: is not a finite number`;
    const ageMs = atMs - reading.sampleMs;
    if (ageMs > metric.maxAgeMs) return `${side}: is stale, ${seconds(ageMs)} old; at most ${seconds(metric.maxAgeMs)} is taken`;
    if (ageMs < -metric.maxAgeMs) return `${side}: is of ${seconds(-ageMs)} ahead; the clocks of worker and source are apart`;
  }
  return null;
}

/** Only after gapOf has found none. */
function measured({ compare }: ExternalMetric, { challenger, champion }: Measurement): number {
  const of = (reading: Reading | null): number => (reading === null || 'none' in reading ? NaN : reading.value);
  if (compare === 'challenger') return of(challenger);
  return compare === 'difference' ? of(challenger) - of(champion) : of(challenger) / of(champion);
}

function seconds(ms: number): string { return `${String(Math.round(ms / 100) / 10)} s`; }
