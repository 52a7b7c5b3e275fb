import { setTimeout as delay } from 'node:timers/promises';
import type { VariantQuiet } from '../../../domain/traffic/table.ts';
import { act, BODY, closeAll, control, gateway, modelServer, ok, predict, promotedRoute, routeOf, silent, until, TOKEN, type Control, type ModelServer } from './harness.ts';

let api: Control; let one: ModelServer; let two: ModelServer;
beforeEach(async () => { [api, one, two] = [await control(), await modelServer(1), await modelServer(2)]; });
afterEach(closeAll);

const quietOf = (id: string): VariantQuiet | undefined => api.syncs.at(-1)?.quiet[id];
const headersOf = ({ status, headers }: Response): unknown => [status, ...['version', 'fallback', 'revision', 'error'].map((name) => headers.get(`x-lastmile-${name}`))];

test('requests under way to a killed champion are ended at once and answered by the last good one; the record is of the one that answered', async () => {
  const route = promotedRoute(one, two);
  api.publish([route]);
  const { url, stop } = await gateway(api);
  let cut = 0;
  two.answer = (_seen, response) => { response.on('close', () => { cut += 1; }); };
  const asked = Array.from({ length: 20 }, (_, i) => predict(url, { 'x-inference-id': `order-${i}` }));
  await until('all are under way', () => two.seen.length === 20);
  api.publish([act(route, { type: 'kill', targets: ['var_2'], inFlight: 'abort' })]);
  for (const response of await Promise.all(asked)) expect(headersOf(response)).toEqual([200, '1', 'last-good', '3', null]);
  await until('silence is told', () => quietOf('var_2')?.inFlight === 0);
  expect(quietOf('var_2')).toMatchObject({ inFlight: 0, aborted: 20, drained: 0, refused: 0 });
  expect(api.syncs.at(-1)!.applied).toEqual({ dep_1: 3 });
  await until('the backend sees its requests cut', () => cut === 20);
  await stop();
  expect(two.seen).toHaveLength(20);
  const records = api.records();
  expect(new Set(records.map(({ variantId, role, revision, status, error }) => [variantId, role, revision, status, error].join()))).toEqual(new Set(['var_1,champion,3,200,']));
  expect(records.map(({ alias }) => alias).sort()).toEqual(Array.from({ length: 20 }, (_, i) => `order-${i}`).sort());
});

test('when the ladder has nothing left they are answered 503, and nothing is recorded', async () => {
  const route = routeOf(two.variant);
  api.publish([route]);
  const { url, stop } = await gateway(api);
  two.answer = silent;
  const asked = Array.from({ length: 5 }, () => predict(url));
  await until('all are under way', () => two.seen.length === 5);
  api.publish([act(route, { type: 'kill', targets: ['sha256:2'], inFlight: 'abort' })]);
  for (const response of await Promise.all(asked)) expect(headersOf(response)).toEqual([503, null, null, null, 'LM_GATEWAY_UNAVAILABLE']);
  await stop();
  expect(api.records()).toEqual([]);
  expect(api.taken.at(-1)!.completeToMs).toBeGreaterThan(two.seen.at(-1)!.atMs);   // every inference is closed: blocks can seal
});

test('drain: what is under way ends by itself, nothing new goes there, and the end is told at once', async () => {
  api.leaseMs = 60_000;   // the long poll would last ten seconds
  const route = promotedRoute(one, two);
  api.publish([route]);
  const { url, stop } = await gateway(api);
  const held: (() => void)[] = [];
  two.answer = (seen, response) => { held.push(() => { ok(2)(seen, response); }); };
  const asked = [predict(url), predict(url)];
  await until('both are under way', () => held.length === 2);
  api.publish([act(route, { type: 'kill', targets: ['var_2'], inFlight: 'drain' })]);
  await until('obeyed and told', () => quietOf('var_2')?.inFlight === 2);
  expect((await predict(url)).headers.get('x-lastmile-version')).toBe('1');
  await until('the long poll is asked', () => api.syncs.at(-1)!.waitMs > 0);
  const told = api.syncs.length;
  held[0]!(); held[1]!();
  for (const response of await Promise.all(asked)) expect(headersOf(response)).toEqual([200, '2', null, '2', null]);
  await until('the end is told while a long poll was open', () => api.syncs.slice(told).some(({ quiet }) => quiet.var_2?.inFlight === 0));
  expect(quietOf('var_2')).toMatchObject({ aborted: 0, drained: 2 });
  await stop();
  expect(api.records().map(({ variantId }) => variantId).sort()).toEqual(['var_1', 'var_2', 'var_2']);
});

