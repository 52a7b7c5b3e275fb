import { canonicalJson } from '../canonical-json.ts';
import { digestOf, type Digest } from '../digest.ts';
import { toPlain } from '../evidence/plain-json.ts';
import type { RolloutId, TenantId } from '../ids.ts';
import { resultOf, type Measurement, type MeasurementResult } from './measurement.ts';
import type { ExternalMetric } from './metric.ts';

/** Slots of a page. A judge reads the tallies alone, so that what it reads hardly grows with the rollout. */
const PAGE_SLOTS = 100;

/** What a page holds, in brief; the judge needs no more. */
export interface MeasurementTally {
  readonly tenantId: TenantId;
  readonly rolloutId: RolloutId;
  readonly metric: string;
  readonly page: number;
  readonly good: number;
  readonly failed: number;
  readonly inconclusive: number;
  /** Inconclusive ones at the end of the page, one after the other. */
  readonly inconclusiveAtEnd: number;
  readonly toSlot: number;
  /** Of slot `toSlot`. */
  readonly newest: { readonly atMs: number; readonly result: MeasurementResult };
  /** The number of the newest that failed. */
  readonly lastFailed: number | null;
  /** SHA-256 over the digest before and the measurement, from the first of the page to the last. */
  readonly digest: Digest;
}

/** Measurements in the order of their slots, each once, and their tally. */
export interface MeasurementPage extends MeasurementTally { readonly measurements: readonly Measurement[] }

export function pageOfSlot(slot: number): number { return Math.floor(slot / PAGE_SLOTS); }

/** The page with the measurement; null when its slot, or a later one, is there already: slots are measured once, in order. */
export function withMeasurement(page: MeasurementPage | null, metric: ExternalMetric, measurement: Measurement): MeasurementPage | null {
  if (page !== null && measurement.slot <= page.toSlot) return null;
  const { tenantId, rolloutId, slot, atMs } = measurement;
  const result = resultOf(metric, measurement);
  const before = page ?? { good: 0, failed: 0, inconclusive: 0, inconclusiveAtEnd: 0, lastFailed: null, digest: null, measurements: [] };
  return {
    tenantId, rolloutId, metric: metric.name, page: pageOfSlot(slot),
    good: before.good + Number(result.state === 'good'), failed: before.failed + Number(result.state === 'failed'), inconclusive: before.inconclusive + Number(result.state === 'inconclusive'),
    inconclusiveAtEnd: result.state === 'inconclusive' ? before.inconclusiveAtEnd + 1 : 0, toSlot: slot, newest: { atMs, result },
    lastFailed: result.state === 'failed' ? result.value : before.lastFailed,
    digest: digestOf(`${before.digest ?? ''}\n${canonicalJson(toPlain(measurement))}`), measurements: [...before.measurements, measurement],
  };
}

/** The pages of one metric made anew from its measurements up to a slot: what a judge saw who was asked then. */
export function pagesUpTo(metric: ExternalMetric, measurements: readonly Measurement[], toSlot: number): readonly MeasurementPage[] {
  const pages = new Map<number, MeasurementPage>();
  for (const measurement of [...measurements].sort((a, b) => a.slot - b.slot).filter(({ slot }) => slot <= toSlot)) {
    const number = pageOfSlot(measurement.slot);
    const next = withMeasurement(pages.get(number) ?? null, metric, measurement);
    if (next !== null) pages.set(number, next);
  }
  return [...pages.values()];
}

/** Without its measurements. */
export function tallyOf({ tenantId, rolloutId, metric, page, good, failed, inconclusive, inconclusiveAtEnd, toSlot, newest, lastFailed, digest }: MeasurementPage): MeasurementTally {
  return { tenantId, rolloutId, metric, page, good, failed, inconclusive, inconclusiveAtEnd, toSlot, newest, lastFailed, digest };
}
