import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MongoClient } from 'mongodb';
import { stores as databases } from '../../../adapters/store/index.ts';
import { sampleBlock, sampleEntry, sampleLeg, sampleRoute, variantOf } from '../../../conformance/stores/samples.ts';
import { eventually, newScope } from '../../../conformance/stores/suite.ts';
import type { Stores } from '../../../ports/stores.ts';

/** A mongod of our own, since it is killed. */
let folder: string;
let port: number;
let mongod: ChildProcess;
let stores: Stores;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lastmile-outage-'));
  port = await freePort();
  await startMongod();
  const direct = new MongoClient(`mongodb://127.0.0.1:${port}/?directConnection=true`);
  await direct.db('admin').command({ replSetInitiate: { _id: 'rs0', members: [{ _id: 0, host: `127.0.0.1:${port}` }] } });
  await direct.close();
  stores = databases.mongodb.create({ uri: `mongodb://127.0.0.1:${port}/?replicaSet=rs0`, database: 'outage' });
  expect(await eventually(() => stores.healthy(), 60_000)).toBe(true);
  await stores.prepare();
});

afterAll(async () => {
  mongod.kill('SIGCONT');
  await stores.close();
  await killMongod();
  await rm(folder, { recursive: true, force: true });
});

async function startMongod(): Promise<void> {
  mongod = spawn(process.env.TEST_MONGOD!, ['--dbpath', folder, '--replSet', 'rs0', '--bind_ip', '127.0.0.1', '--port', String(port), '--wiredTigerCacheSizeGB', '0.25', '--nounixsocket'], { stdio: 'ignore' });
  await once(mongod, 'spawn');
}

async function killMongod(): Promise<void> {
  const exited = once(mongod, 'exit');
  mongod.kill('SIGKILL');
  await exited;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port: free } = server.address() as AddressInfo;
  server.close();
  return free;
}

test('while mongod is gone every call fails soon as LM_STORE_UNAVAILABLE; after its return all goes on, watchers too, nothing acknowledged is lost', async () => {
  const scope = newScope();
  await stores.routes.create(sampleRoute(scope));
  await stores.evidence.seal(sampleBlock(scope));
  await stores.audit.append(scope.tenant, sampleEntry('a1'));
  let heard = 0;
  const stop = await stores.routes.watch(() => { heard += 1; });
  await stores.routes.apply(scope.tenant, scope.uid, { commandId: 'c1', atMs: 1, type: 'kill', targets: ['var_a'], inFlight: 'abort' });
  expect(await eventually(() => heard > 0)).toBe(true);

  await killMongod();
  const started = performance.now();
  const calls = [
    stores.routes.get(scope.tenant, scope.uid), stores.audit.append(scope.tenant, sampleEntry('a2')), stores.evidence.seal(sampleBlock(scope, { slot: 2 })), stores.labels.count(scope.tenant, scope.uid),
    stores.records.putBatch({ gatewayId: 'g', incarnation: 1, seq: 1, completeToMs: 0, receivedAtMs: 0, drops: [], legs: [sampleLeg(scope)] }),
  ];
  for (const outcome of await Promise.allSettled(calls)) expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'LM_STORE_UNAVAILABLE', retryable: true } });
  expect(await stores.healthy()).toBe(false);
  expect(performance.now() - started).toBeLessThan(15_000);

  await startMongod();
  expect(await eventually(() => stores.healthy(), 60_000)).toBe(true);
  heard = 0;
  expect((await stores.routes.apply(scope.tenant, scope.uid, { commandId: 'c2', atMs: 1, type: 'kill', targets: ['var_b'], inFlight: 'abort' })).outcome).toBe('applied');
  expect(await eventually(() => heard > 0)).toBe(true);
  expect((await stores.routes.get(scope.tenant, scope.uid))?.tombstones).toEqual(['var_a', 'var_b']);
  expect(await stores.evidence.blocks(scope.tenant, `${scope.uid}/1`)).toEqual([sampleBlock(scope)]);
  expect((await stores.audit.append(scope.tenant, sampleEntry('a2'))).seq).toBe(2);
  await stop();
});

test('a mongod that hangs does not hang its callers', async () => {
  const scope = newScope();
  await stores.routes.create(sampleRoute(scope));
  mongod.kill('SIGSTOP');
  // The signal takes a moment to reach every thread; until then the server may still answer.
  expect(await eventually(() => Promise.resolve(/^State:\s+T/m.test(readFileSync(`/proc/${mongod.pid}/status`, 'utf8'))), 60_000)).toBe(true);
  const started = performance.now();
  await expect(stores.routes.get(scope.tenant, scope.uid)).rejects.toMatchObject({ code: 'LM_STORE_UNAVAILABLE' });
  expect(performance.now() - started).toBeLessThan(30_000);
  mongod.kill('SIGCONT');
  expect(await eventually(() => stores.healthy(), 60_000)).toBe(true);
  expect(await stores.routes.get(scope.tenant, scope.uid)).not.toBeNull();
});

test('a crash between content and marker of a batch is mended by its repeat', async () => {
  const scope = newScope();
  const legs = ['a', 'b'].map((letter) => sampleLeg(scope, { variantId: variantOf(scope, letter), alias: 'order' }));
  const drops = [{ tenantId: scope.tenant, deploymentUid: scope.uid, variantId: variantOf(scope, 'b'), reason: 'cap' as const, count: 3 }];
  const batch = { gatewayId: `g-${scope.id}`, incarnation: 1, seq: 1, completeToMs: 5, receivedAtMs: 5, legs, drops };
  await stores.records.putBatch(batch);
  const client = new MongoClient(`mongodb://127.0.0.1:${port}/?replicaSet=rs0`);
  await client.db('outage').collection<{ _id: string }>('batches').deleteMany({});
  await client.db('outage').collection<{ _id: string }>('legs').deleteOne({ _id: `inf_1/${variantOf(scope, 'b')}` });
  await client.close();
  expect(await stores.records.putBatch(batch)).toEqual({ stored: 1, repeated: false });
  expect(await stores.records.drops(scope.tenant, scope.uid, variantOf(scope, 'b'))).toEqual({ cap: 3 });
  expect(await stores.records.legs(scope.tenant, scope.uid, { clock: 'gateway', fromMs: 0, toMs: 99_999, variantIds: [variantOf(scope, 'a'), variantOf(scope, 'b')] })).toEqual(legs);
});
