import { createServer } from 'node:http';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { backends } from '../../../adapters/serving/index.ts';
import { blobPath } from '../../../artifact/bundle.ts';
import { Secret } from '../../../config/schema.ts';
import { ensureKeyPair, loadSigningKey, signBreakGlass } from '../../../config/signing.ts';
import { startModelhost, SERVICE_TOKEN, type ModelhostProcess } from '../../support/modelhost-process.ts';
import { churnOnnx, churnOnnx2, churnOnnxWithHole, linearOnnx } from '../../support/onnx-models.ts';

let host: ModelhostProcess;
beforeEach(async () => { host = await startModelhost(); });
afterEach(() => host.close());

interface Body { readonly error?: string; readonly outputs?: readonly { readonly name: string; readonly data: readonly unknown[] }[]; readonly [key: string]: unknown }
interface Answer { readonly status: number; readonly body: Body }
async function call(path: string, init: RequestInit = {}): Promise<Answer> {
  const response = await fetch(`${host.url}${path}`, init);
  return { status: response.status, body: await response.json() as Body };
}
const post = (variantId: string, body: unknown): Promise<Answer> => call(`/v2/models/${variantId}/infer`, { method: 'POST', body: typeof body === 'string' ? body : JSON.stringify(body) });
const features = (shape: readonly number[], data: unknown, datatype = 'FP32'): unknown => ({ inputs: [{ name: 'features', datatype, shape, data }] });
const good = features([1, 3], [1, 2, 40]);
const token = { authorization: `Bearer ${SERVICE_TOKEN}` };
const admin = (path: string, init: RequestInit = {}): Promise<Answer> => call(`/admin/variants${path}`, { ...init, headers: token });
interface Status { readonly state: string; readonly reason: string | null; readonly pid: number; readonly counters: Readonly<Record<string, number>> }
const status = async (variantId: string): Promise<Status> => (await admin(`/${variantId}`)).body as unknown as Status;

async function until(wanted: () => Promise<boolean>): Promise<void> {
  for (let i = 0; i < 400; i += 1) {
    if (await wanted()) return;
    await sleep(25);
  }
  throw new Error('it did not happen within ten seconds');
}
const isReady = (variantId: string) => async (): Promise<boolean> => (await status(variantId)).state === 'ready';
const isGone = (pid: number) => async (): Promise<boolean> => { try { process.kill(pid, 0); return false; } catch { return true; } };

test('the protocol: health, server, metadata, readiness, inference with the served name and version', async () => {
  const model = await host.packageModel(churnOnnx());
  await host.backend.load(model);
  expect(await call('/v2/health/live')).toEqual({ status: 200, body: { live: true } });
  expect(await call('/v2/health/ready')).toEqual({ status: 200, body: { ready: true } });
  expect(await call('/v2')).toMatchObject({ status: 200, body: { name: 'lastmile-modelhost', extensions: [] } });
  expect(await call(`/v2/models/${model.variantId}`)).toEqual({ status: 200, body: {
    name: 'churn', platform: 'onnx', versions: ['7'], inputs: [{ name: 'features', datatype: 'FP32', shape: [-1, 3] }],
    outputs: [{ name: 'label', datatype: 'INT64', shape: [-1] }, { name: 'probabilities', datatype: 'FP32', shape: [-1, 2] }],
  } });
  expect(await call(`/v2/models/${model.variantId}/versions/7/ready`)).toEqual({ status: 200, body: { name: 'churn', ready: true } });
  expect((await call(`/v2/models/${model.variantId}/versions/8/ready`)).status).toBe(404);
  expect(await post(model.variantId, { id: 'a "b"', ...good as object })).toMatchObject({ status: 200, body: { model_name: 'churn', model_version: '7', id: 'a "b"', outputs: [{ name: 'label', datatype: 'INT64', shape: [1] }, { name: 'probabilities', datatype: 'FP32', shape: [1, 2] }] } });
  expect(await post(model.variantId, { ...good as object, outputs: [{ name: 'probabilities' }] })).toMatchObject({ status: 200, body: { outputs: [{ name: 'probabilities' }] } });
  expect((await post(model.variantId, features([2, 3], [[1, 2, 40], [0, 0, 0]]))).body.outputs![1]!.data).toHaveLength(4);
  expect((await call('/v2/models/nobody/ready')).status).toBe(404);
  expect((await call('/nowhere')).status).toBe(404);
});

