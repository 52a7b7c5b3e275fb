import { setTimeout as delay } from 'node:timers/promises';
import { createWorld, smallFile, type Answer, type World } from '../../support/api-world.ts';

let world: World;
let key: string;
beforeEach(async () => {
  world = await createWorld();
  key = await world.key();
  await world.call('PUT', '/api/v1/deployments/churn', { key, body: { spec: smallFile() } });
});
afterEach(() => world.close());

const pause = (reason: string, idempotencyKey: string): Promise<Answer> => world.call('POST', '/api/v1/deployments/churn/rollouts/1/pause', { key, body: { reason }, headers: { 'idempotency-key': idempotencyKey } });

test('the same key and request act once and answer the same', async () => {
  const [first, second] = [await pause('wait', 'k1'), await pause('wait', 'k1')];
  expect(second.json).toEqual(first.json);
  expect(second.headers['idempotency-replayed']).toBe('true');
  expect(world.orchestrator.commands).toHaveLength(1);
  expect(world.orchestrator.commands[0]!.updateId).toBe('default:k1');
});

test('the same key with another body or path is 422', async () => {
  await pause('wait', 'k1');
  expect((await pause('hold', 'k1')).json.code).toBe('LM_IDEMPOTENCY_MISMATCH');
  const other = await world.call('POST', '/api/v1/deployments/churn/rollouts/1/resume', { key, body: { reason: 'wait' }, headers: { 'idempotency-key': 'k1' } });
  expect(other.status).toBe(422);
  expect(world.orchestrator.commands).toHaveLength(1);
});

test('while the first still runs the second is 409', async () => {
  let open = (): void => undefined;
  world.orchestrator.gate = new Promise((resolve) => { open = resolve; });
  const first = pause('wait', 'k1');
  while (world.orchestrator.waiting === 0) await delay(5);
  const second = await pause('wait', 'k1');
  expect([second.status, second.headers['retry-after']]).toEqual([409, '1']);
  open();
  expect((await first).status).toBe(200);
  expect(world.orchestrator.commands).toHaveLength(1);
});

test('a refusal is replayed, an absence is tried again', async () => {
  world.orchestrator.away = true;
  expect((await pause('wait', 'k1')).status).toBe(503);
  world.orchestrator.away = false;
  expect((await pause('wait', 'k1')).status).toBe(200);
  const missing = (): Promise<Answer> => world.call('POST', '/api/v1/deployments/nobody/rollback', { key, body: { reason: 'because' }, headers: { 'idempotency-key': 'k2' } });
  expect((await missing()).status).toBe(404);
  const replayed = await missing();
  expect([replayed.status, replayed.headers['idempotency-replayed'], replayed.headers['content-type']]).toEqual([404, 'true', 'application/problem+json']);
});

test('without a key each call is its own', async () => {
  for (let i = 0; i < 2; i += 1) await world.call('POST', '/api/v1/deployments/churn/rollouts/1/pause', { key, body: {} });
  expect(world.orchestrator.commands).toHaveLength(2);
  expect(world.orchestrator.commands[0]!.updateId).not.toBe(world.orchestrator.commands[1]!.updateId);
});

test.each(['', 'with blank', 'x'.repeat(201), 'umläut'])('"%s" is no Idempotency-Key', async (text) => {
  const answer = await world.call('POST', '/api/v1/deployments/churn/rollouts/1/pause', { key, body: {}, headers: { 'idempotency-key': Buffer.from(text, 'utf8').toString('latin1') } });
  expect(answer.status).toBe(400);
});
