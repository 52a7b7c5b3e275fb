import type { MicroBlock } from '../domain/analysis/blocks.ts';
import { closedPage } from '../domain/analysis/closed-page.ts';
import { placeOf } from '../domain/analysis/field.ts';
import { PAGE_SLOTS, pageOf } from '../domain/analysis/pages.ts';
import type { EvidenceStore } from '../ports/evidence-store.ts';
import type { Comparison, MetricLine } from './comparison.ts';

/** Pages of one metric in one turn: what a long catch-up leaves is closed over several turns. */
const MOST_PAGES = 4;

/**
 * Closes the pages of rates and of the split that lie behind the stored end of their line. Behind it nothing is looked at any more (sealing.ts), so what is
 * stored of such a page is all of it. Any number of collectors may do this at once, and may die at any point (EvidenceStore.closePage). Returns how many
 * pages were new.
 */
export async function closePages(evidence: EvidenceStore, { plan, lines }: Pick<Comparison, 'plan' | 'lines'>): Promise<number> {
  let closed = 0;
  for (const line of lines.filter(({ metric }) => isPaged(plan, placeOf(metric).line))) {
    const beforeSlot = openFrom(line);
    if (beforeSlot === null || beforeSlot <= (line.pagedBefore ?? -Infinity)) continue;
    const limit = MOST_PAGES * PAGE_SLOTS;
    const blocks = await evidence.unpaged(plan.tenantId, plan.rolloutId, { metric: line.metric, beforeSlot, limit });
    for (const page of wholePages(blocks, blocks.length === limit)) closed += Number(await evidence.closePage(closedPage(page)));
    if (blocks.length < limit) line.pagedBefore = beforeSlot;
  }
  return closed;
}

function isPaged({ metrics }: Comparison['plan'], line: string): boolean { return line === 'share' || metrics.some(({ name, kind }) => name === line && kind === 'rate'); }

/** The first slot of the page that the line has not left yet. */
function openFrom({ storedUpTo }: MetricLine): number | null { return storedUpTo === null ? null : pageOf(storedUpTo + 1) * PAGE_SLOTS; }

/** Blocks by page, in order. `cut`: there is more, so that the last page may not be whole. */
function wholePages(blocks: readonly MicroBlock[], cut: boolean): readonly (readonly MicroBlock[])[] {
  const pages = new Map<number, MicroBlock[]>();
  for (const block of blocks) {
    const page = pages.get(pageOf(block.slot));
    if (page === undefined) pages.set(pageOf(block.slot), [block]);
    else page.push(block);
  }
  return [...pages.values()].slice(0, cut ? -1 : undefined);
}