test('what waits in the pool for a connection is never sent to a killed variant, not even under drain', async () => {
  const route = promotedRoute(one, two);
  api.publish([route]);
  const { url } = await gateway(api, { limits: { servingConnections: 1 } });
  const held: (() => void)[] = [];
  two.answer = (seen, response) => { held.push(() => { ok(2)(seen, response); }); };
  const first = predict(url);
  await until('one is under way', () => held.length === 1);
  const waiting = Array.from({ length: 9 }, () => predict(url));
  await until('the others wait', async () => (await (await fetch(`${url}/status`, { headers: { authorization: `Bearer ${TOKEN}` } })).json() as { perVariant: Record<string, number> }).perVariant.var_2 === 10);
  api.publish([act(route, { type: 'kill', targets: ['var_2'], inFlight: 'drain' })]);
  for (const response of await Promise.all(waiting)) expect(headersOf(response)).toEqual([200, '1', 'last-good', '3', null]);
  await until('told', () => quietOf('var_2')?.aborted === 9);
  expect(quietOf('var_2')!.inFlight).toBe(1);
  held[0]!();
  expect((await first).headers.get('x-lastmile-version')).toBe('2');
  expect(two.seen).toHaveLength(1);
});

test('a drain that is killed again with abort is aborted', async () => {
  const draining = act(promotedRoute(one, two), { type: 'kill', targets: ['var_2'], inFlight: 'drain' });
  api.publish([promotedRoute(one, two)]);
  const { url } = await gateway(api);
  two.answer = silent;
  const asked = predict(url);
  await until('under way', () => two.seen.length === 1);
  api.publish([draining]);
  await until('drains', () => quietOf('var_2')?.inFlight === 1);
  api.publish([act(draining, { type: 'kill', targets: ['var_2'], inFlight: 'abort' })]);
  expect(headersOf(await asked)).toEqual([200, '1', 'last-good', '4', null]);
  await until('told', () => quietOf('var_2')?.aborted === 1);
});

test('a retry never goes to a variant that was killed meanwhile', async () => {
  const route = promotedRoute(one, two);
  api.publish([route]);
  const { url } = await gateway(api);
  let fail = (): void => undefined;
  two.answer = (_seen, response) => { fail = () => { response.socket?.destroy(); }; };
  const asked = predict(url);
  await until('under way', () => two.seen.length === 1);
  api.publish([act(route, { type: 'kill', targets: ['var_2'], inFlight: 'drain' })]);
  await until('drains', () => quietOf('var_2')?.inFlight === 1);
  fail();
  expect(headersOf(await asked)).toEqual([200, '1', 'last-good', '3', null]);
  expect(two.seen).toHaveLength(1);
});

test('a retry that waits in the pool is not sent once its variant is killed', async () => {
  const route = promotedRoute(one, two);
  api.publish([route]);
  const { url } = await gateway(api, { limits: { servingConnections: 1 } });
  const held: { readonly fail: () => void; readonly answer: () => void }[] = [];
  two.answer = (seen, response) => { held.push({ fail: () => { response.socket?.destroy(); }, answer: () => { ok(2)(seen, response); } }); };
  const retried = predict(url);
  await until('the first is under way', () => held.length === 1);
  const other = predict(url);
  await until('the other waits', async () => (await (await fetch(`${url}/status`, { headers: { authorization: `Bearer ${TOKEN}` } })).json() as { perVariant: Record<string, number> }).perVariant.var_2 === 2);
  held[0]!.fail();   // its retry now stands behind the other one
  await until('the other is under way', () => held.length === 2);
  api.publish([act(route, { type: 'kill', targets: ['var_2'], inFlight: 'drain' })]);
  await until('drains', () => quietOf('var_2')?.inFlight === 2);
  held[1]!.answer();
  expect(headersOf(await other)).toEqual([200, '2', null, '2', null]);
  expect(headersOf(await retried)).toEqual([200, '1', 'last-good', '3', null]);
  expect(two.seen).toHaveLength(2);
});

test('a stand-in has what is left of the time, and running out of it is no failure of its', async () => {
  const route = promotedRoute(one, two);
  api.publish([route]);
  const { url, stop } = await gateway(api, { limits: { servingMs: 800 } });
  one.answer = two.answer = silent;
  const startMs = Date.now();
  const asked = predict(url);
  await until('under way', () => two.seen.length === 1);
  await delay(400);
  api.publish([act(route, { type: 'kill', targets: ['var_2'], inFlight: 'abort' })]);
  expect(headersOf(await asked)).toEqual([504, '1', 'last-good', '3', 'LM_TIMEOUT']);
  expect(Date.now() - startMs).toBeGreaterThanOrEqual(799);
  await stop();
  expect(one.seen).toHaveLength(1);
  expect(api.records()).toEqual([]);
});

test('mirrors to a killed challenger are ended and not recorded; the champion\'s answers stay', async () => {
  const route = routeOf(one.variant, two.variant, { deadlineMs: 30_000 });
  api.publish([route]);
  const { url, stop } = await gateway(api);
  two.answer = silent;
  for (let i = 0; i < 5; i += 1) expect((await predict(url)).status).toBe(200);
  await until('the mirrors are under way', () => two.seen.length === 5);
  api.publish([act(route, { type: 'kill', targets: ['var_2'], inFlight: 'abort' })]);
  await until('told', () => quietOf('var_2')?.aborted === 5);
  expect(quietOf('var_2')!.inFlight).toBe(0);
  await stop();
  expect(api.records().map(({ role }) => role)).toEqual(Array.from({ length: 5 }, () => 'champion'));
});

