import { createHash } from 'node:crypto';
import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { act, BODY, closeAll, control, gateway, modelServer, ok, predict, routeOf, silent, TOKEN, type Control, type ModelServer, type TestGateway } from './harness.ts';

let api: Control; let one: ModelServer; let two: ModelServer; let served: TestGateway;
beforeEach(async () => { [api, one, two] = [await control(), await modelServer(1), await modelServer(2)]; });
afterEach(closeAll);

async function serve(route = routeOf(one.variant)): Promise<TestGateway> { api.publish([route]); served = await gateway(api); return served; }
const errorOf = async (response: Response): Promise<string> => (await response.json() as { error: string }).error;

describe('an inference', () => {
  test('status, body and headers of the variant pass untouched; who answered is in headers of ours', async () => {
    const { url } = await serve();
    const raw = '{"model_name" : "m1",\n "outputs":[]}';
    one.answer = (_seen, response) => { response.writeHead(201, { 'content-type': 'application/json', 'x-own': 'a' }).end(raw); };
    const response = await predict(url, { 'x-inference-id': 'order-7', authorization: 'Bearer secret', traceparent: '00-1' });
    expect([response.status, await response.text(), response.headers.get('x-own')]).toEqual([201, raw, 'a']);
    expect(response.headers.get('x-lastmile-inference-id')).toMatch(/^inf_[0-9a-f]{32}$/);
    expect(Object.fromEntries(['variant', 'version', 'revision', 'fallback'].map((name) => [name, response.headers.get(`x-lastmile-${name}`)]))).toEqual({ variant: 'var_1', version: '1', revision: '1', fallback: null });
    expect(one.seen[0]).toMatchObject({ path: '/v2/models/m1/infer', body: Buffer.from(BODY), headers: { traceparent: '00-1', 'content-length': String(BODY.length), 'x-lastmile-inference-id': response.headers.get('x-lastmile-inference-id') } });
    expect(one.seen[0]!.headers).not.toHaveProperty('authorization');
    expect(one.seen[0]!.headers).not.toHaveProperty('x-lastmile-shadow');
  });

  test('a body of 16 MiB arrives whole, one byte more is 413, and bytes that are no JSON pass with the binary extension', async () => {
    const { url } = await serve();
    const large = Buffer.alloc(16 * 1024 * 1024, 'x');
    large[0] = 0x7b;
    expect((await predict(url, {}, large)).status).toBe(200);
    expect(one.seen[0]!.body.equals(large)).toBe(true);
    expect((await predict(url, {}, Buffer.alloc(16 * 1024 * 1024 + 1, '{'))).status).toBe(413);
    const binary = Buffer.from([0xff, 0xfe, 0x00]);
    expect((await predict(url, { 'content-type': 'application/octet-stream', 'inference-header-content-length': '0' }, binary)).status).toBe(200);
    expect(one.seen[1]!.body.equals(binary)).toBe(true);
    expect(one.seen).toHaveLength(2);
  });

  test('a chunked body over the limit is 413 although no length was said', async () => {
    const { url } = await serve();
    const status = await new Promise((resolve, reject) => {
      const sending = httpRequest(`${url}/v2/models/churn/infer`, { method: 'POST' }, (response) => { response.resume(); resolve(response.statusCode); });
      sending.on('error', reject);
      for (let i = 0; i < 17; i += 1) sending.write(Buffer.alloc(1024 * 1024, '{'));
      sending.end();
    });
    expect(status).toBe(413);
    expect(one.seen).toHaveLength(0);
  });

  test('a champion that is gone is 502, one that is silent 504, each with an error of the protocol', async () => {
    api.publish([routeOf(one.variant)]);
    const { url } = await gateway(api, { limits: { servingMs: 200 } });
    one.answer = silent;
    const late = await predict(url);
    expect([late.status, await errorOf(late), late.headers.get('x-lastmile-error')]).toEqual([504, 'Version 1 of churn did not answer in time.', 'LM_TIMEOUT']);
    await one.close();
    const gone = await predict(url);
    expect([gone.status, gone.headers.get('x-lastmile-variant')]).toEqual([502, 'var_1']);
    expect(gone.headers.get('x-lastmile-inference-id')).toMatch(/^inf_/);
  });

  test('a socket that closes before one byte of an answer is tried once more, not twice', async () => {
    const { url } = await serve();
    one.answer = (_seen, response) => { if (one.seen.length === 1) response.socket?.destroy(); else ok(1)(one.seen[0]!, response); };
    expect((await predict(url)).status).toBe(200);
    expect(one.seen).toHaveLength(2);
    one.answer = (_seen, response) => { response.socket?.destroy(); };
    expect((await predict(url)).status).toBe(502);
    expect(one.seen).toHaveLength(4);
  });

  test('an answer that breaks off in the middle is not tried again', async () => {
    const { url } = await serve();
    one.answer = (_seen, response) => { response.writeHead(200, { 'content-length': '100' }).write('{'); setTimeout(() => response.socket?.destroy(), 20); };
    expect((await predict(url)).status).toBe(502);
    expect(one.seen).toHaveLength(1);
  });
});

