import { LastmileError } from '../errors.ts';
import type { MicroBlock } from './blocks.ts';
import type { AnalysisPlan } from './plan.ts';

/** The sound blocks of this rollout by metric, in time order, each slot once. Throws LM_INVARIANT when a block belongs to another rollout. */
export function validBlocks(plan: AnalysisPlan, blocks: readonly MicroBlock[]): ReadonlyMap<string, readonly MicroBlock[]> {
  for (const block of blocks) ownedBy(plan, block);
  return new Map([...bySlot(blocks)].map(([metric, of]) => [metric, of.map(sound)]));
}

export function ownedBy(plan: AnalysisPlan, { tenantId, rolloutId }: Pick<MicroBlock, 'tenantId' | 'rolloutId'>): void {
  if (rolloutId !== plan.rolloutId || tenantId !== plan.tenantId) throw new LastmileError('LM_INVARIANT', `Evidence of rollout ${rolloutId} was handed to the judge of ${plan.rolloutId}.`);
}

/** By metric, in time order; of blocks of one slot the first. */
export function bySlot(blocks: readonly MicroBlock[]): ReadonlyMap<string, readonly MicroBlock[]> {
  const byMetric = new Map<string, Map<number, MicroBlock>>();
  for (const block of blocks) {
    const slots = byMetric.get(block.metric) ?? new Map<number, MicroBlock>();
    if (!slots.has(block.slot)) slots.set(block.slot, block);
    byMetric.set(block.metric, slots);
  }
  return new Map([...byMetric].map(([metric, slots]) => [metric, [...slots.values()].sort((a, b) => a.slot - b.slot)]));
}

/**
 * A block with a number that is not finite, or with counts that cannot be, proves nothing: it stands as `short`, so that its cycle is not judged and the
 * verdict says so.
 */
export function sound(block: MicroBlock): MicroBlock { return isSound(block) ? block : { ...block, state: 'short' }; }

function isSound({ sums }: MicroBlock): boolean {
  switch (sums.kind) {
    case 'paired': return counts(sums.n, sums.needed, sums.labelled, sums.pairs) && sums.n <= sums.pairs && [sums.mean, sums.m2, sums.championMean, sums.challengerMean, sums.weight ?? 0].every(Number.isFinite);
    case 'rate': return [sums.champion, sums.challengerServing, sums.challengerShadow, sums.championShadow].every(({ n, bad }) => counts(n, bad) && bad <= n);
    case 'share': return sums.cells.every(({ challenger, total }) => counts(challenger, total) && challenger <= total);
  }
}

function counts(...values: readonly number[]): boolean { return values.every((value) => Number.isFinite(value) && value >= 0); }