test('metadata and readiness go through the fence too', async () => {
  const slow = await modelServer(3);
  const hold = await import('node:http').then(({ createServer }) => createServer(() => undefined));
  await new Promise<void>((resolve) => { hold.listen(0, '127.0.0.1', resolve); });
  const { port } = hold.address() as { port: number };
  const variant = { ...slow.variant, endpoint: { ...slow.variant.endpoint, url: `http://127.0.0.1:${port}` } };
  const route = act(routeOf(one.variant), { type: 'setChampion', variant, expectedChampion: 'var_1', by: 'automation' });
  api.publish([route]);
  const { url } = await gateway(api);
  const asked = fetch(`${url}/v2/models/churn`);
  await until('under way', async () => await new Promise<boolean>((resolve) => { hold.getConnections((_error, count) => { resolve(count === 1); }); }));
  api.publish([act(route, { type: 'kill', targets: ['var_3'], inFlight: 'abort' })]);
  expect((await asked).status).toBe(200);
  hold.closeAllConnections();
  hold.close();
});

test('a killed version asked for by name is 410 and counted; the counts begin anew after a revive', async () => {
  const killed = act(promotedRoute(one, two), { type: 'kill', targets: ['var_2'], inFlight: 'abort' });
  api.publish([killed]);
  const { url } = await gateway(api);
  for (let i = 0; i < 3; i += 1) expect((await predict(url, {}, BODY, '/v2/models/churn/versions/2/infer')).status).toBe(410);
  expect((await predict(url, { 'x-lastmile-probe': TOKEN }, BODY, '/v2/models/churn/versions/2/infer')).status).toBe(410);
  const revived = act(killed, { type: 'revive', targets: ['var_2'], person: 'ann', reason: 'looked at it' });
  api.publish([revived]);
  await until('revived', () => api.syncs.at(-1)?.applied.dep_1 === 4);
  expect(api.syncs.findLast(({ applied }) => applied.dep_1 === 3)).toBeDefined();
  expect(quietOf('var_2')).toBeUndefined();
  expect((await predict(url)).headers.get('x-lastmile-version')).toBe('2');
  const again = act(revived, { type: 'kill', targets: ['var_2'], inFlight: 'abort' });
  api.publish([again]);
  await until('killed again', () => quietOf('var_2') !== undefined);
  expect(quietOf('var_2')).toMatchObject({ aborted: 0, drained: 0, refused: 0 });
  for (let i = 0; i < 2; i += 1) await predict(url, {}, BODY, '/v2/models/churn/versions/2/infer');
  api.publish([act(again, { type: 'unpin', person: 'ann' })]);
  await until('the count is told', () => quietOf('var_2')?.refused === 2);
});

describe('modelhost has heard of a kill before the gateway has', () => {
  /** As modelhost names its models, and what it answers for one that was killed. */
  const hosted = ({ variant }: ModelServer, modelName = variant.variantId) => ({ ...variant, endpoint: { ...variant.endpoint, modelName } });
  const gone: ModelServer['answer'] = (_seen, response) => { response.writeHead(410, { 'content-type': 'application/json' }).end(JSON.stringify({ error: 'taken off', code: 'LM_VARIANT_KILLED', retryable: false })); };

  test('callers get the champion instead of a challenger, or the last good one instead of a champion, and nothing is recorded of the killed one', async () => {
    api.publish([routeOf(one.variant, hosted(two), { share: 10_000 })]);
    const { url, stop } = await gateway(api);
    two.answer = gone;
    for (let i = 0; i < 5; i += 1) expect(headersOf(await predict(url))).toEqual([200, '1', null, '3', null]);
    await stop();
    expect(new Set(api.records().map(({ variantId }) => variantId))).toEqual(new Set(['var_1']));
  });

  test('a champion without a last good one: 503 of the gateway, not 410 of the backend', async () => {
    api.publish([routeOf(hosted(two))]);
    const { url } = await gateway(api);
    two.answer = gone;
    expect(headersOf(await predict(url))).toEqual([503, null, null, null, 'LM_GATEWAY_UNAVAILABLE']);
  });

  test('any other server is not believed: its 410 is its answer, and is recorded', async () => {
    api.publish([routeOf(one.variant, hosted(two, 'm2'), { share: 10_000 })]);
    const { url, stop } = await gateway(api);
    two.answer = gone;
    expect((await predict(url)).status).toBe(410);
    await stop();
    expect(api.records().filter(({ variantId, status }) => variantId === 'var_2' && status === 410)).toHaveLength(1);
  });
});
