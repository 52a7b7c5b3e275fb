import { setTimeout as delay } from 'node:timers/promises';
import { closeAll, control, gateway, modelServer, ok, predict, routeOf, until, type Control, type ModelServer } from './harness.ts';

let api: Control; let one: ModelServer; let two: ModelServer;
beforeEach(async () => { [api, one, two] = [await control(), await modelServer(1), await modelServer(2)]; });
afterEach(closeAll);

test('records survive an outage of the collector: the same batch with the same number until it is taken, none lost, none new in it', async () => {
  api.publish([routeOf(one.variant)]);
  const { url, stop } = await gateway(api);
  await until('a first mark', () => api.taken.length > 0);
  api.collector = 'down';
  const ids: (string | null)[] = [];
  const ask = async (count: number): Promise<void> => { for (let i = 0; i < count; i += 1) ids.push((await predict(url)).headers.get('x-lastmile-inference-id')); };
  await ask(5);
  const before = api.posts.length;
  await until('some refused tries', () => api.posts.length >= before + 3);
  await ask(5);
  const tried = api.posts.slice(before);
  for (const again of tried.slice(1)) expect(again).toEqual(tried[0]);
  api.collector = 'lost-answer';
  await until('taken, but nobody said so', () => api.taken.at(-1)?.seq === tried[0]!.seq);
  api.collector = 'up';
  await until('everything', () => new Set(api.records().map(({ inferenceId }) => inferenceId)).size === 10);
  await stop();
  const repeated = api.taken.filter(({ seq }) => seq === tried[0]!.seq);
  expect(repeated.length).toBeGreaterThanOrEqual(2);
  expect(repeated.at(-1)).toEqual(repeated[0]);
  const firsts = [...new Map(api.taken.map((batch) => [batch.seq, batch])).values()];
  expect(firsts.map(({ seq }) => seq)).toEqual(firsts.map((_batch, i) => i + 1));
  expect(firsts.flatMap(({ records }) => records.map(({ inferenceId }) => inferenceId))).toEqual(ids);
  expect(new Set(firsts.map(({ gatewayId, incarnation }) => `${gatewayId}/${incarnation}`)).size).toBe(1);
});

test('completeToMs never passes a leg that is still under way, and goes on when it ends', async () => {
  api.publish([routeOf(one.variant, two.variant, { deadlineMs: 30_000 })]);
  const { url } = await gateway(api);
  let release = (): void => undefined;
  two.answer = (seen, response) => { release = () => { ok(2)(seen, response); }; };
  const fromMs = Date.now();
  const id = (await predict(url)).headers.get('x-lastmile-inference-id');
  await until('the mirror is under way', () => two.seen.length === 1);
  two.answer = ok(2);
  await delay(20);
  await predict(url);
  const has = (batch: (typeof api.taken)[number]): boolean => batch.records.some((record) => record.inferenceId === id && record.role === 'shadow');
  await until('two idle marks', () => api.taken.filter(({ records, completeToMs }) => records.length === 0 && completeToMs >= fromMs - 1).length >= 2);
  const { atMs } = api.records().find((record) => record.inferenceId === id)!;
  expect(api.taken.every(({ completeToMs }) => completeToMs < atMs)).toBe(true);
  release();
  await until('the late leg', () => api.taken.some(has));
  await until('the mark moves on', () => api.taken.at(-1)!.completeToMs > atMs + 1_000);
  for (const [i, batch] of api.taken.entries()) {
    expect(batch.completeToMs).toBeGreaterThanOrEqual(api.taken[i - 1]?.completeToMs ?? 0);
    for (const later of api.taken.slice(i + 1)) for (const record of later.records) expect(record.atMs).toBeGreaterThan(batch.completeToMs);
  }
});

test('answers over the cap, compressed ones and binary ones are said to be unscored; inputs are kept only where asked for', async () => {
  api.publish([routeOf(one.variant, null, { settings: { recordInputs: true } })]);
  const { url, stop } = await gateway(api, { limits: { recordTextBytes: 300 } });
  const answers: [Record<string, string>, string | Buffer][] = [[{}, '{"outputs":[]}'], [{}, 'x'.repeat(301)], [{ 'content-encoding': 'gzip' }, Buffer.from([1])], [{ 'inference-header-content-length': '2' }, '{}x'], [{ 'content-type': 'application/octet-stream' }, '{}']];
  for (const [headers, body] of answers) {
    one.answer = (_seen, response) => { response.writeHead(200, { 'content-type': 'application/json', ...headers }).end(body); };
    const answer = await fetch(`${url}/v2/models/churn/infer`, { method: 'POST', body: '{"inputs":[]}' }).catch((error: unknown) => error);
    expect(answer).toBeDefined();
  }
  await stop();
  expect(api.records().map(({ response, unscored }) => [response, unscored])).toEqual([['{"outputs":[]}', null], [null, 'too-large'], [null, 'encoded'], [null, 'binary'], [null, 'binary']]);
  expect(api.records().every(({ request }) => request === '{"inputs":[]}')).toBe(true);
});

test('over the cap in bytes records are lost and counted; serving goes on', async () => {
  api.publish([routeOf(one.variant)]);
  api.leaseMs = 1_500;
  api.collector = 'down';
  const { url, stop } = await gateway(api, { limits: { recordQueueBytes: 3_000, flushMs: 100 } });
  for (let i = 0; i < 20; i += 1) expect((await predict(url)).status).toBe(200);
  await until('the loss is told', () => (api.syncs.at(-1)?.stats.recordsLost ?? 0) > 5);
  await stop();
});

test('a batch that the collector can never take does not stand in the way of the next', async () => {
  api.publish([routeOf(one.variant)]);
  api.leaseMs = 1_500;
  api.collector = 'refuses';
  const { url } = await gateway(api);
  await predict(url);
  await until('the loss is told', () => api.syncs.at(-1)?.stats.recordsLost === 1);
  api.collector = 'up';
  await predict(url);
  await until('the next record', () => api.records().length === 1);
});

test('a stop takes no new request, finishes those under way, and ships what is there', async () => {
  api.publish([routeOf(one.variant, two.variant)]);
  const { url, stop } = await gateway(api);
  one.answer = async (seen, response) => { await delay(400); ok(1)(seen, response); };
  const under = predict(url);
  await until('the request is under way', () => one.seen.length === 1);
  const stopping = stop();
  await delay(50);
  await expect(fetch(`${url}/v2/health/live`)).rejects.toThrow();
  expect((await under).status).toBe(200);
  await stopping;
  expect(api.records().map(({ role }) => role)).toEqual(['champion', 'shadow']);
  expect(api.goodbyes).toEqual(['/internal/v1/gateways/gw-t']);
});
