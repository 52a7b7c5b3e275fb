import { canonicalJson } from '../../domain/canonical-json.ts';
import type { Label } from '../../domain/record.ts';

/** What was said of one (inferenceId, row) at one time. */
export type LabelRevision = Pick<Label, 'value' | 'labelMs' | 'receivedAtMs' | 'source' | 'propensity'>;

/** Newest last: by labelMs, then receivedAtMs, then the value's text, so that every store picks the same. */
export function compareRevisions(a: LabelRevision, b: LabelRevision): number {
  return a.labelMs - b.labelMs || a.receivedAtMs - b.receivedAtMs || compareText(canonicalJson(a.value), canonicalJson(b.value));
}

/** The same statement again, whoever repeats it. */
export function isRepeat(known: readonly LabelRevision[], { value, labelMs }: LabelRevision): boolean {
  return known.some((revision) => revision.labelMs === labelMs && revision.value === value);
}

/** The revision that held at `asOfMs`, or null when nothing was known by then. */
export function holderAt<T extends LabelRevision>(history: readonly T[], asOfMs: number): T | null {
  return history.filter(({ labelMs }) => labelMs <= asOfMs).reduce<T | null>((newest, each) => (newest === null || compareRevisions(newest, each) < 0 ? each : newest), null);
}

/** The order in which labels are handed out. */
export function compareLabels(a: Label, b: Label): number {
  return compareText(a.inferenceId, b.inferenceId) || a.row - b.row || compareRevisions(a, b);
}

export function compareText(a: string, b: string): number { return a < b ? -1 : a > b ? 1 : 0; }
