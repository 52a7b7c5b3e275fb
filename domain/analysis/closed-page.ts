import type { MicroBlock } from './blocks.ts';
import { blockLine, readLine } from './block-line.ts';
import type { Evidence } from './evidence.ts';
import { holds, pageFrom, pageOf, tauOf, type EvidencePage } from './pages.ts';

/** A page as it is stored: with its blocks. */
export interface ClosedPage extends EvidencePage {
  /** The blocks by slot, a line each: the very text whose SHA-256 is `digest`. */
  readonly lines: string;
  /** When each block was sealed, in the order of the lines. */
  readonly sealedAtMs: readonly number[];
}

/** The blocks of one page of one metric, put together; see pageFrom. */
export function closedPage(blocks: readonly MicroBlock[]): ClosedPage {
  const ordered = [...blocks].sort((a, b) => a.slot - b.slot);
  return { ...pageFrom(ordered), lines: ordered.map(blockLine).join(''), sealedAtMs: ordered.map(({ sealedAtMs }) => sealedAtMs) };
}

/** The blocks as they were sealed, to the last digit. */
export function blocksIn(page: ClosedPage): readonly MicroBlock[] {
  const { tenantId, rolloutId, totals, sealedAtMs } = page;
  const tauMs = tauOf(page);
  return page.lines.split('\n').slice(0, -1).map((line, i) => {
    const { metric, slot, state, sums } = readLine(totals.kind, line);
    return { tenantId, rolloutId, metric, slot, fromMs: slot * tauMs, toMs: (slot + 1) * tauMs, state, sums, sealedAtMs: sealedAtMs[i] ?? Number.NaN };
  });
}

/** Of these blocks those that no page holds; a page is to be believed before a block that was left behind when it closed. */
export function outsidePages(pages: readonly EvidencePage[], blocks: readonly MicroBlock[]): readonly MicroBlock[] {
  const byKey = new Map(pages.map((page) => [keyOf(page), page]));
  return blocks.filter((block) => {
    const page = byKey.get(keyOf({ metric: block.metric, page: pageOf(block.slot) }));
    return page === undefined || !holds(page, block.slot);
  });
}

/**
 * Pages of which a block stands outside: one that was sealed while another collector, which had seen its slot empty, closed the page. Rare; such a page is
 * read with its blocks and made anew, so that no sealed block is ever lost.
 */
export function pagesWithMore<Page extends EvidencePage>(pages: readonly Page[], outside: readonly MicroBlock[]): readonly Page[] {
  const touched = new Set(outside.map(({ metric, slot }) => keyOf({ metric, page: pageOf(slot) })));
  return pages.filter((page) => touched.has(keyOf(page)));
}

/** The evidence of all single blocks and closed pages; `opened` are those of pagesWithMore, with their blocks. */
export function summaryOf(pages: readonly EvidencePage[], blocks: readonly MicroBlock[], opened: readonly ClosedPage[]): Evidence {
  const outside = outsidePages(pages, blocks);
  const more = new Set(pagesWithMore(pages, outside).map(keyOf));
  return { pages: pages.filter((page) => !more.has(keyOf(page))).map(withoutBlocks), blocks: [...outside, ...opened.filter((page) => more.has(keyOf(page))).flatMap(blocksIn)] };
}

function withoutBlocks({ tenantId, rolloutId, metric, page, fromMs, toMs, runs, sealed, short, totals, digest }: EvidencePage): EvidencePage {
  return { tenantId, rolloutId, metric, page, fromMs, toMs, runs, sealed, short, totals, digest };
}

/** By slot, then metric. */
export function inOrder(blocks: readonly MicroBlock[]): readonly MicroBlock[] {
  return [...blocks].sort((a, b) => a.slot - b.slot || (a.metric < b.metric ? -1 : a.metric > b.metric ? 1 : 0));
}

function keyOf({ metric, page }: Pick<EvidencePage, 'metric' | 'page'>): string { return `${metric} ${page}`; }
