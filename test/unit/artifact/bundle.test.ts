import { artifactStores } from '../../../adapters/artifact/index.ts';
import { registries } from '../../../adapters/registry/index.ts';
import { blobPath, buildBundle, parseBundle, storeBundle } from '../../../artifact/bundle.ts';
import { fileFormat, modelFormat } from '../../../artifact/format.ts';
import { isModelPath } from '../../../artifact/file-paths.ts';
import { readVerified } from '../../../artifact/hashing.ts';
import { artifactDigest, digestOf, type ModelFile } from '../../../domain/digest.ts';
import { churnOnnx } from '../../support/onnx-models.ts';

const file = (path: string, text: string): ModelFile => ({ path, size: text.length, sha256: digestOf(text).slice(7) });
const files = [file('model.onnx', 'weights'), file('README.md', 'read me'), file('conf/settings.json', '{}')];
const bundle = buildBundle({ name: 'churn', version: '7', format: 'onnx', files });
const manifest = JSON.parse(Buffer.from(bundle.manifest.bytes).toString()) as Record<string, unknown>;
const changed = (change: Record<string, unknown>): Uint8Array => Buffer.from(JSON.stringify({ ...manifest, ...change }));

test('the manifest is an OCI manifest per CNCF ModelPack with one raw layer a file', () => {
  expect(manifest).toMatchObject({
    schemaVersion: 2, mediaType: 'application/vnd.oci.image.manifest.v1+json', artifactType: 'application/vnd.cncf.model.manifest.v1+json',
    config: { mediaType: 'application/vnd.cncf.model.config.v1+json', digest: bundle.config.digest, size: bundle.config.bytes.byteLength },
    layers: [
      { mediaType: 'application/vnd.cncf.model.doc.v1.raw', annotations: { 'org.cncf.model.filepath': 'README.md' } },
      { mediaType: 'application/vnd.cncf.model.weight.config.v1.raw', annotations: { 'org.cncf.model.filepath': 'conf/settings.json' } },
      { mediaType: 'application/vnd.cncf.model.weight.v1.raw', size: 7, digest: digestOf('weights'), annotations: { 'org.cncf.model.filepath': 'model.onnx' } },
    ],
  });
  expect(JSON.parse(Buffer.from(bundle.config.bytes).toString())).toMatchObject({ descriptor: { name: 'churn', version: '7' }, config: { format: 'onnx' }, modelfs: { type: 'layers' } });
});

test('its digest is that of its bytes and does not depend on the order of files; artifact and bundle digest are two things', () => {
  expect(bundle.bundleDigest).toBe(digestOf(bundle.manifest.bytes));
  expect(buildBundle({ name: 'churn', version: '7', format: 'onnx', files: [...files].reverse() }).bundleDigest).toBe(bundle.bundleDigest);
  expect(bundle.artifactDigest).toBe(artifactDigest(files));
  expect(bundle.artifactDigest).not.toBe(bundle.bundleDigest);
  expect(buildBundle({ name: 'churn', version: '8', format: 'onnx', files })).toMatchObject({ artifactDigest: bundle.artifactDigest });
  expect(buildBundle({ name: 'churn', version: '8', format: 'onnx', files }).bundleDigest).not.toBe(bundle.bundleDigest);
});

test('a manifest is read back', () => {
  expect(parseBundle(bundle.manifest.bytes)).toEqual({ artifactDigest: bundle.artifactDigest, files: bundle.files, configDigest: bundle.config.digest });
});

