import { mkdtempSync, readdirSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { artifactStores } from '../../../adapters/artifact/index.ts';
import { blobPath } from '../../../artifact/bundle.ts';
import { artifactStorePromises, type ArtifactStoreSystem } from '../../../conformance/artifact-store.ts';

type Harness = () => { system: ArtifactStoreSystem; close: () => Promise<void> };
const harnesses: Readonly<Record<keyof typeof artifactStores, Harness>> = {
  filesystem: () => {
    const root = mkdtempSync(join(tmpdir(), 'lastmile-artifacts-'));
    const store = artifactStores.filesystem.create({ root });
    return { system: { store, damage: (digest) => writeFile(blobPath(root, digest), 'hello, m0del') }, close: () => rm(root, { recursive: true }) };
  },
  memory: () => ({ system: { store: artifactStores.memory.create({}), damage: null }, close: async () => undefined }),
};

test('the catalogue lists every adapter file', () => {
  const files = readdirSync(join(import.meta.dirname, '../../../adapters/artifact'), { withFileTypes: true }).filter((entry) => entry.isFile() && entry.name !== 'index.ts');
  expect(Object.keys(artifactStores).sort()).toEqual(files.map(({ name }) => name.replace('.ts', '')).sort());
  expect(Object.entries(artifactStores).map(([name, adapter]) => [name, adapter.name])).toEqual(Object.keys(artifactStores).map((name) => [name, name]));
});

describe.each(Object.entries(harnesses))('artifact store: %s', (_name, open) => {
  test.each(Object.entries(artifactStorePromises))('%s', async (_title, check) => {
    const { system, close } = open();
    try { await check(system); } finally { await close(); }
  });
});

test('filesystem: a put leaves nothing but the blob behind, and says where other processes read it', async () => {
  const root = mkdtempSync(join(tmpdir(), 'lastmile-artifacts-'));
  const store = artifactStores.filesystem.create({ root });
  const { digest } = await store.put(Buffer.from('x'));
  await expect(store.put((async function* cut() { yield Buffer.from('y'); throw new RangeError('cut'); })())).rejects.toThrow('cut');
  expect(readdirSync(root, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).map(({ name }) => name)).toEqual([digest.slice(7)]);
  expect(store.localRoot).toBe(root);
  await rm(root, { recursive: true });
});