test('what a caller does wrong is 400 with a reason, and counted apart from failures', async () => {
  const model = await host.packageModel(churnOnnx());
  await host.backend.load(model);
  const wrong: [unknown, RegExp][] = [
    ['{', /not JSON/], ['[]', /not an object/], [{}, /no list of inputs/], [{ inputs: [] }, /"features" is missing/],
    [{ inputs: [{ name: 'x' }] }, /has the input "x"/], [{ inputs: [null] }, /without a name/], [features([1, 2], [1, 2]), /shape \[1, 2\]; the model takes \[-1, 3\]/],
    [features([1, 3], [1, 2]), /has 2 values; its shape/], [features([1, 3], [1, 2, 3], 'FP64'), /datatype "FP64"; the model takes FP32/], [features([1, 3], [1, 2, 'x']), /holds "x"; it takes numbers/],
    [features([-1, 3], [1, 2, 3]), /needs a shape/], [features([1, 3], 'abc'), /needs data/], [{ ...good as object, outputs: [{ name: 'nobody' }] }, /asks for the output "nobody"/],
  ];
  for (const [body, reason] of wrong) {
    const answer = await post(model.variantId, body);
    expect([answer.status, answer.body.error]).toEqual([400, expect.stringMatching(reason)]);
  }
  expect((await post(model.variantId, good)).status).toBe(200);
  expect((await status(model.variantId)).counters).toEqual({ answered: 1, refused: wrong.length, failed: 0, restarts: 0 });
  expect(await call(`/v2/models/${model.variantId}/infer`, { method: 'POST', body: 'x', headers: { 'inference-header-content-length': '3' } })).toMatchObject({ status: 400, body: { error: expect.stringContaining('binary') as string } });
});

test('non-finite outputs are null, and the row stays', async () => {
  const model = await host.packageModel(churnOnnxWithHole());
  await host.backend.load(model);
  const { status: code, body } = await post(model.variantId, features([2, 3], [11, 2, 40, 1, 2, 40]));
  expect(code).toBe(200);
  expect(body.outputs![1]!.data).toEqual([null, null, expect.any(Number), expect.any(Number)]);
});

test('the admin routes refuse callers without the service token', async () => {
  const model = await host.packageModel(churnOnnx());
  for (const headers of [{}, { authorization: 'Bearer wrong' }, { authorization: SERVICE_TOKEN }]) {
    expect((await call('/admin/variants', { headers })).status).toBe(401);
    expect((await call(`/admin/variants/${model.variantId}`, { method: 'DELETE', headers })).status).toBe(401);
    expect((await call(`/admin/variants/${model.variantId}`, { method: 'PUT', body: JSON.stringify(model), headers })).status).toBe(401);
  }
  expect((await admin(`/${model.variantId}`, { method: 'PUT', body: '{}' })).status).toBe(400);
  expect((await admin('/..%2Fx')).status).toBe(404);
});

test('a killed child comes back, is counted, and takes nobody with it', async () => {
  const [a, b] = [await host.packageModel(churnOnnx()), await host.packageModel(churnOnnx2())];
  await Promise.all([host.backend.load(a), host.backend.load(b)]);
  const [before, other] = [await status(a.variantId), await status(b.variantId)];
  expect(before.pid).not.toBe(other.pid);
  process.kill(before.pid, 'SIGKILL');
  await until(async () => (await status(a.variantId)).counters.restarts === 1);
  expect((await post(b.variantId, good)).status).toBe(200);
  await until(isReady(a.variantId));
  expect((await post(a.variantId, good)).status).toBe(200);
  expect((await status(b.variantId)).counters.restarts).toBe(0);
});

test('requests in flight when the child dies get an answer', async () => {
  const model = await host.packageModel(churnOnnx());
  await host.backend.load(model);
  const { pid } = await status(model.variantId);
  const rows = 20_000;
  const many = features([rows, 3], Array.from({ length: rows * 3 }, () => 1));
  const flying = Array.from({ length: 8 }, () => post(model.variantId, many).then((answer) => answer.status));
  await sleep(15);
  process.kill(pid, 'SIGKILL');
  for (const code of await Promise.all(flying)) expect([200, 503]).toContain(code);
});

