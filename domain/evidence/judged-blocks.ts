import type { MicroBlock } from '../analysis/blocks.ts';
import type { Verdict } from '../analysis/verdict.ts';

/** The blocks that a verdict saw, of all that were sealed since. Older verdicts do not say what they saw; then the time of sealing tells. */
export function blocksSeen({ seenTo, atMs }: Pick<Verdict, 'seenTo' | 'atMs'>, blocks: readonly MicroBlock[]): readonly MicroBlock[] {
  if (seenTo === undefined) return blocks.filter(({ sealedAtMs }) => sealedAtMs <= atMs);
  return blocks.filter(({ metric, slot }) => slot <= (seenTo[metric] ?? -Infinity));
}
