import { digestOf, type Digest } from '../digest.ts';
import { LastmileError } from '../errors.ts';
import type { RolloutId, TenantId } from '../ids.ts';
import type { MicroBlock, RateSums, ShareSums } from './blocks.ts';
import { blockLine } from './block-line.ts';
import { totalOf } from './totals.ts';
import { sound } from './valid-blocks.ts';

/** Slots of a page. For good: the digest of evidence is made by pages, so another number is another digest of the same blocks. */
export const PAGE_SLOTS = 240;

/** First and last of neighbouring slots that all hold a block. */
export type Run = readonly [first: number, last: number];

/**
 * PAGE_SLOTS slots of one rate, or of the split, told as one: all that the judge asks of their blocks. A pure function of the blocks, so that it is the
 * same whether it was made when the page closed or while it is judged (ADR 0008). Outcomes have no pages: the judge needs each of their blocks.
 */
export interface EvidencePage {
  readonly tenantId: TenantId;
  readonly rolloutId: RolloutId;
  readonly metric: string;
  /** floor(slot / PAGE_SLOTS). */
  readonly page: number;
  readonly fromMs: number;
  readonly toMs: number;
  /** Which slots hold a block, in order; the others saw nothing. */
  readonly runs: readonly Run[];
  /** Blocks that count, and blocks that stand as short (valid-blocks.ts). */
  readonly sealed: number;
  readonly short: number;
  /** Of the blocks that count. */
  readonly totals: RateSums | ShareSums;
  /** SHA-256 over the lines of the blocks (block-line.ts), by slot. */
  readonly digest: Digest;
}

export function pageOf(slot: number): number { return Math.floor(slot / PAGE_SLOTS); }

/** The page of these blocks: of one metric and one page, each slot once, in any order. Throws LM_INVARIANT otherwise, and for outcomes. */
export function pageFrom(blocks: readonly MicroBlock[]): EvidencePage {
  const ordered = [...blocks].sort((a, b) => a.slot - b.slot);
  const first = ordered[0];
  if (first === undefined) throw new LastmileError('LM_INVARIANT', 'A page of evidence needs a block.');
  const { tenantId, rolloutId, metric } = first;
  const page = pageOf(first.slot);
  const tauMs = first.toMs - first.fromMs;
  ordered.forEach((block, i) => {
    if (block.tenantId !== tenantId || block.rolloutId !== rolloutId || block.metric !== metric || pageOf(block.slot) !== page || block.slot === ordered[i - 1]?.slot) {
      throw new LastmileError('LM_INVARIANT', `Block ${block.slot} of ${block.metric}, rollout ${block.rolloutId}, does not belong in page ${page} of ${metric}, rollout ${rolloutId}.`);
    }
    if (block.fromMs !== block.slot * tauMs || block.toMs !== (block.slot + 1) * tauMs) throw new LastmileError('LM_INVARIANT', `Block ${block.slot} of ${metric}, rollout ${rolloutId}, does not lie where slots of ${tauMs} ms lie.`);
  });
  const counted = ordered.map(sound).filter(({ state }) => state === 'sealed');
  return {
    tenantId, rolloutId, metric, page, fromMs: page * PAGE_SLOTS * tauMs, toMs: (page + 1) * PAGE_SLOTS * tauMs, runs: runsOf(ordered.map(({ slot }) => slot)),
    sealed: counted.length, short: ordered.length - counted.length, totals: totalOf(first.sums.kind, counted.map(({ sums }) => sums)), digest: digestOf(ordered.map(blockLine).join('')),
  };
}

export function holds({ runs }: Pick<EvidencePage, 'runs'>, slot: number): boolean { return runs.some(([first, last]) => first <= slot && slot <= last); }

export function slotsOf({ runs }: Pick<EvidencePage, 'runs'>): readonly number[] { return runs.flatMap(([first, last]) => Array.from({ length: last - first + 1 }, (_, i) => first + i)); }

/** Length of a slot. */
export function tauOf({ fromMs, toMs }: EvidencePage): number { return (toMs - fromMs) / PAGE_SLOTS; }

/** From the first block's start to the last block's end. */
export function spanOf(page: EvidencePage): { readonly fromMs: number; readonly toMs: number } {
  const slots = page.runs.flat();
  return { fromMs: Math.min(...slots) * tauOf(page), toMs: (Math.max(...slots) + 1) * tauOf(page) };
}

/** Cycles, counted from `startMs`, in which some block of the page begins. */
export function cyclesIn(page: EvidencePage, startMs: number, cycleMs: number): readonly number[] {
  const tauMs = tauOf(page);
  const found: number[] = [];
  for (const [first, last] of page.runs) {
    for (let slot = first; slot <= last;) {
      const cycle = Math.floor((slot * tauMs - startMs) / cycleMs);
      found.push(cycle);
      // Straight to the first slot of the next cycle.
      slot = Math.max(slot + 1, Math.ceil((startMs + (cycle + 1) * cycleMs) / tauMs));
    }
  }
  return found;
}

function runsOf(slots: readonly number[]): readonly Run[] {
  const starts = slots.filter((slot, i) => slot - 1 !== slots[i - 1]);
  const ends = slots.filter((slot, i) => slot + 1 !== slots[i + 1]);
  return starts.map((first, i) => [first, ends[i] ?? first]);
}