describe('the split', () => {
  test('shares are met and a key stays where it is', async () => {
    const { url } = await serve(routeOf(one.variant, two.variant, { share: 3_000, sample: 0, settings: { stickyHeader: 'x-customer' } }));
    const versions = async (): Promise<(string | null)[]> => {
      const out: (string | null)[] = [];
      for (let i = 0; i < 300; i += 1) out.push((await predict(url, { 'x-customer': `c${i}` })).headers.get('x-lastmile-version'));
      return out;
    };
    const first = await versions();
    expect(await versions()).toEqual(first);
    const challenger = first.filter((version) => version === '2').length;
    expect(Math.abs(challenger - 90)).toBeLessThan(40);   // five standard deviations of Binomial(300, 0.3)
    expect(one.seen.length + two.seen.length).toBe(600);
  });

  test('the key can stand in the body, and without one every request is its own', async () => {
    const { url } = await serve(routeOf(one.variant, two.variant, { share: 5_000, sample: 0, settings: { stickyJsonPath: 'parameters.customer' } }));
    const versions = async (body: string): Promise<Set<string | null>> => {
      const out = new Set<string | null>();
      for (let i = 0; i < 30; i += 1) out.add((await predict(url, {}, body)).headers.get('x-lastmile-version'));
      return out;
    };
    for (const customer of ['ann', 'bob']) expect((await versions(JSON.stringify({ parameters: { customer }, inputs: [] }))).size).toBe(1);
    expect((await versions(BODY)).size).toBe(2);
  });

  test('a change of the table moves traffic without a restart', async () => {
    const route = routeOf(one.variant, two.variant);
    const { url } = await serve(route);
    expect((await predict(url)).headers.get('x-lastmile-version')).toBe('1');
    api.publish([act(route, { type: 'setChampion', variant: two.variant, expectedChampion: 'var_1', by: 'automation' })]);
    for (let i = 0; api.syncs.at(-1)?.applied.dep_1 !== 3; i += 1) { expect(i).toBeLessThan(500); await new Promise((resolve) => { setTimeout(resolve, 10); }); }
    expect((await predict(url)).headers.get('x-lastmile-version')).toBe('2');
  });

  test('a killed champion is answered by the last good one, and says so; when nothing is left it is 503', async () => {
    const promoted = act(routeOf(one.variant), { type: 'setChampion', variant: two.variant, expectedChampion: 'var_1', by: 'automation' }, { type: 'kill', targets: ['var_2'], inFlight: 'abort' });
    const { url } = await serve(promoted);
    const response = await predict(url);
    expect([response.status, response.headers.get('x-lastmile-version'), response.headers.get('x-lastmile-fallback')]).toEqual([200, '1', 'last-good']);
    expect((await predict(url, {}, BODY, '/v2/models/churn/versions/2/infer')).status).toBe(410);
    api.publish([act(promoted, { type: 'kill', targets: ['*'], inFlight: 'abort' })]);
    for (let i = 0; (await predict(url)).status !== 503; i += 1) { expect(i).toBeLessThan(500); await new Promise((resolve) => { setTimeout(resolve, 10); }); }
    expect(two.seen).toHaveLength(0);
  });
});