test('unload ends the process', async () => {
  const model = await host.packageModel(churnOnnx());
  const endpoint = await host.backend.load(model);
  const { pid } = await status(model.variantId);
  await host.backend.unload(endpoint, model.variantId);
  expect(await isGone(pid)()).toBe(true);
  expect((await post(model.variantId, good)).status).toBe(404);
});

test('what ran runs again after modelhost was killed, and its children ended with it', async () => {
  const model = await host.packageModel(churnOnnx());
  const other = await host.packageModel(churnOnnx2());
  await host.backend.load(model);
  await host.backend.unload(await host.backend.load(other), other.variantId);
  const { pid } = await status(model.variantId);
  await host.stop('SIGKILL');
  await until(isGone(pid));
  await host.start();
  await until(isReady(model.variantId));
  expect((await post(model.variantId, good)).status).toBe(200);
  expect((await status(other.variantId)).state).toBe('absent');
});

test('a tombstoned variant is gone at once, answers 410, and never starts again, not even after a restart', async () => {
  const model = await host.packageModel(churnOnnx());
  await host.backend.load(model);
  const { pid } = await status(model.variantId);
  expect(await host.backend.kill(null, model.variantId)).toEqual({ state: 'gone', requests: 0, requestsAfter: 0 });
  expect(await status(model.variantId)).toMatchObject({ state: 'absent', reason: 'killed' });
  expect(await isGone(pid)()).toBe(true);
  for (const round of ['now', 'after a restart']) {
    expect([round, (await post(model.variantId, good)).status]).toEqual([round, 410]);
    await expect(host.backend.load(model)).rejects.toMatchObject({ code: 'LM_VARIANT_KILLED' });
    await host.stop('SIGKILL');
    await host.start();
  }
});

test('a break-glass token kills the variants of its own tenant, and nothing else lets a stranger in', async () => {
  const keys = join(host.folder, 'keys');
  ensureKeyPair(join(keys, 'routes.pem'), join(keys, 'routes.pub.pem'));
  const key = loadSigningKey(join(keys, 'routes.pem'));
  const claims = { v: 1, id: 'bgt_1', use: 'kill', tenantId: 'default', actor: { kind: 'person', name: 'ann' }, issuedAtMs: Date.now(), expiresAtMs: Date.now() + 60_000 } as const;
  const kill = (bearer: string, variantIds: readonly string[]): Promise<Answer> => call('/admin/kills', { method: 'POST', headers: { authorization: `Bearer ${bearer}` }, body: JSON.stringify({ variantIds }) });
  const ours = await host.packageModel(churnOnnx());
  const theirs = { ...await host.packageModel(churnOnnx2()), tenant: 'other' };
  for (const model of [ours, theirs]) await host.backend.load(model);

  const otherFolder = join(host.folder, 'other-keys');
  ensureKeyPair(join(otherFolder, 'routes.pem'), join(otherFolder, 'routes.pub.pem'));
  const forged = signBreakGlass(claims, loadSigningKey(join(otherFolder, 'routes.pem')));
  const expired = signBreakGlass({ ...claims, expiresAtMs: Date.now() - 1 }, key);
  const whole = signBreakGlass(claims, key);
  for (const bearer of ['', 'x', forged, expired, `${whole}x`, whole.replace('bg1', 'bg2')]) expect((await kill(bearer, [ours.variantId])).status).toBe(401);
  expect((await kill(whole, [])).status).toBe(400);
  expect((await status(ours.variantId)).state).toBe('ready');

  expect(await kill(whole, [ours.variantId, theirs.variantId])).toMatchObject({ status: 200, body: { variants: { [ours.variantId]: { state: 'gone' } } } });
  expect((await post(ours.variantId, good)).status).toBe(410);
  expect((await post(theirs.variantId, good)).status).toBe(200);
});

