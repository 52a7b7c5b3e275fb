import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { act, BODY, closeAll, control, gateway, answerOf, modelServer, ok, predict, routeOf, silent, TOKEN, until, type Control, type ModelServer } from './harness.ts';

let api: Control; let one: ModelServer; let two: ModelServer;
beforeEach(async () => { [api, one, two] = [await control(), await modelServer(1), await modelServer(2)]; });
afterEach(closeAll);
const drops = (): Record<string, number> => {
  const out: Record<string, number> = {};
  for (const { reason, count } of api.taken.flatMap((batch) => batch.drops)) out[reason] = (out[reason] ?? 0) + count;
  return out;
};

test('the challenger gets the same bytes, marked, and only after the caller has its answer', async () => {
  api.publish([routeOf(one.variant, two.variant)]);
  const { url, stop } = await gateway(api);
  let answered = Infinity;
  two.answer = (seen, response) => { expect(seen.atMs).toBeGreaterThanOrEqual(answered - 2); ok(2)(seen, response); };
  one.answer = async (seen, response) => { await delay(100); expect(two.seen).toHaveLength(0); answered = Date.now(); ok(1)(seen, response); };
  const response = await predict(url, { 'x-lastmile-event-time': '2026-03-01T12:00:00Z', 'x-inference-id': 'order-7' });
  expect(response.headers.get('x-lastmile-version')).toBe('1');
  await until('the mirror', () => two.seen.length === 1);
  expect(two.seen[0]!.body).toEqual(Buffer.from(BODY));
  expect(two.seen[0]!.headers['x-lastmile-shadow']).toBe('1');
  await stop();
  const [champion, shadow] = api.records();
  const common = { v: 1, tenantId: 'default', deploymentUid: 'dep_1', inferenceId: response.headers.get('x-lastmile-inference-id'), alias: 'order-7', revision: 2, rolloutId: 'dep_1/1', eventMs: Date.parse('2026-03-01T12:00:00Z'), status: 200, error: null, leaseLost: false, unscored: null, request: null, assignmentPer10k: 10_000 };
  expect(champion).toMatchObject({ ...common, variantId: 'var_1', role: 'champion', response: answerOf(1) });
  expect(shadow).toMatchObject({ ...common, variantId: 'var_2', role: 'shadow', response: answerOf(2) });
  expect(shadow!.atMs).toBe(champion!.atMs);
  expect(champion!.latencyMs).toBeGreaterThanOrEqual(99);
});

test('promise 7: a silent challenger delays nobody, its time-outs are results, and what finds no place is counted', async () => {
  api.publish([routeOf(one.variant, two.variant, { deadlineMs: 1_000 })]);
  const { url, stop } = await gateway(api, { limits: { mirrorsPerVariant: 1, flushMs: 10_000 } });
  two.answer = silent;
  const startMs = Date.now();
  const answers = await Promise.all(Array.from({ length: 120 }, () => predict(url)));
  expect(answers.every(({ status }) => status === 200)).toBe(true);
  expect(Date.now() - startMs).toBeLessThan(20_000);   // one by one behind this challenger it would be two minutes
  await stop();
  const shadows = api.records().filter(({ role }) => role === 'shadow');
  expect(shadows.length).toBeGreaterThanOrEqual(1);
  expect(shadows.every(({ status, error, response }) => status === 0 && error === 'timeout' && response === null)).toBe(true);
  const counted = drops();
  expect(counted.cap).toBeGreaterThan(0);
  expect(counted.deadline).toBeGreaterThan(0);
  expect(shadows.length + (counted.cap ?? 0) + (counted.deadline ?? 0)).toBe(120);
  expect(api.records().filter(({ role }) => role === 'champion')).toHaveLength(120);
});

test('a dead challenger and one that refuses are results too', async () => {
  api.publish([routeOf(one.variant, two.variant)]);
  const { url, stop } = await gateway(api);
  two.answer = (_seen, response) => { response.writeHead(500, { 'content-type': 'application/json' }).end('{"error":"boom"}'); };
  await predict(url);
  await until('the first mirror', () => two.seen.length === 1);
  await delay(50);
  await two.close();
  await predict(url);
  await stop();
  expect(api.records().filter(({ role }) => role === 'shadow').map(({ status, error, response }) => ({ status, error, response }))).toEqual([
    { status: 500, error: 'status', response: '{"error":"boom"}' }, { status: 0, error: 'connect', response: null },
  ]);
});

test('a challenger that cannot be reached is asked by one copy at a time, fails all the same, and gets its copies again when it is back', async () => {
  api.publish([routeOf(one.variant, two.variant)]);
  const { url, stop } = await gateway(api, { limits: { mirrorBreaker: { failures: 5, openMs: 1_000 } } });
  const mirrored = async (): Promise<number> => (await (await fetch(`${url}/status`, { headers: { authorization: `Bearer ${TOKEN}` } })).json() as { mirrored: number }).mirrored;
  const shadows = () => api.records().filter(({ role }) => role === 'shadow');
  await two.close();
  for (let i = 0; i < 40; i += 1) expect((await predict(url)).status).toBe(200);
  await until('all are told', () => shadows().length === 40);
  expect(shadows().every(({ status, error, response }) => status === 0 && error === 'connect' && response === null)).toBe(true);
  // Sent were those that opened it, and what tried afterwards; the others would have failed too.
  const sent = await mirrored();
  expect(sent).toBeGreaterThanOrEqual(5);
  expect(sent).toBeLessThan(30);
  await two.reopen();
  await until('a copy tries and reaches it', async () => { await predict(url); return two.seen.length > 0; });
  await until('its answer was heard', () => shadows().some(({ error }) => error === null));
  const before = two.seen.length;
  for (let i = 0; i < 10; i += 1) await predict(url);
  await until('every copy', () => two.seen.length === before + 10);
  await stop();
  expect(shadows()).toHaveLength(api.records().filter(({ role }) => role === 'champion').length);
  expect(shadows().filter(({ error }) => error === null)).toHaveLength(two.seen.length);
  expect(drops()).toEqual({});
});

