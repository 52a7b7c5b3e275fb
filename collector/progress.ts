import type { Progress } from '../domain/analysis/blocks.ts';
import { slotRange } from '../domain/analysis/sealing.ts';
import type { Watermark } from '../ports/record-store.ts';
import type { Comparison } from './comparison.ts';

/** What people see while blocks are not yet sealed. Counts, never sums: no verdict reads it. */
export function progressOf(comparison: Comparison, watermark: Watermark, of: { readonly drops: Readonly<Record<string, number>>; readonly nowMs: number }): Progress {
  const { plan, tally } = comparison;
  const watermarkMs = (plan.clock === 'gateway' ? watermark.completeAtMs : watermark.rulingMs) ?? plan.startedMs;
  return {
    tenantId: plan.tenantId, rolloutId: plan.rolloutId, watermarkMs, lastRecordAtMs: watermark.lastAtMs, pairs: tally.pairs, openSlots: openSlots(comparison, watermarkMs),
    labelCoverage: tally.needed === 0 ? null : tally.labelled / tally.needed, labelDelayMs: tally.labelDelayMs, drops: of.drops, duplicates: watermark.duplicates, updatedAtMs: of.nowMs,
  };
}

/** Slots that have begun and are not sealed, of the metric that waits longest for its outcomes. */
function openSlots({ plan, lines }: Comparison, watermarkMs: number): number {
  const open = lines.filter(({ clock }) => clock === 'ruling').map(({ metric, sealedUpTo }) => {
    const range = slotRange(plan, metric, 0);
    const tauMs = range.toMs - range.fromMs;
    const from = Math.max(sealedUpTo === null ? -Infinity : sealedUpTo + 1, Math.floor(plan.startedMs / tauMs));
    return Math.floor(watermarkMs / tauMs) - from + 1;
  });
  return Math.max(0, ...open);
}
