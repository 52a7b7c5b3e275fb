import { createHash } from 'node:crypto';
import { isDigest, type Digest } from '../domain/digest.ts';
import { LastmileError } from '../domain/errors.ts';

/** Passes bytes through and knows their digest and size at the end. */
export interface Hashing { readonly bytes: AsyncIterable<Uint8Array>; result(): { readonly digest: Digest; readonly size: number } }

/** Hashes with node:crypto while the bytes stream by; `result` is for after the last of them. */
export function hashing(source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Hashing {
  const hash = createHash('sha256');
  let size = 0;
  async function* pass(): AsyncGenerator<Uint8Array> {
    for await (const part of source) {
      hash.update(part);
      size += part.byteLength;
      yield part;
    }
  }
  return { bytes: pass(), result: () => ({ digest: asDigest(hash.digest('hex')), size }) };
}

/** The digest and size of bytes, read once and let go. */
export async function hashOf(source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<{ digest: Digest; size: number }> {
  const hashed = hashing(source);
  const bytes = hashed.bytes[Symbol.asyncIterator]();
  while ((await bytes.next()).done !== true);
  return hashed.result();
}

/** The same bytes; ends with LM_DIGEST_MISMATCH when they were not those of `expected`, so nobody may act on them before the end. */
export async function* verified(source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>, expected: Digest, what: string): AsyncGenerator<Uint8Array> {
  const hashed = hashing(source);
  yield* hashed.bytes;
  const { digest } = hashed.result();
  if (digest !== expected) throw new LastmileError('LM_DIGEST_MISMATCH', `${what} has the digest ${digest}, not ${expected}: the bytes are not the ones that were validated. Publish them again under a new version.`, { details: { expected, found: digest } });
}

/** All bytes, checked. */
export async function readVerified(source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>, expected: Digest, what: string): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const part of verified(source, expected, what)) parts.push(part);
  return Buffer.concat(parts);
}

export function asDigest(hex: string): Digest {
  const digest = `sha256:${hex}`;
  if (!isDigest(digest)) throw new LastmileError('LM_INVARIANT', `"${hex}" is not a SHA-256 in hexadecimal.`);
  return digest;
}