test('bytes over the budget and requests outside the sample are dropped and counted', async () => {
  api.publish([routeOf(one.variant, two.variant, { sample: 5_000 })]);
  const { url, stop } = await gateway(api, { limits: { mirrorBytes: 1_000 } });
  for (let i = 0; i < 40; i += 1) await predict(url);
  await predict(url, {}, `{${' '.repeat(2_000)}}`);
  await until('all mirrors', () => drops()['sampled-out'] !== undefined && two.seen.length + drops()['sampled-out']! + (drops().bytes ?? 0) === 41);
  await stop();
  expect(two.seen.length).toBeGreaterThan(5);
  expect(drops()['sampled-out']).toBeGreaterThan(5);
  expect(api.records().filter(({ role }) => role === 'shadow').every(({ assignmentPer10k }) => assignmentPer10k === 5_000)).toBe(true);
});

test('what the champion refused is not mirrored', async () => {
  api.publish([routeOf(one.variant, two.variant)]);
  const { url, stop } = await gateway(api);
  one.answer = (_seen, response) => { response.writeHead(400).end('{"error":"shape"}'); };
  expect((await predict(url)).status).toBe(400);
  await stop();
  expect(two.seen).toHaveLength(0);
  expect(api.records().map(({ role, status, error }) => [role, status, error])).toEqual([['champion', 400, 'status']]);
});

test('during canary the champion is mirrored when the challenger serves, also when the challenger fails', async () => {
  api.publish([routeOf(one.variant, two.variant, { share: 10_000 })]);
  const { url, stop } = await gateway(api);
  expect((await predict(url)).headers.get('x-lastmile-version')).toBe('2');
  two.answer = (_seen, response) => { response.writeHead(500).end(); };
  expect((await predict(url)).status).toBe(500);
  await until('both mirrors', () => one.seen.length === 2);
  expect(one.seen[0]!.headers['x-lastmile-shadow']).toBe('1');
  await stop();
  expect(api.records().map(({ role, variantId, status, assignmentPer10k }) => [role, variantId, status, assignmentPer10k]).sort()).toEqual([
    ['challenger', 'var_2', 200, 10_000], ['challenger', 'var_2', 500, 10_000], ['shadow', 'var_1', 200, 10_000], ['shadow', 'var_1', 200, 10_000],
  ]);
});

test('a challenger that is taken out gets no mirror that still waits', async () => {
  const route = routeOf(one.variant, two.variant, { deadlineMs: 2_000 });
  api.publish([route]);
  const { url } = await gateway(api, { limits: { mirrorsPerVariant: 1 } });
  const held: (() => void)[] = [];
  two.answer = (seen, response) => { held.push(() => { ok(2)(seen, response); }); };
  for (let i = 0; i < 5; i += 1) await predict(url);
  await until('one mirror under way', () => held.length === 1);
  api.publish([act(route, { type: 'kill', targets: ['var_2'], inFlight: 'abort' })]);
  await until('the kill is obeyed', () => api.syncs.at(-1)?.applied.dep_1 === 3);
  held[0]!();
  await delay(100);
  expect(two.seen).toHaveLength(1);
});

test('a caller that goes away before its answer still leaves a whole pair', async () => {
  api.publish([routeOf(one.variant, two.variant)]);
  const { url, stop } = await gateway(api);
  one.answer = async (seen, response) => { await delay(150); ok(1)(seen, response); };
  await expect(fetch(`${url}/v2/models/churn/infer`, { method: 'POST', body: BODY, signal: AbortSignal.timeout(50) })).rejects.toThrow();
  await until('the mirror', () => two.seen.length === 1);
  await stop();
  expect(api.records().map(({ role }) => role).sort()).toEqual(['champion', 'shadow']);
});

test('while the caller has not taken its answer, nothing is mirrored; one that never does is cut', async () => {
  api.publish([routeOf(one.variant, two.variant)]);
  const { port } = await gateway(api, { limits: { headersMs: 1_000, requestMs: 1_000 } });
  one.answer = (_seen, response) => { response.end(Buffer.alloc(32 * 1024 * 1024, ' ')); };
  const caller = connect(port, '127.0.0.1', () => { caller.write(`POST /v2/models/churn/infer HTTP/1.1\r\nhost: a\r\ncontent-length: ${BODY.length}\r\n\r\n${BODY}`); });
  caller.pause();
  await until('the champion was asked', () => one.seen.length === 1);
  await delay(400);
  expect(two.seen).toHaveLength(0);
  await until('the mirror, after the cut', () => two.seen.length === 1);
  caller.destroy();
});