const layers = manifest.layers as Record<string, unknown>[];
test.each<[string, Uint8Array]>([
  ['no JSON', Buffer.from('x')], ['no model', changed({ artifactType: 'application/vnd.oci.image.config.v1+json' })], ['null', Buffer.from('null')],
  ['no layers', changed({ layers: [] })], ['layers that are no list', changed({ layers: 'x' })], ['a layer that is null', changed({ layers: [null] })],
  ['a path that climbs', changed({ layers: [{ ...layers[0], annotations: { 'org.cncf.model.filepath': '../model.onnx' } }] })],
  ['a layer without a path', changed({ layers: [{ ...layers[0], annotations: {} }] })], ['a tar layer', changed({ layers: [{ ...layers[0], mediaType: 'application/vnd.cncf.model.weight.v1.tar' }] })],
  ['a digest of another kind', changed({ layers: [{ ...layers[0], digest: 'sha512:00' }] })], ['the same path twice', changed({ layers: [layers[0], layers[0]] })],
  ['files that are not those of its annotation', changed({ layers: [layers[0]] })],
])('a manifest with %s is refused', (_what, bytes) => {
  expect(() => parseBundle(bytes)).toThrow(expect.objectContaining({ code: 'LM_VALIDATION_FAILED' }) as Error);
});

test('storing a version puts every file and both documents, and again gives the same digest', async () => {
  const registry = registries.memory.create({});
  const store = artifactStores.memory.create({});
  const version = await registry.publish({ registry: 'memory', name: 'churn', version: '7' }, new Map([['model.onnx', churnOnnx()]]));
  const stored = await storeBundle(store, version, (one) => registry.open(version.ref, one));
  expect(await storeBundle(store, version, (one) => registry.open(version.ref, one))).toEqual(stored);
  const contents = parseBundle(await readVerified(await store.open(stored.bundleDigest), stored.bundleDigest, 'manifest'));
  expect(contents.artifactDigest).toBe(version.artifactDigest);
  for (const one of contents.files) expect(await store.has(`sha256:${one.sha256}`)).toBe(true);
  expect(await store.has(contents.configDigest)).toBe(true);
  await expect(storeBundle(artifactStores.memory.create({}), version, async () => (async function* other() { yield Buffer.from('other bytes'); })())).rejects.toMatchObject({ code: 'LM_DIGEST_MISMATCH' });
});

test('blobs lie where an OCI image layout has them', () => {
  expect(blobPath('/store', digestOf(''))).toBe('/store/blobs/sha256/e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
  expect(() => blobPath('/store', 'sha256:../../etc')).toThrow(expect.objectContaining({ code: 'LM_INVARIANT' }) as Error);
});

test.each([['model.onnx', true], ['a/b/c.bin', true], ['../x', false], ['/x', false], ['a//b', false], ['.env', false], ['a/.git/x', false], ['a\\b', false], ['C:x', false], ['a\nb', false], ['', false]])('path %j: %s', (path, good) => {
  expect(isModelPath(path)).toBe(good);
});

test.each<[string, Uint8Array | string, string | null]>([
  ['ONNX', churnOnnx(), 'onnx'], ['a pickle', '\u0080\u0004\u0095', 'pickle'], ['a joblib file', '\u0080\u0003cjoblib.numpy_pickle\n', 'joblib'], ['GGUF', 'GGUF\u0003', 'gguf'],
  ['safetensors', '\u0040\u0000\u0000\u0000\u0000\u0000\u0000\u0000{"a":1}', 'safetensors'], ['a zip', 'PK\u0003\u0004', 'zip'], ['HDF5', '\u0089HDF\r\n\u001a\n', 'hdf5'], ['LightGBM', 'tree\nversion=v4\n', 'lightgbm'],
  ['XGBoost JSON', '{"learner":{}}', 'xgboost'], ['CatBoost', 'CBM1', 'catboost'], ['TensorFlow Lite', '\u0020\u0000\u0000\u0000TFL3', 'tflite'], ['text', 'hello', null], ['nothing', '', null],
])('the format of %s', (_what, bytes, format) => { expect(fileFormat(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes)).toBe(format); });

test('a model\'s format is that of its main file; two graphs are no model', () => {
  const onnx = { path: 'm', head: churnOnnx() };
  const pickle = { path: 'scaler.pkl', head: Buffer.from([0x80, 4]) };
  expect(modelFormat([pickle, onnx])).toBe('onnx');
  expect(modelFormat([onnx, onnx])).toBe('unknown');
  expect(modelFormat([{ path: 'README.md', head: Buffer.from('# hi') }])).toBe('unknown');
});
