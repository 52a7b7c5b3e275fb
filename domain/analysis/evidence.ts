import { LastmileError } from '../errors.ts';
import type { MicroBlock } from './blocks.ts';
import { pairedPlans, segmentPlans } from './metric-plan.ts';
import { holds, pageFrom, pageOf, type EvidencePage } from './pages.ts';
import type { AnalysisPlan } from './plan.ts';
import { bySlot, ownedBy, sound } from './valid-blocks.ts';

/** All evidence of a rollout: pages that are closed, and the blocks that are in none. How far closing has got changes nothing that is judged. */
export interface Evidence { readonly pages: readonly EvidencePage[]; readonly blocks: readonly MicroBlock[] }

/** Evidence of which no page is closed. */
export function evidenceOf(blocks: readonly MicroBlock[]): Evidence { return { pages: [], blocks }; }

/** What may be compared, by metric, in the order of time: blocks of outcomes, and pages of all the rest. */
export interface ValidEvidence {
  readonly paired: ReadonlyMap<string, readonly MicroBlock[]>;
  readonly paged: ReadonlyMap<string, readonly EvidencePage[]>;
}

/**
 * Stage one of the judge: each slot once, blocks that prove nothing as `short` (valid-blocks.ts), and the blocks outside of closed pages in pages of their own.
 * Throws LM_INVARIANT when something belongs to another rollout, or when a closed page lacks a block that is there.
 */
export function validEvidence(plan: AnalysisPlan, { pages, blocks }: Evidence): ValidEvidence {
  for (const one of [...pages, ...blocks]) ownedBy(plan, one);
  const slots = bySlot(blocks);
  const names = new Set([...pairedPlans(plan), ...segmentPlans(plan)].map(({ name }) => name));
  const metrics = new Set([...slots.keys(), ...pages.map(({ metric }) => metric)]);
  const paired = [...slots].filter(([metric]) => names.has(metric)).map(([metric, of]) => [metric, of.map(sound)] as const);
  const paged = [...metrics].filter((metric) => !names.has(metric)).map((metric) => [metric, allPages(pages.filter((page) => page.metric === metric), slots.get(metric) ?? [])] as const);
  return { paired: new Map(paired), paged: new Map(paged) };
}

function allPages(closed: readonly EvidencePage[], blocks: readonly MicroBlock[]): readonly EvidencePage[] {
  const all = new Map(closed.map((page) => [page.page, page]));
  const open = new Map<number, MicroBlock[]>();
  for (const block of blocks) {
    const page = all.get(pageOf(block.slot));
    if (page === undefined) {
      const beside = open.get(pageOf(block.slot));
      if (beside === undefined) open.set(pageOf(block.slot), [block]);
      else beside.push(block);
    } else if (!holds(page, block.slot)) throw new LastmileError('LM_INVARIANT', `Page ${page.page} of ${page.metric}, rollout ${page.rolloutId}, lacks its block ${block.slot}.`);
  }
  return [...closed, ...[...open.values()].map(pageFrom)].sort((a, b) => a.page - b.page);
}
