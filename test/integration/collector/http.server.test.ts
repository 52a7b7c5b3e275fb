import { randomUUID } from 'node:crypto';
import { request } from 'node:http';
import { stores as databases } from '../../../adapters/store/index.ts';
import type { Stores } from '../../../ports/stores.ts';
import { collectorProcess, post, postUntilTaken, type CollectorProcess } from './collector-process.ts';
import { openShadow, recordedStream, SCOPE } from './stream.ts';

const uri = process.env.TEST_MONGODB_URI!;
const database = `http-${randomUUID().slice(0, 8)}`;
const [BATCH] = recordedStream({ inferences: 40, perBatch: 40, eventStepMs: 1_000, atStepMs: 20, seed: 3 }).flatMap((operation) => (operation.type === 'batch' && operation.batch.records.length > 0 ? [operation.batch] : []));

let stores: Stores;
let collector: CollectorProcess;
beforeAll(async () => {
  stores = databases.mongodb.create({ uri, database });
  await openShadow(stores);
  collector = await collectorProcess({ uri, database });
  await collector.start();
}, 60_000);
afterAll(async () => { await collector.kill(); await stores.close(); });

const kept = async (): Promise<number> => (await stores.records.legs(SCOPE.tenant, SCOPE.uid, { clock: 'gateway', fromMs: 0, toMs: Number.MAX_SAFE_INTEGER, variantIds: ['var_champion', 'var_challenger'] })).length;

test.each([
  ['no JSON', '{', 400], ['no batch', '[]', 400], ['a batch with one bad leg', JSON.stringify({ ...BATCH, records: [...BATCH!.records, { v: 1 }] }), 400], ['a newer version', JSON.stringify({ ...BATCH, v: 2 }), 501],
])('%s is a problem and stores nothing', async (_, body, status) => {
  const response = await post(collector.url, body);
  expect(response.status).toBe(status);
  expect(response.headers.get('content-type')).toBe('application/problem+json');
  expect(await response.json()).toMatchObject({ status, code: 'LM_INVALID_REQUEST' });
  expect(await kept()).toBe(0);
});

test.each(['', 'wrong', 'a-service-token-of-at-least-32-characters-and-more'])('the token "%s" is refused', async (token) => {
  const response = await post(collector.url, JSON.stringify(BATCH), token);
  expect(response.status).toBe(401);
  expect(await kept()).toBe(0);
});

test('a body over the limit is refused before it is read', async () => {
  const status = await new Promise<number | undefined>((resolve, reject) => {
    const sending = request(`${collector.url}/v1/records`, { method: 'POST', headers: { authorization: 'Bearer a-service-token-of-at-least-32-characters', 'content-length': 33 * 1_024 * 1_024 } }, (response) => { resolve(response.statusCode); response.resume(); sending.destroy(); });
    sending.on('error', reject);
    sending.write('{');
  });
  expect(status).toBe(413);
});

test('an unknown path is a problem, health needs no token', async () => {
  expect((await fetch(`${collector.url}/v2/records`)).status).toBe(404);
  expect(await (await fetch(`${collector.url}/health`)).json()).toEqual({ status: 'ok', store: true });
});

test('a batch is stored once; SIGTERM ends the process well, and the next one knows it', async () => {
  const body = JSON.stringify(BATCH);
  expect(await (await post(collector.url, body)).json()).toEqual({ stored: BATCH!.records.length, repeated: false, refused: 0 });
  expect(await (await post(collector.url, body)).json()).toEqual({ stored: 0, repeated: true, refused: 0 });
  expect(await collector.stop()).toBe(0);
  await collector.start();
  await postUntilTaken(collector.url, body);
  expect(await kept()).toBe(BATCH!.records.length);
});
