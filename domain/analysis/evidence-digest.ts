import { digestOf, type Digest } from '../digest.ts';
import type { MicroBlock } from './blocks.ts';
import { blockLine } from './block-line.ts';
import type { EvidencePage } from './pages.ts';

/**
 * SHA-256 over lines: the digest of the lines of all blocks of outcomes, then a line with the digest of each page. So it can be made from pages alone, and is
 * the same from the blocks. Both lists in order of metric, then time.
 */
export function evidenceDigest({ blocks, pages }: { readonly blocks: readonly MicroBlock[]; readonly pages: readonly EvidencePage[] }): Digest {
  return digestOf([`blocks ${digestOf(blocks.map(blockLine).join(''))}\n`, ...pages.map(({ metric, page, digest }) => `${metric} page ${page} ${digest}\n`)].join(''));
}
