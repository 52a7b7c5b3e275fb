import assert from 'node:assert/strict';
import { digestOf } from '../domain/digest.ts';
import type { ArtifactStore } from '../ports/artifact-store.ts';
import { bytesOf, failsWith } from './check.ts';
import type { Suite } from './stores/suite.ts';

export interface ArtifactStoreSystem {
  readonly store: ArtifactStore;
  /** Damages what is stored under a digest; null where nobody can. */
  readonly damage: ((digest: `sha256:${string}`) => Promise<void>) | null;
}

const HELLO = Buffer.from('hello, model');

/** What every artifact store promises. */
export const artifactStorePromises: Suite<ArtifactStoreSystem> = {
  'stored bytes come back under their SHA-256': async ({ store }) => {
    const { digest, size } = await store.put(HELLO);
    assert.equal(digest, digestOf(HELLO));
    assert.equal(size, HELLO.byteLength);
    assert.ok(await store.has(digest));
    assert.deepEqual(await bytesOf(await store.open(digest)), HELLO);
  },
  'a stream is stored like bytes': async ({ store }) => {
    const parts = Array.from({ length: 50 }, (_, i) => Buffer.alloc(10_000, i));
    const { digest, size } = await store.put((async function* stream() { yield* parts; })());
    assert.equal(digest, digestOf(Buffer.concat(parts)));
    assert.equal(size, 500_000);
    assert.deepEqual(await bytesOf(await store.open(digest)), Buffer.concat(parts));
  },
  'the empty blob is a blob': async ({ store }) => {
    const { digest } = await store.put(new Uint8Array());
    assert.equal((await bytesOf(await store.open(digest))).byteLength, 0);
  },
  'storing the same bytes again, also at once, changes nothing': async ({ store }) => {
    const all = await Promise.all(Array.from({ length: 8 }, () => store.put(HELLO)));
    assert.equal(new Set(all.map(({ digest }) => digest)).size, 1);
    assert.deepEqual(await bytesOf(await store.open(all[0]?.digest ?? digestOf(''))), HELLO);
  },
  'what the caller does to its bytes afterwards does not matter': async ({ store }) => {
    const bytes = Uint8Array.from(HELLO);
    const { digest } = await store.put(bytes);
    bytes.fill(0);
    assert.deepEqual(await bytesOf(await store.open(digest)), HELLO);
  },
  'an unknown digest is LM_ARTIFACT_NOT_FOUND': async ({ store }) => {
    const digest = digestOf('nobody stored this');
    assert.equal(await store.has(digest), false);
    await failsWith('LM_ARTIFACT_NOT_FOUND', () => store.open(digest));
  },
  'a stream that fails stores nothing': async ({ store }) => {
    const broken = async function* broken(): AsyncGenerator<Uint8Array> { yield HELLO; throw new RangeError('cut off'); };
    await assert.rejects(store.put(broken()), /cut off/);
    assert.equal(await store.has(digestOf(HELLO)), false);
  },
  'damaged bytes are LM_DIGEST_MISMATCH while they are read': async ({ store, damage }) => {
    if (damage === null) return;
    const { digest } = await store.put(HELLO);
    await damage(digest);
    await failsWith('LM_DIGEST_MISMATCH', async () => bytesOf(await store.open(digest)));
  },
};
