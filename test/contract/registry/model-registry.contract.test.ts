import { mkdtempSync, readdirSync } from 'node:fs';
import { chmod, mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { registries } from '../../../adapters/registry/index.ts';
import { modelRegistryPromises, type ModelRegistrySystem } from '../../../conformance/model-registry.ts';
import { churnOnnx } from '../../support/onnx-models.ts';

type Harness = () => { system: ModelRegistrySystem; close: () => Promise<void> };
const temporary = (): string => mkdtempSync(join(tmpdir(), 'lastmile-registry-'));
const harnesses: Readonly<Record<keyof typeof registries, Harness>> = {
  filesystem: () => {
    const root = temporary();
    const registry = registries.filesystem.create({ root });
    return {
      system: {
        registry, name: 'filesystem', damage: (ref, path) => writeFile(join(root, ref.name, ref.version, path), 'weightz'),
        // As a person does it: files copied into place.
        async seed(ref, files) {
          for (const [path, bytes] of files) {
            await mkdir(join(root, ref.name, ref.version, path, '..'), { recursive: true });
            await writeFile(join(root, ref.name, ref.version, path), bytes);
          }
        },
      },
      close: () => rm(root, { recursive: true }),
    };
  },
  memory: () => {
    const registry = registries.memory.create({});
    return { system: { registry, name: 'memory', damage: null, async seed(ref, files) { await registry.publish(ref, files); } }, close: async () => undefined };
  },
};

test('the catalogue lists every adapter file', () => {
  const files = readdirSync(join(import.meta.dirname, '../../../adapters/registry'), { withFileTypes: true }).filter((entry) => entry.isFile() && entry.name !== 'index.ts');
  expect(Object.keys(registries).sort()).toEqual(files.map(({ name }) => name.replace('.ts', '')).sort());
  expect(Object.entries(registries).map(([name, adapter]) => [name, adapter.name])).toEqual(Object.keys(registries).map((name) => [name, name]));
});

describe.each(Object.entries(harnesses))('model registry: %s', (_name, open) => {
  test.each(Object.entries(modelRegistryPromises))('%s', async (_title, check) => {
    const { system, close } = open();
    try { await check(system); } finally { await close(); }
  });
});

describe('filesystem', () => {
  const ref = { registry: 'filesystem', name: 'churn', version: '7' };
  let root = '';
  beforeEach(async () => { root = temporary(); await mkdir(join(root, 'churn', '7'), { recursive: true }); });
  afterEach(() => rm(root, { recursive: true }));
  const registry = (): ReturnType<typeof registries.filesystem.create> => registries.filesystem.create({ root });

  test('a link to a file outside is refused', async () => {
    await symlink('/etc/hostname', join(root, 'churn', '7', 'model.onnx'));
    await expect(registry().resolve(ref)).rejects.toMatchObject({ code: 'LM_VALIDATION_FAILED', message: expect.stringContaining('leaves the registry') as string });
  });

  test('a version that is a link to a folder outside is refused', async () => {
    await symlink(tmpdir(), join(root, 'churn', '8'));
    await expect(registry().resolve({ ...ref, version: '8' })).rejects.toMatchObject({ code: 'LM_VALIDATION_FAILED' });
  });

  test('a link that stays inside is followed', async () => {
    await writeFile(join(root, 'churn', '7', 'model.onnx'), churnOnnx());
    await symlink('7', join(root, 'churn', 'newest'));
    const [seven, newest] = await Promise.all([registry().resolve(ref), registry().resolve({ ...ref, version: 'newest' })]);
    expect(newest.artifactDigest).toBe(seven.artifactDigest);
    expect(await registry().versions('churn')).toEqual(['7', 'newest']);
  });

  test('the format is read from the bytes, whatever the file is called, and hidden files do not count', async () => {
    await writeFile(join(root, 'churn', '7', 'anything.dat'), churnOnnx());
    await writeFile(join(root, 'churn', '7', '.DS_Store'), 'x');
    expect(await registry().resolve(ref)).toMatchObject({ format: 'onnx', files: [{ path: 'anything.dat' }] });
  });

  test('an empty version is no version', async () => {
    await expect(registry().resolve(ref)).rejects.toMatchObject({ code: 'LM_MODEL_NOT_FOUND' });
  });

  test('a root that is not there is an empty registry', async () => {
    const absent = registries.filesystem.create({ root: join(root, 'absent') });
    await expect(absent.resolve(ref)).rejects.toMatchObject({ code: 'LM_MODEL_NOT_FOUND', message: expect.stringContaining('the registry is empty') as string });
    await absent.publish(ref, new Map([['model.onnx', churnOnnx()]]));
    expect(await absent.versions('churn')).toEqual(['7']);
  });

  test('a publish that was cut off is not a version', async () => {
    await mkdir(join(root, '.publishing-left-behind', 'x'), { recursive: true });
    await expect(registry().resolve({ ...ref, name: 'fraud' })).rejects.toMatchObject({ details: { names: ['churn'] } });
  });

  test('a folder that may not be read is LM_REGISTRY_UNAVAILABLE', async () => {
    // Root reads everything, so a file stands where a folder should be readable only through it.
    if (process.getuid?.() === 0) {
      await symlink('churn-loop', join(root, 'churn-loop'));
      await expect(registry().resolve({ ...ref, name: 'churn-loop' })).rejects.toMatchObject({ code: 'LM_REGISTRY_UNAVAILABLE' });
      return;
    }
    await chmod(join(root, 'churn'), 0o000);
    await expect(registry().versions('churn')).rejects.toMatchObject({ code: 'LM_REGISTRY_UNAVAILABLE' });
    await chmod(join(root, 'churn'), 0o755);
  });
});
