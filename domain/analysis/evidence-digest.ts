import { digestOf, type Digest } from '../digest.ts';
import type { Count, MicroBlock } from './blocks.ts';

/**
 * SHA-256 over blocks, a line each: metric, slot, state and every sum in a fixed order, numbers as ECMAScript writes them (as RFC 8785 does).
 * When a block was sealed is left out, so that the same evidence has the same digest however it was gathered.
 */
export function evidenceDigest(blocks: readonly MicroBlock[]): Digest {
  return digestOf(blocks.map(({ metric, slot, state, sums }) => `${metric} ${slot} ${state} ${numbersOf(sums).join(' ')}\n`).join(''));
}

function numbersOf(sums: MicroBlock['sums']): readonly number[] {
  switch (sums.kind) {
    case 'paired': {
      const { n, needed, labelled, pairs, mean, m2, min, max, championMean, challengerMean, scored = n } = sums;
      return [n, needed, labelled, pairs, mean, m2, min, max, championMean, challengerMean, scored];
    }
    case 'rate': return [sums.champion, sums.challengerServing, sums.challengerShadow, sums.championShadow].flatMap(countOf);
    case 'share': return sums.cells.flatMap(({ challengerPer10k, challenger, total }) => [challengerPer10k, challenger, total]);
  }
}

function countOf({ n, bad }: Count): readonly number[] { return [n, bad]; }
