import type { MicroBlock, RateSums } from '../domain/analysis/blocks.ts';
import { placeOf } from '../domain/analysis/field.ts';
import type { EvidencePage } from '../domain/analysis/pages.ts';
import type { AnalysisPlan } from '../domain/analysis/plan.ts';

/** What progress shows of the sealed blocks. Rebuilt from them at each start; no verdict reads it. */
export interface Tally {
  /** The metric that counts pairs: every pair has exactly one mirrored leg, and rates seal within seconds. */
  readonly pairsFrom: string | null;
  /** The metric whose outcomes show coverage. */
  readonly coverageFrom: string | null;
  pairs: number;
  needed: number;
  labelled: number;
  /** Mean of labelMs − rulingMs over the newest labels folded; null before the first. */
  labelDelayMs: number | null;
}

export function createTally({ metrics }: AnalysisPlan): Tally {
  const rate = metrics.find(({ kind }) => kind === 'rate');
  const paired = metrics.find(({ kind, needsLabels }) => kind === 'paired' && needsLabels);
  return { pairsFrom: rate?.name ?? paired?.name ?? null, coverageFrom: paired?.name ?? null, pairs: 0, needed: 0, labelled: 0, labelDelayMs: null };
}

export function addBlock(tally: Tally, { metric: of, sums }: MicroBlock): void {
  const { line: metric } = placeOf(of);
  if (metric === tally.pairsFrom) tally.pairs += sums.kind === 'rate' ? mirrored(sums) : sums.kind === 'paired' ? sums.pairs : 0;
  if (metric === tally.coverageFrom && sums.kind === 'paired') {
    tally.needed += sums.needed;
    tally.labelled += sums.labelled;
  }
}

/** The blocks of a page at once. */
export function addPage(tally: Tally, { metric, totals }: EvidencePage): void {
  if (placeOf(metric).line === tally.pairsFrom && totals.kind === 'rate') tally.pairs += mirrored(totals);
}

function mirrored({ challengerShadow, championShadow }: RateSums): number { return challengerShadow.n + championShadow.n; }
