import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { MongoClient, type Db, type Document } from 'mongodb';
import type { RestoreCheckAnswer } from '../../api/contract.ts';
import { createClient, type Client } from '../../cli/client.ts';
import { createGateway, type Gateway } from '../../cli/gateway.ts';
import { run } from '../support/cli-run.ts';
import { churnOnnx, churnOnnx2 } from '../support/onnx-models.ts';
import { patient, rolloutWhere } from '../support/rollouts.ts';
import { startStack, type ProcessName, type Stack } from '../support/stack.ts';

/** Backups of the database and of Temporal are of different times; here Temporal goes on and the database is taken back. */
const LIMIT_MS = 90_000;
const REQUEST = { inputs: [{ name: 'features', datatype: 'FP32', shape: [1, 3], data: [1, 2, 40] }] };
const WRITERS: readonly ProcessName[] = ['api', 'worker', 'collector'];

let stack: Stack;
let client: Client;
let gateway: Gateway;
let mongo: MongoClient;
let db: Db;
let before: Snapshot;

beforeAll(async () => {
  stack = await startStack();
  client = createClient({ url: stack.apiUrl, key: stack.key(), timeoutMs: 20_000 });
  gateway = createGateway({ url: stack.gatewayUrl, key: null, timeoutMs: 20_000, connections: 2 });
  mongo = new MongoClient(stack.environment.MONGODB_URI!);
  db = mongo.db(stack.environment.LASTMILE_MONGODB_DATABASE);
  publish('1', churnOnnx());
  publish('2', churnOnnx2());
  const spec = { apiVersion: 'lastmile.dev/v1alpha1', kind: 'ModelDeployment', metadata: { name: 'churn' }, spec: { model: 'filesystem:churn@1', contract: { task: 'binary' }, labels: { delay: '1d' } } };
  await client.call('apply', { params: { name: 'churn' }, body: { spec } });
  await rolloutWhere(client, { name: 'churn', n: 1, limitMs: LIMIT_MS }, ({ rollout }) => rollout.endedAtMs !== null);
}, 240_000);
afterAll(async () => { await Promise.all([gateway.close(), mongo.close()]); await stack.stop(); }, 60_000);

test('what belongs together has no finding, before and after a promotion', async () => {
  expect(await settled([])).toEqual([]);
  before = await snapshot();
  await client.call('startRollout', { params: { name: 'churn' }, body: { model: 'filesystem:churn@2' } });
  await rolloutWhere(client, { name: 'churn', n: 2, limitMs: LIMIT_MS }, ({ rollout }) => rollout.state.stage === 'shadowing');
  await client.call('promote', { params: { name: 'churn', n: 2 }, body: { reason: 'for the test of restores' } });
  const { rollout } = await rolloutWhere(client, { name: 'churn', n: 2, limitMs: LIMIT_MS }, (view) => view.rollout.endedAtMs !== null);
  expect(rollout.state.outcome).toBe('promoted');
  expect(await settled([])).toEqual([]);
}, 200_000);

const APART = ['rollout-lost churn/2', 'route-behind-gateway churn at gw-1', 'route-behind-gateway churn at gw-2'];

test('a database from before the promotion: the lost rollout and the gateways ahead of their route are found, exit code 3', async () => {
  await restore(before);
  expect(await settled(APART)).toEqual(APART);
  const keyFile = join(stack.dataDir, 'keys', 'dev-api-key');
  const { code, out } = await run(['--api', stack.apiUrl, '--key-file', keyFile, 'admin', 'restore-check']);
  expect({ code, says: out.includes('lastmile rollback churn') && out.includes('route-table.json') }).toEqual({ code: 3, says: true });
  expect((await patient(() => gateway.infer('churn', REQUEST))).version).toBe('2');
}, 120_000);

test('the acts that the findings name bring it together again: nothing is found, exit code 0', async () => {
  await client.call('rollback', { params: { name: 'churn' }, body: { reason: 'restored' } });
  for (const name of ['gw-1', 'gw-2'] as const) {
    await stack.kill(name);
    rmSync(join(stack.dataDir, 'gateways', name, 'route-table.json'));
    await stack.start(name);
  }
  expect(await settled([])).toEqual([]);
  expect((await run(['--api', stack.apiUrl, '--key-file', join(stack.dataDir, 'keys', 'dev-api-key'), 'admin', 'restore-check'])).code).toBe(0);
  const { deployment, route } = await client.call('getDeployment', { params: { name: 'churn' } });
  expect({ status: deployment.status.champion?.model, same: route?.champion === deployment.status.champion?.variantId }).toEqual({ status: 'filesystem:churn@1', same: true });
  expect((await patient(() => gateway.infer('churn', REQUEST))).version).toBe('1');
}, 120_000);

type Snapshot = ReadonlyMap<string, readonly Document[]>;

async function snapshot(): Promise<Snapshot> {
  const names = (await db.listCollections().toArray()).map(({ name }) => name);
  return new Map(await Promise.all(names.map(async (name) => [name, await db.collection(name).find({}).toArray()] as const)));
}

/** As docs/operations.md says: what writes is stopped; gateways and modelhost go on. */
async function restore(of: Snapshot): Promise<void> {
  await Promise.all(WRITERS.map((name) => stack.kill(name)));
  for (const { name } of await db.listCollections().toArray()) {
    await db.collection(name).deleteMany({});
    const documents = of.get(name) ?? [];
    if (documents.length > 0) await db.collection(name).insertMany([...documents]);
  }
  await Promise.all(WRITERS.map((name) => stack.start(name)));
}

/** What the check finds once it is as expected, or in the end: gateways report within seconds. */
async function settled(expected: readonly string[]): Promise<readonly string[]> {
  for (const until = Date.now() + 40_000; ;) {
    const { findings } = await patient<RestoreCheckAnswer>(() => client.call('restoreCheck'));
    const found = findings.map(({ kind, subject }) => `${kind} ${subject}`).sort();
    if (JSON.stringify(found) === JSON.stringify(expected) || Date.now() > until) return found;
    await delay(500);
  }
}

function publish(version: string, bytes: Uint8Array): void {
  const folder = join(stack.registryDir, 'churn', version);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'model.onnx'), bytes);
}
