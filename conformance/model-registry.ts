import assert from 'node:assert/strict';
import { artifactDigest, digestOf, isDigest } from '../domain/digest.ts';
import type { ModelRef } from '../domain/model.ts';
import type { ModelRegistry } from '../ports/model-registry.ts';
import { bytesOf, failsWith } from './check.ts';
import type { Suite } from './stores/suite.ts';

export interface ModelRegistrySystem {
  readonly registry: ModelRegistry;
  /** Its name in model references. */
  readonly name: string;
  /** Puts a version there in the registry's own way; the same as publish where it can be written. */
  readonly seed: (ref: ModelRef, files: ReadonlyMap<string, Uint8Array>) => Promise<void>;
  /** Changes one byte of a published file behind the registry's back; null where nobody can. */
  readonly damage: ((ref: ModelRef, path: string) => Promise<void>) | null;
}

const FILES: ReadonlyMap<string, Uint8Array> = new Map([['model.bin', Buffer.from('weights')], ['docs/README.md', Buffer.from('# a model')]]);

/** What every model registry promises. */
export const modelRegistryPromises: Suite<ModelRegistrySystem> = {
  'a version resolves to its files and a digest computed from their bytes': async ({ registry, name, seed }) => {
    const ref = { registry: name, name: 'churn', version: '7' };
    await seed(ref, FILES);
    const found = await registry.resolve(ref);
    assert.ok(isDigest(found.artifactDigest));
    assert.equal(found.artifactDigest, artifactDigest([...FILES].map(([path, bytes]) => ({ path, size: bytes.byteLength, sha256: digestOf(bytes).slice(7) }))));
    assert.deepEqual(found.files.map(({ path }) => path).sort(), ['docs/README.md', 'model.bin']);
    assert.deepEqual(found.ref, ref);
    assert.equal((await registry.resolve(ref)).artifactDigest, found.artifactDigest);
  },
  'files are read back as they were written': async ({ registry, name, seed }) => {
    const ref = { registry: name, name: 'churn', version: '7' };
    await seed(ref, FILES);
    for (const file of (await registry.resolve(ref)).files) assert.deepEqual(await bytesOf(await registry.open(ref, file)), Buffer.from(FILES.get(file.path) ?? []));
  },
  'versions are listed oldest first, by number where they are numbers': async ({ registry, name, seed }) => {
    for (const version of ['10', '9', '1']) await seed({ registry: name, name: 'churn', version }, FILES);
    assert.deepEqual(await registry.versions('churn'), ['1', '9', '10']);
    assert.deepEqual(await registry.versions('nobody'), []);
  },
  'an unknown version is LM_MODEL_NOT_FOUND and lists the known versions': async ({ registry, name, seed }) => {
    await seed({ registry: name, name: 'churn', version: '7' }, FILES);
    assert.match(await failsWith('LM_MODEL_NOT_FOUND', () => registry.resolve({ registry: name, name: 'churn', version: '8' })), /churn has the versions 7/);
  },
  'an unknown name is LM_MODEL_NOT_FOUND and lists the known names': async ({ registry, name, seed }) => {
    await seed({ registry: name, name: 'churn', version: '7' }, FILES);
    assert.match(await failsWith('LM_MODEL_NOT_FOUND', () => registry.resolve({ registry: name, name: 'fraud', version: '1' })), /the registry has the models churn/);
  },
  'names that climb out of the registry are LM_INVALID_MODEL_REF': async ({ registry, name }) => {
    for (const wrong of ['../secrets', 'a/../../b', '/etc', 'a//b', '.']) {
      await failsWith('LM_INVALID_MODEL_REF', () => registry.resolve({ registry: name, name: wrong, version: '1' }));
      await failsWith('LM_INVALID_MODEL_REF', () => registry.publish({ registry: name, name: wrong, version: '1' }, FILES));
    }
    await failsWith('LM_INVALID_MODEL_REF', () => registry.resolve({ registry: name, name: 'churn', version: '..' }));
  },
  'publishing equal bytes again changes nothing; other bytes are LM_CONFLICT': async ({ registry, name }) => {
    const ref = { registry: name, name: 'churn', version: '7' };
    const first = await registry.publish(ref, FILES);
    assert.equal((await registry.publish(ref, FILES)).artifactDigest, first.artifactDigest);
    await failsWith('LM_CONFLICT', () => registry.publish(ref, new Map([['model.bin', Buffer.from('other weights')]])));
    assert.equal((await registry.resolve(ref)).artifactDigest, first.artifactDigest);
  },
  'of publishers at once, one wins whole': async ({ registry, name }) => {
    const ref = { registry: name, name: 'churn', version: '7' };
    const attempts = await Promise.allSettled(['a', 'b', 'c'].map((text) => registry.publish(ref, new Map([['model.bin', Buffer.from(text)], ['extra.bin', Buffer.from(text)]]))));
    assert.equal(attempts.filter(({ status }) => status === 'fulfilled').length, 1);
    const { files } = await registry.resolve(ref);
    assert.equal(new Set(files.map(({ sha256 }) => sha256)).size, 1);
  },
  'paths that leave the version are refused, and nothing is written': async ({ registry, name }) => {
    for (const path of ['../escape.bin', '/tmp/escape.bin', 'a/../../b', '.hidden', 'a\\b', '']) {
      await failsWith('LM_VALIDATION_FAILED', () => registry.publish({ registry: name, name: 'churn', version: '1' }, new Map([['model.bin', Buffer.from('x')], [path, Buffer.from('x')]])));
    }
    assert.deepEqual(await registry.versions('churn'), []);
  },
  'bytes that changed since they were resolved are LM_DIGEST_MISMATCH': async ({ registry, name, seed, damage }) => {
    if (damage === null) return;
    const ref = { registry: name, name: 'churn', version: '7' };
    await seed(ref, FILES);
    const before = await registry.resolve(ref);
    await damage(ref, 'model.bin');
    const file = before.files.find(({ path }) => path === 'model.bin');
    assert.ok(file !== undefined);
    await failsWith('LM_DIGEST_MISMATCH', async () => bytesOf(await registry.open(ref, file)));
    assert.notEqual((await registry.resolve(ref)).artifactDigest, before.artifactDigest);
  },
};
