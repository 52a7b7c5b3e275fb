import { randomUUID } from 'node:crypto';
import { MongoClient } from 'mongodb';
import { stores as databases } from '../../../adapters/store/index.ts';
import { createKillDriver } from '../../../api/kill/driver.ts';
import { eventually } from '../../../conformance/stores/suite.ts';
import { firstBreak } from '../../../domain/audit.ts';
import { createWorld, type World } from '../../support/api-world.ts';
import { fakeGateway, inService, type FakeGateway } from './world-of-kills.ts';

const uri = process.env.TEST_MONGODB_URI!;
let database: string;
let world: World;
let key: string;
const gateways: FakeGateway[] = [];
beforeEach(async () => {
  database = `kills-${randomUUID().slice(0, 8)}`;
  const stores = databases.mongodb.create({ uri, database });
  await stores.prepare();
  world = await createWorld({ stores });
  key = await world.key();
});
afterEach(async () => {
  await Promise.all(gateways.splice(0).map((each) => each.close()));
  await world.close();
  const client = new MongoClient(uri);
  await client.db(database).dropDatabase();
  await client.close();
});
async function start(count: number): Promise<void> {
  for (let i = 1; i <= count; i += 1) gateways.push(await fakeGateway(world, `gw-${String(i)}`));
  Object.assign(world.ports.settings, { gatewayUrl: gateways[0]!.url });
}

test('over MongoDB, by several replicas at once: a kill is proved, told once, revived', async () => {
  const { uid } = await inService(world);
  await start(2);
  const replicas = [1, 2].map(() => createKillDriver(world.ports));
  for (const replica of replicas) replica.start();
  world.backend.broken = true;
  const { kill } = (await world.call('POST', '/api/v1/deployments/churn/kill', { key, body: {}, headers: { 'idempotency-key': 'k1' } })).json;
  const now = async () => (await world.stores.kills.get('default', kill.killId))!;
  expect(await eventually(async () => (await now()).state === 'silent')).toBe(true);
  world.pass(11_000);
  expect(await eventually(async () => (await now()).state === 'unconfirmed')).toBe(true);
  world.backend.broken = false;
  world.pass(31_000);
  expect(await eventually(async () => (await now()).state === 'proved', 60_000)).toBe(true);
  const repeated = await world.call('POST', '/api/v1/deployments/churn/kill', { key, body: {}, headers: { 'idempotency-key': 'k1' } });
  expect(repeated.json.kill.killId).toBe(kill.killId);
  const revived = await world.call('POST', `/api/v1/kills/${kill.killId}/revive`, { key, body: { reason: 'a false alarm' } });
  expect(revived.json.kill.state).toBe('revived');
  expect((await world.stores.routes.get('default', uid))!.tombstones).toEqual([]);
  const audit = async () => world.stores.audit.read('default', { afterSeq: 0, limit: 100, subject: 'churn' });
  const told = ['deployment.kill', 'deployment.kill-unconfirmed', 'deployment.kill-proved', 'deployment.revive'];
  const mine = async () => (await audit()).map(({ action }) => action).filter((action) => told.includes(action));
  expect(await eventually(async () => (await mine()).length >= told.length)).toBe(true);
  for (const replica of replicas) await replica.stop();
  expect((await mine()).sort()).toEqual([...told].sort());
  expect(firstBreak(await world.stores.audit.read('default', { afterSeq: 0, limit: 100, subject: null }))).toBeNull();
  expect((await world.stores.outbox.pending(10)).map(({ id, rolloutId }) => [id, rolloutId])).toEqual([[`killed/${kill.killId}`, null], [`revived/${kill.killId}`, null]]);
});

test('over MongoDB an ordinary kill is proved in its answer', async () => {
  await inService(world);
  await start(2);
  const { kill } = (await world.call('POST', '/api/v1/deployments/churn/kill', { key, body: {} })).json;
  expect(kill).toMatchObject({ answering: '6', state: 'proved' });
});

test('without MongoDB the answer names the way that needs none', async () => {
  const away = await createWorld({ stores: databases.mongodb.create({ uri: 'mongodb://127.0.0.1:1/?replicaSet=rs0', database: 'away' }) });
  const answer = await away.call('POST', '/api/v1/deployments/churn/kill', { key: `lm_${'A'.repeat(43)}`, body: {} });
  expect([answer.status, answer.json.code, answer.json.detail]).toEqual([503, 'LM_STORE_UNAVAILABLE', expect.stringContaining('run `lastmile kill`')]);
  await away.close();
});