describe('the protocol', () => {
  test('health, server and model paths', async () => {
    const { url } = await serve();
    const get = async (path: string): Promise<unknown> => { const response = await fetch(`${url}${path}`); return [response.status, await response.json()]; };
    expect(await get('/v2/health/live')).toEqual([200, { live: true }]);
    expect(await get('/v2/health/ready')).toEqual([200, { ready: true }]);
    expect(await get('/v2')).toMatchObject([200, { name: 'lastmile', extensions: ['binary_tensor_data'] }]);
    expect(await get('/v2/models/churn')).toEqual([200, { name: 'churn', platform: 'onnx', versions: ['1'], inputs: [], outputs: [] }]);
    expect(await get('/v2/models/churn/versions/1')).toMatchObject([200, { name: 'churn' }]);
    expect(await get('/v2/models/churn/ready')).toEqual([200, { name: 'churn', ready: true }]);
    expect(await get('/t/default/v2/models/churn/ready')).toEqual([200, { name: 'churn', ready: true }]);
    await one.close();
    expect(await get('/v2/models/churn/ready')).toEqual([503, { name: 'churn', ready: false }]);
    expect((await get('/v2/models/churn') as unknown[])[0]).toBe(502);
  });

  test('without a table the gateway is alive but not ready', async () => {
    const { url } = await gateway(api, { limits: { firstSyncMs: 50 } });
    expect((await fetch(`${url}/v2/health/live`)).status).toBe(200);
    expect((await fetch(`${url}/v2/health/ready`)).status).toBe(503);
    expect((await predict(url)).status).toBe(503);
  });

  test('an unknown model is 404 and the words name no other', async () => {
    const { url } = await serve();
    for (const path of ['/v2/models/fraud/infer', '/t/acme/v2/models/churn/infer', '/v2/models/churn/versions/9/infer']) {
      const response = await predict(url, {}, BODY, path);
      expect(response.status).toBe(404);
      if (!path.includes('versions')) expect(await errorOf(response)).not.toMatch(/churn(?!" here)|var_|127/);
    }
  });

  test('garbage is 4xx and never reaches a model', async () => {
    const { url, port } = await serve();
    const statuses = async (cases: [string, Promise<Response>][]): Promise<unknown> => Object.fromEntries(await Promise.all(cases.map(async ([name, response]) => [name, (await response).status])));
    expect(await statuses([
      ['empty', predict(url, {}, '')], ['no object', predict(url, {}, '[1]')], ['html', predict(url, {}, '<html>')],
      ['event time', predict(url, { 'x-lastmile-event-time': 'yesterday' })], ['event time 2', predict(url, { 'x-lastmile-event-time': '2026-13-45T99:00:00Z' })],
      ['alias', predict(url, { 'x-inference-id': 'a'.repeat(201) })], ['get', fetch(`${url}/v2/models/churn/infer`)], ['post', fetch(`${url}/v2`, { method: 'POST' })],
      ['path', fetch(`${url}/v2/models/..%2f..%2fetc`)], ['dots', fetch(`${url}/v2/models/%2e%2e/infer`)], ['percent', fetch(`${url}/v2/models/churn/versions/%ff/ready`)], ['root', fetch(`${url}/`)],
      ['headers', fetch(`${url}/v2`, { headers: { 'x-a': 'a'.repeat(20_000) } })],
    ])).toEqual({ empty: 400, 'no object': 400, html: 400, 'event time': 400, 'event time 2': 400, alias: 400, get: 405, post: 405, path: 404, dots: 404, percent: 404, root: 404, headers: 431 });
    const raw = await new Promise<string>((resolve) => {
      const socket = connect(port, '127.0.0.1', () => { socket.write('GARBAGE\r\n\r\n'); });
      let text = '';
      socket.on('data', (chunk: Buffer) => { text += chunk.toString(); }).on('close', () => { resolve(text); });
    });
    expect(raw).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n[^]*\{"error":/);
    expect(one.seen).toHaveLength(0);
  });

  test('a request that does not come in time is 408', async () => {
    api.publish([routeOf(one.variant)]);
    const { port } = await gateway(api, { limits: { headersMs: 200, requestMs: 200 } });
    const raw = await new Promise<string>((resolve) => {
      const socket = connect(port, '127.0.0.1', () => { socket.write('POST /v2/models/churn/infer HTTP/1.1\r\nhost: a\r\ncontent-length: 10\r\n\r\n{'); });
      let text = '';
      socket.on('data', (chunk: Buffer) => { text += chunk.toString(); }).on('close', () => { resolve(text); });
    });
    expect(raw).toMatch(/^HTTP\/1\.1 408 /);
  });

  test('GET /status needs the service token', async () => {
    const { url } = await serve();
    await predict(url);
    expect((await fetch(`${url}/status`)).status).toBe(401);
    expect((await fetch(`${url}/status`, { headers: { authorization: 'Bearer wrong' } })).status).toBe(401);
    expect(await (await fetch(`${url}/status`, { headers: { authorization: `Bearer ${TOKEN}` } })).json()).toMatchObject({ gatewayId: 'gw-t', requests: 4, refused: 2, errors: 0, applied: { dep_1: 1 }, leaseLost: false, perVariant: { var_1: 1 } });
  });
});

test('a start on a port that is taken fails, and leaves nothing running behind', async () => {
  await expect(gateway(api, { port: one.port, limits: { firstSyncMs: 50 } })).rejects.toMatchObject({ code: 'EADDRINUSE' });
  const syncs = api.syncs.length;
  await new Promise((resolve) => { setTimeout(resolve, 300); });
  expect(api.syncs).toHaveLength(syncs);
  expect(api.goodbyes).toEqual(['/internal/v1/gateways/gw-t']);
});

describe('callers', () => {
  const keyOf = (key: string, tenantId: string, scopes: string[]) => ({ hash: createHash('sha256').update(key).digest('hex'), tenantId, scopes });
  const callers = [keyOf('lm_infer', 'default', ['infer']), keyOf('lm_debug', 'default', ['infer', 'debug']), keyOf('lm_read', 'default', ['read']), keyOf('lm_acme', 'acme', ['infer'])];
  const auth = (key: string) => ({ authorization: `Bearer ${key}` });

  test('off loopback a key gives tenant and scopes', async () => {
    api.publish([routeOf(one.variant, two.variant)], callers);
    const { url } = await gateway(api, { host: '0.0.0.0' });
    const status = async (headers: Record<string, string>, path?: string): Promise<number> => (await predict(url, headers, BODY, path)).status;
    expect(await status({})).toBe(401);
    expect(await status(auth('lm_unknown'))).toBe(401);
    expect(await status(auth('lm_read'))).toBe(403);
    expect(await status(auth('lm_acme'))).toBe(404);
    expect(await status(auth('lm_acme'), '/t/default/v2/models/churn/infer')).toBe(404);
    expect(await status(auth('lm_infer'))).toBe(200);
    expect(await status(auth('lm_infer'), '/v2/models/churn/versions/1/infer')).toBe(200);
    expect(await status(auth('lm_infer'), '/v2/models/churn/versions/2/infer')).toBe(403);
    expect(await status(auth('lm_debug'), '/v2/models/churn/versions/2/infer')).toBe(200);
    expect((await fetch(`${url}/v2/health/ready`)).status).toBe(200);
  });

  test('a version that does not decide is answered but neither recorded nor mirrored', async () => {
    const { url } = await serve(routeOf(one.variant, two.variant));
    expect((await predict(url, {}, BODY, '/v2/models/churn/versions/2/infer')).headers.get('x-lastmile-variant')).toBe('var_2');
    await predict(url);
    await served.stop();
    expect(api.records().map(({ role, variantId }) => [role, variantId])).toEqual([['champion', 'var_1'], ['shadow', 'var_2']]);
  });
});
