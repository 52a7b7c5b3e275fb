import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { backends } from '../../../adapters/serving/index.ts';
import type { Endpoint } from '../../../domain/variant.ts';
import { toThisMachine } from '../../support/egress.ts';

/** What real servers were seen to do, each on a real socket: the adapter names it, and never takes it for a good answer. */

let server: Server;
let endpoint: Endpoint;
let reply: { status: number; body: string; delayMs?: number; cut?: boolean };
const backend = backends.oip.create({ egress: toThisMachine });

beforeAll(async () => {
  server = createServer((request, response) => {
    request.resume();
    setTimeout(() => {
      response.writeHead(reply.status, reply.cut === true ? { 'content-length': '1000' } : {});
      if (reply.cut === true) { response.write(reply.body); response.destroy(); } else response.end(reply.body);
    }, reply.delayMs ?? 0);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  endpoint = { url: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/`, modelName: 'a model/with signs', modelVersion: null };
});
afterAll(async () => { server.close(); server.closeAllConnections(); await once(server, 'close'); });

const infer = (timeoutMs = 2_000): Promise<unknown> => backend.infer(endpoint, { inputs: [] }, timeoutMs);
const answer = '{"model_name":"m","outputs":[{"name":"p","datatype":"FP32","shape":[1],"data":[0.5]}]}';

test.each<[string, typeof reply, string, RegExp]>([
  ['400 with error', { status: 400, body: '{"error":"bad shape"}' }, 'LM_VALIDATION_FAILED', /400: bad shape/],
  ['422 with a detail list', { status: 422, body: '{"detail":[{"loc":["body"],"msg":"field required"}]}' }, 'LM_VALIDATION_FAILED', /field required/],
  ['404', { status: 404, body: '{"error":"no such model"}' }, 'LM_VARIANT_NOT_FOUND', /no such model/],
  ['429', { status: 429, body: '' }, 'LM_BUSY', /without a word/],
  ['500 with HTML', { status: 500, body: '<html>oops</html>' }, 'LM_BACKEND_UNAVAILABLE', /oops/],
  ['503 without a body', { status: 503, body: '' }, 'LM_BACKEND_UNAVAILABLE', /503/],
  ['200 without a body', { status: 200, body: '' }, 'LM_OFF_CONTRACT', /no inference response/],
  ['200 with HTML', { status: 200, body: '<html>login</html>' }, 'LM_OFF_CONTRACT', /no inference response/],
  ['200 with outputs that are no list', { status: 200, body: '{"model_name":"m","outputs":{}}' }, 'LM_OFF_CONTRACT', /outputs/],
  ['an answer that is cut off', { status: 200, body: answer.slice(0, 40), cut: true }, 'LM_BACKEND_UNAVAILABLE', /does not answer/],
  ['a redirect', { status: 302, body: '' }, 'LM_BACKEND_UNAVAILABLE', /302/],
])('infer: %s', async (_what, given, code, text) => {
  reply = given;
  await expect(infer()).rejects.toMatchObject({ code, message: expect.stringMatching(text) as string });
});

test('infer: an answer that comes too late is LM_TIMEOUT', async () => {
  reply = { status: 200, body: answer, delayMs: 500 };
  await expect(infer(50)).rejects.toMatchObject({ code: 'LM_TIMEOUT' });
});

test('infer: NaN as a bare word reaches the reader as null', async () => {
  reply = { status: 200, body: answer.replace('0.5', 'NaN') };
  expect(await infer()).toMatchObject({ response: { outputs: [{ data: [null] }] } });
});

test('ready: an empty 200 is ready, 404 absent, anything else not yet, and a dead server failed', async () => {
  reply = { status: 200, body: '' };
  expect(await backend.status(endpoint, 'v')).toEqual({ state: 'ready', reason: null });
  reply = { status: 404, body: '{"error":"unknown"}' };
  expect(await backend.status(endpoint, 'v')).toEqual({ state: 'absent', reason: 'unknown' });
  reply = { status: 400, body: '' };
  expect((await backend.status(endpoint, 'v')).state).toBe('loading');
  expect((await backend.status({ ...endpoint, url: 'http://127.0.0.1:9' }, 'v')).state).toBe('failed');
});

test('metadata: lists that are missing are empty, and a datatype outside the protocol is refused', async () => {
  reply = { status: 200, body: '{"name":"m"}' };
  expect(await backend.metadata(endpoint)).toEqual({ name: 'm', platform: '', versions: [], inputs: [], outputs: [] });
  reply = { status: 200, body: '{"name":"m","inputs":[{"name":"x","datatype":"BF16","shape":[1]}]}' };
  await expect(backend.metadata(endpoint)).rejects.toMatchObject({ code: 'LM_VALIDATION_FAILED' });
});

test('load: without an address the spec is wrong; an aborted wait ends', async () => {
  const model = { tenant: 'default', variantId: 'v', servedName: 'm', servedVersion: '1', artifactDigest: '', bundleDigest: null, url: null, modelName: null, resources: { threads: 1, isolation: 'process' } } as const;
  await expect(backend.load(model)).rejects.toMatchObject({ code: 'LM_INVALID_SPEC' });
  reply = { status: 503, body: '' };
  await expect(backend.load({ ...model, url: endpoint.url }, AbortSignal.timeout(100))).rejects.toThrow(/abort/i);
});
