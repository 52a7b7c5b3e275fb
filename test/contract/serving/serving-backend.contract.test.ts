import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { backends } from '../../../adapters/serving/index.ts';
import type { MemoryModel } from '../../../adapters/serving/memory.ts';
import { Secret } from '../../../config/schema.ts';
import { servingBackendPromises, type ServingBackendSystem } from '../../../conformance/serving-backend.ts';
import { digestOf } from '../../../domain/digest.ts';
import { LastmileError } from '../../../domain/errors.ts';
import type { InferenceRequest } from '../../../domain/tensor.ts';
import type { LoadRequest } from '../../../ports/serving-backend.ts';
import { startModelhost, SERVICE_TOKEN } from '../../support/modelhost-process.ts';
import { CHURN, churnOnnx, churnOnnx2, linearOf, sigmoid } from '../../support/onnx-models.ts';
import { toThisMachine } from '../../support/egress.ts';

const request = (...row: readonly number[]): InferenceRequest => ({ inputs: [{ name: 'features', datatype: 'FP32', shape: [1, row.length], data: row }] });
const rows = [request(1, 2, 40), request(3, 1, 20), request(-2, 2.5, 60), request(0, 0, 0)];
const wrong: readonly InferenceRequest[] = [
  request(1, 2), { inputs: [] }, { inputs: [{ name: 'features', datatype: 'INT64', shape: [1, 3], data: [1, 2, 3] }] },
  { inputs: [{ name: 'features', datatype: 'FP32', shape: [1, 3], data: ['a', 'b', 'c'] }] },
];

interface Opened { readonly system: ServingBackendSystem; readonly close: () => Promise<void> }
const harnesses: Readonly<Record<'memory' | 'modelhost' | 'oip', () => Promise<Opened>>> = {
  async memory() {
    const digest = digestOf('churn');
    const model: LoadRequest = { tenant: 'default', variantId: 'var_1', servedName: 'churn', servedVersion: '7', artifactDigest: digest, bundleDigest: null, url: null, modelName: null, resources: { threads: 1, isolation: 'process' } };
    const backend = backends.memory.create({ models: new Map([[digest, churn]]) });
    return { system: { backend, model, broken: { ...model, variantId: 'var_2', artifactDigest: digestOf('nobody') }, brokenCode: 'LM_VALIDATION_FAILED', rows, wrong, nobody: null }, close: async () => undefined };
  },
  async modelhost() {
    const host = await startModelhost();
    const model = await host.packageModel(churnOnnx());
    const other = await host.packageModel(churnOnnx2());
    const nobody = (): typeof host.backend => backends.modelhost.create({ url: 'http://127.0.0.1:9', token: new Secret(SERVICE_TOKEN), storeRoot: null, artifactUrl: null });
    return { system: { backend: host.backend, model, broken: { ...other, artifactDigest: model.artifactDigest }, brokenCode: 'LM_DIGEST_MISMATCH', rows, wrong, nobody }, close: host.close };
  },
  /** Adopts what a modelhost serves as if it were anybody's server. test/contract/serving/mlserver.foreign.test.ts has a real foreign one. */
  async oip() {
    const host = await startModelhost();
    const served = await host.packageModel(churnOnnx());
    const { url, modelName } = await host.backend.load(served);
    const model = { ...served, url, modelName, bundleDigest: null };
    const backend = backends.oip.create({ egress: toThisMachine });
    return { system: { backend, model, broken: { ...model, modelName: 'nobody' }, brokenCode: 'LM_VALIDATION_FAILED', rows, wrong, nobody: () => backend }, close: host.close };
  },
};

/** The same arithmetic as the ONNX model, as a function. */
const churn: MemoryModel = {
  metadata: { inputs: [{ name: 'features', datatype: 'FP32', shape: [-1, 3] }], outputs: [{ name: 'label', datatype: 'INT64', shape: [-1] }, { name: 'probabilities', datatype: 'FP32', shape: [-1, 2] }] },
  answer({ inputs: [input] }) {
    if (input?.datatype !== 'FP32' || input.shape[1] !== 3 || !input.data.every((value) => typeof value === 'number')) throw new LastmileError('LM_VALIDATION_FAILED', 'features FP32 [-1, 3]');
    const p = sigmoid(linearOf(CHURN, input.data));
    return [{ name: 'label', datatype: 'INT64', shape: [1], data: [p >= 0.5 ? 1 : 0] }, { name: 'probabilities', datatype: 'FP32', shape: [1, 2], data: [1 - p, p] }];
  },
};

test('the catalogue lists every adapter file, and every adapter has a harness', () => {
  const files = readdirSync(join(import.meta.dirname, '../../../adapters/serving'), { withFileTypes: true }).filter((entry) => entry.isFile() && entry.name !== 'index.ts').map(({ name }) => name.replace('.ts', ''));
  expect(Object.keys(backends).sort()).toEqual(files.sort());
  expect(Object.keys(harnesses).sort()).toEqual(files);
  expect(Object.entries(backends).map(([name, adapter]) => [name, adapter.name])).toEqual(Object.keys(backends).map((name) => [name, name]));
});

describe.each(Object.entries(harnesses))('serving backend: %s', (_name, open) => {
  let opened: Opened;
  beforeAll(async () => { opened = await open(); });
  afterAll(() => opened.close());
  test.each(Object.entries(servingBackendPromises))('%s', (_title, check) => check(opened.system));
});
