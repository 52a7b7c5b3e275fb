import type { VariantId } from '../ids.ts';
import { WHOLE } from '../share.ts';

/**
 * A point in [0, 10,000) for a key: FNV-1a (32 bit, over UTF-16 code units, low byte first) of salt, a separator and key, finished by
 * MurmurHash3's fmix32, since FNV alone leaves the high bits of short keys uneven. Half a microsecond; spread, not secrecy.
 */
export function splitPoint(salt: string, key: string): number {
  const hash = fmix32(fnv1a(key, fnv1a('\u0000', fnv1a(salt, 0x811c9dc5))));
  return Math.floor((hash / 0x1_0000_0000) * WHOLE);
}

function fnv1a(text: string, seed: number): number {
  let hash = seed;
  for (let i = 0; i < text.length; i += 1) {
    const unit = text.charCodeAt(i);
    hash = Math.imul(hash ^ (unit & 0xff), 0x01000193);
    hash = Math.imul(hash ^ (unit >>> 8), 0x01000193);
  }
  return hash >>> 0;
}

function fmix32(seed: number): number {
  let hash = seed;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/**
 * The challenger whose share covers the point, or null for the champion. Shares lie side by side from 0 in order of arrival, so a share
 * that grows keeps its keys, no key goes back from a challenger to the champion, and a share of zero gets nothing (promise 11).
 */
export function pickShare(point: number, shares: readonly { readonly variantId: VariantId; readonly sharePer10k: number }[]): VariantId | null {
  let end = 0;
  for (const share of shares) {
    end += share.sharePer10k;
    if (point < end) return share.variantId;
  }
  return null;
}