test('shared isolation: variants share a process, unloading one leaves it, killing one restarts it without it', async () => {
  const shared = { resources: { threads: 1, isolation: 'shared' } } as const;
  const [a, b, c] = [await host.packageModel(churnOnnx(), shared), await host.packageModel(churnOnnx2(), shared), await host.packageModel(linearOnnx(), shared)];
  for (const model of [a, b, c]) await host.backend.load(model);
  const { pid } = await status(a.variantId);
  expect([(await status(b.variantId)).pid, (await status(c.variantId)).pid]).toEqual([pid, pid]);
  await host.backend.unload(null, c.variantId);
  expect((await post(c.variantId, good)).status).toBe(404);
  expect((await post(a.variantId, good)).status).toBe(200);
  await host.backend.kill(null, b.variantId);
  expect(await isGone(pid)()).toBe(true);
  await until(isReady(a.variantId));
  expect((await post(a.variantId, good)).status).toBe(200);
  expect((await post(b.variantId, good)).status).toBe(410);
});

test('bytes that are not those of the digest are refused: damaged blobs, and another artifact in the package', async () => {
  const model = await host.packageModel(churnOnnx());
  await expect(host.backend.load({ ...model, artifactDigest: `sha256:${'0'.repeat(64)}` })).rejects.toMatchObject({ code: 'LM_DIGEST_MISMATCH' });
  const manifest = JSON.parse(await readFile(blobPath(host.artifacts.localRoot!, model.bundleDigest as `sha256:${string}`), 'utf8')) as { layers: { digest: `sha256:${string}` }[] };
  await writeFile(blobPath(host.artifacts.localRoot!, manifest.layers[0]!.digest), churnOnnx2());
  await expect(host.backend.load(model)).rejects.toMatchObject({ code: 'LM_DIGEST_MISMATCH' });
  expect((await status(model.variantId)).state).toBe('absent');
});

test('a package that holds no model that runs is LM_VALIDATION_FAILED, and a package that is not there LM_ARTIFACT_NOT_FOUND', async () => {
  await expect(host.packageModel(Buffer.from('hello')).then((model) => host.backend.load(model))).rejects.toMatchObject({ code: 'LM_VALIDATION_FAILED' });
  await expect(host.packageModel(Buffer.concat([churnOnnx().subarray(0, 300), Buffer.alloc(50)])).then((model) => host.backend.load(model))).rejects.toMatchObject({ code: 'LM_VALIDATION_FAILED' });
  const model = await host.packageModel(churnOnnx());
  await expect(host.backend.load({ ...model, bundleDigest: `sha256:${'1'.repeat(64)}` })).rejects.toMatchObject({ code: 'LM_ARTIFACT_NOT_FOUND' });
});

test('without a shared folder the blobs are fetched with the service token, checked, and kept for a restart', async () => {
  const model = await host.packageModel(churnOnnx());
  const asked: (string | undefined)[] = [];
  const api = createServer((request, response) => {
    asked.push(request.headers.authorization);
    const digest = request.url!.replace('/internal/v1/artifacts/', '') as `sha256:${string}`;
    readFile(blobPath(host.artifacts.localRoot!, digest)).then((bytes) => { response.end(bytes); }, () => { response.writeHead(404).end(); });
  }).listen(0, '127.0.0.1');
  await once(api, 'listening');
  const backend = backends.modelhost.create({ url: host.url, token: new Secret(SERVICE_TOKEN), storeRoot: null, artifactUrl: `http://127.0.0.1:${String((api.address() as AddressInfo).port)}` });
  const endpoint = await backend.load(model);
  expect(new Set(asked)).toEqual(new Set([`Bearer ${SERVICE_TOKEN}`]));
  api.close();
  await host.stop('SIGKILL');
  await host.start();
  await until(isReady(model.variantId));
  await backend.unload(endpoint, model.variantId);
  await expect(readFile(blobPath(join(host.folder, 'modelhost'), model.bundleDigest as `sha256:${string}`))).rejects.toMatchObject({ code: 'ENOENT' });
  await expect(backend.load(model)).rejects.toMatchObject({ code: 'LM_BACKEND_UNAVAILABLE' });
});

test('a variant that runs with other bytes or names is not replaced in silence', async () => {
  const model = await host.packageModel(churnOnnx());
  await host.backend.load(model);
  await expect(host.backend.load({ ...model, servedVersion: '8' })).rejects.toMatchObject({ code: 'LM_CONFLICT' });
  expect((await post(model.variantId, good)).body).toMatchObject({ model_version: '7' });
});
