import assert from 'node:assert/strict';
import type { InferenceRequest } from '../domain/tensor.ts';
import type { LoadRequest, ServingBackend } from '../ports/serving-backend.ts';
import { failsWith } from './check.ts';
import type { Suite } from './stores/suite.ts';

export interface ServingBackendSystem {
  readonly backend: ServingBackend;
  /** A model that can be loaded, or that runs already. */
  readonly model: LoadRequest;
  /** One that cannot: other bytes than its digest says, or a name that the server does not have. */
  readonly broken: LoadRequest;
  readonly brokenCode: 'LM_VALIDATION_FAILED' | 'LM_DIGEST_MISMATCH';
  /** Requests of one row each, with answers that differ. */
  readonly rows: readonly InferenceRequest[];
  /** Requests that the model cannot take. */
  readonly wrong: readonly InferenceRequest[];
  /** The backend at an address where nothing listens; null where there is no address. */
  readonly nobody: (() => ServingBackend) | null;
}

const LIMIT_MS = 10_000;

/** What every serving backend promises. */
export const servingBackendPromises: Suite<ServingBackendSystem> = {
  'a loaded variant is ready': async ({ backend, model }) => {
    const endpoint = await backend.load(model);
    assert.equal((await backend.status(endpoint, model.variantId)).state, 'ready');
  },
  'loading again, also at once, gives the same endpoint': async ({ backend, model }) => {
    const endpoints = await Promise.all([backend.load(model), backend.load(model)]);
    assert.deepEqual(endpoints[1], endpoints[0]);
    assert.deepEqual(await backend.load(model), endpoints[0]);
  },
  'metadata names inputs and outputs with datatype and shape': async ({ backend, model }) => {
    const metadata = await backend.metadata(await backend.load(model));
    assert.ok(metadata.inputs.length > 0 && metadata.outputs.length > 0, JSON.stringify(metadata));
    for (const tensor of [...metadata.inputs, ...metadata.outputs]) assert.ok(tensor.shape.every((size) => size === -1 || size > 0), JSON.stringify(tensor));
  },
  'metadata of an unknown model is LM_VARIANT_NOT_FOUND': async ({ backend, model }) => {
    const endpoint = await backend.load(model);
    await failsWith('LM_VARIANT_NOT_FOUND', () => backend.metadata({ ...endpoint, modelName: 'nobody' }));
  },
  'an answer has the id of its request, named outputs, and a latency': async ({ backend, model, rows }) => {
    const endpoint = await backend.load(model);
    const { response, latencyMs } = await backend.infer(endpoint, { ...rows[0] ?? { inputs: [] }, id: 'one-request' }, LIMIT_MS);
    assert.equal(response.id, 'one-request');
    assert.ok(response.model_name.length > 0 && latencyMs > 0);
    for (const { name, shape, data } of response.outputs) {
      assert.ok(name.length > 0);
      assert.equal(data.flat(16).length, shape.reduce((a, b) => a * b, 1));
    }
  },
  'requests at once get each their own answer': async ({ backend, model, rows }) => {
    const endpoint = await backend.load(model);
    const alone: unknown[] = [];
    for (const row of rows) alone.push((await backend.infer(endpoint, row, LIMIT_MS)).response.outputs);
    assert.ok(new Set(alone.map((outputs) => JSON.stringify(outputs))).size > 1, 'the rows of this system should have different answers');
    const together = await Promise.all([...rows, ...rows].map((row) => backend.infer(endpoint, row, LIMIT_MS)));
    assert.deepEqual(together.map(({ response }) => response.outputs), [...alone, ...alone]);
  },
  'a request that the model cannot take is LM_VALIDATION_FAILED, and the next one is answered': async ({ backend, model, rows, wrong }) => {
    const endpoint = await backend.load(model);
    for (const request of wrong) await failsWith('LM_VALIDATION_FAILED', () => backend.infer(endpoint, request, LIMIT_MS));
    assert.ok((await backend.infer(endpoint, rows[0] ?? { inputs: [] }, LIMIT_MS)).response.outputs.length > 0);
  },
  'a model that cannot be loaded is refused, and does not answer': async ({ backend, broken, brokenCode }) => {
    await failsWith(brokenCode, () => backend.load(broken));
  },
  'managed: after unload nothing answers, again is success, and it can be loaded once more': async ({ backend, model, rows }) => {
    if (!backend.managed) return;
    const endpoint = await backend.load(model);
    await backend.unload(endpoint, model.variantId);
    assert.equal((await backend.status(endpoint, model.variantId)).state, 'absent');
    await failsWith('LM_VARIANT_NOT_FOUND', () => backend.infer(endpoint, rows[0] ?? { inputs: [] }, LIMIT_MS));
    await backend.unload(endpoint, model.variantId);
    await backend.unload(null, 'var_nobody');
    const again = await backend.load(model);
    assert.ok((await backend.infer(again, rows[0] ?? { inputs: [] }, LIMIT_MS)).response.outputs.length > 0);
  },
  'managed: a killed variant answers nothing, counts who still asks, and loads only after a revive': async ({ backend, model, rows }) => {
    if (!backend.managed) return;
    const endpoint = await backend.load(model);
    const row = rows[0] ?? { inputs: [] };
    await backend.infer(endpoint, row, LIMIT_MS);
    const first = await backend.kill(endpoint, model.variantId);
    assert.equal(first.state, 'gone');
    assert.ok(first.requests === null || first.requests > 0);
    assert.equal((await backend.status(endpoint, model.variantId)).state, 'absent');
    await failsWith('LM_VARIANT_KILLED', () => backend.infer(endpoint, row, LIMIT_MS));
    await failsWith('LM_VARIANT_KILLED', () => backend.load(model));
    const again = await backend.kill(null, model.variantId);
    assert.deepEqual({ ...again, requestsAfter: 0 }, { ...first, requestsAfter: 0 }, 'to kill twice is to kill');
    assert.ok(again.requestsAfter === null || again.requestsAfter >= 1, 'a request after the end was not counted');
    await backend.revive(model.variantId);
    await backend.revive(model.variantId);
    assert.ok((await backend.infer(await backend.load(model), row, LIMIT_MS)).response.outputs.length > 0);
  },
  'managed: a variant that was never loaded can be killed, and does not load then': async ({ backend, model }) => {
    if (!backend.managed) return;
    const unborn = { ...model, variantId: `${model.variantId.slice(0, -4)}dead` };
    await backend.kill(null, unborn.variantId);
    await failsWith('LM_VARIANT_KILLED', () => backend.load(unborn));
    await backend.revive(unborn.variantId);
    await backend.load(unborn);
    await backend.unload(null, unborn.variantId);
  },
  'managed: a kill does not wait for a load that is under way, and wins': async ({ backend, model }) => {
    if (!backend.managed) return;
    const twin = { ...model, variantId: `${model.variantId.slice(0, -4)}beef` };
    const loading = backend.load(twin).then(() => 'loaded', (error: unknown) => error);
    await backend.kill(null, twin.variantId);
    await loading;
    await failsWith('LM_VARIANT_KILLED', () => backend.load(twin));
    assert.equal((await backend.status({ url: '', modelName: twin.variantId, modelVersion: null }, twin.variantId)).state, 'absent');
    await backend.revive(twin.variantId);
  },
  'unmanaged: a kill says that the server is not ours to stop': async ({ backend, model }) => {
    if (backend.managed) return;
    const endpoint = await backend.load(model);
    assert.deepEqual(await backend.kill(endpoint, model.variantId), { state: 'not-managed', requests: null, requestsAfter: null });
    assert.equal((await backend.status(endpoint, model.variantId)).state, 'ready');
    await backend.revive(model.variantId);
  },
  'unmanaged: unload leaves the server as it is': async ({ backend, model, rows }) => {
    if (backend.managed) return;
    const endpoint = await backend.load(model);
    await backend.unload(endpoint, model.variantId);
    assert.ok((await backend.infer(endpoint, rows[0] ?? { inputs: [] }, LIMIT_MS)).response.outputs.length > 0);
  },
  'a server that does not answer is LM_BACKEND_UNAVAILABLE': async ({ backend, model, rows, nobody }) => {
    if (nobody === null) return;
    const endpoint = { ...await backend.load(model), url: 'http://127.0.0.1:9' };
    await failsWith('LM_BACKEND_UNAVAILABLE', () => backend.infer(endpoint, rows[0] ?? { inputs: [] }, LIMIT_MS));
    await failsWith('LM_BACKEND_UNAVAILABLE', () => nobody().load({ ...model, url: model.url === null ? null : endpoint.url }));
  },
};
