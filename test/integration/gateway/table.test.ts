import { readFileSync, writeFileSync } from 'node:fs';
import { act, closeAll, control, gateway, modelServer, predict, routeOf, until, TOKEN, type Control, type ModelServer, type TestGateway } from './harness.ts';

let api: Control; let one: ModelServer; let two: ModelServer;
beforeEach(async () => { [api, one, two] = [await control(), await modelServer(1), await modelServer(2)]; });
afterEach(closeAll);
const versionOf = async ({ url }: TestGateway): Promise<string | null> => (await predict(url)).headers.get('x-lastmile-version');
const status = async ({ url }: TestGateway): Promise<{ leaseLost: boolean; applied: Record<string, number> }> => await (await fetch(`${url}/status`, { headers: { authorization: `Bearer ${TOKEN}` } })).json() as never;

test('an older table and one signed by another key are refused; the held one stays', async () => {
  const first = routeOf(one.variant);
  const older = api.publish([first]);
  const promoted = act(first, { type: 'setChampion', variant: two.variant, expectedChampion: 'var_1', by: 'automation' });
  api.publish([promoted]);
  const served = await gateway(api);
  expect(await versionOf(served)).toBe('2');
  const stranger = await control();
  const forged = { ...stranger.publish([act(promoted, { type: 'setChampion', variant: one.variant, expectedChampion: 'var_2', by: 'automation' })]), keyId: older.keyId };
  for (const refused of [older, forged]) {
    const asked = api.syncs.length;
    api.give(refused);
    await until('it was offered', () => api.syncs.length > asked, 60_000);
    expect(await versionOf(served)).toBe('2');
    expect((await status(served)).applied).toEqual({ dep_1: 2 });
  }
});

test('a table that lacks a route is obeyed when it is newer: the deployment is gone', async () => {
  api.publish([routeOf(one.variant)]);
  const served = await gateway(api);
  expect((await predict(served.url)).status).toBe(200);
  api.publish([]);
  await until('gone', async () => (await predict(served.url)).status === 404);
});

test('promise 10: with API and collector gone it serves on, its challengers\' share goes to the champion when the lease ends, and comes back', async () => {
  api.leaseMs = 600;
  api.publish([routeOf(one.variant, two.variant, { share: 10_000 })]);
  const served = await gateway(api);
  expect(await versionOf(served)).toBe('2');
  await api.stop();
  await until('the lease ends', async () => await versionOf(served) === '1');
  expect((await status(served)).leaseLost).toBe(true);
  const mirroredBefore = two.seen.length;
  for (let i = 0; i < 20; i += 1) expect(await versionOf(served)).toBe('1');
  expect(two.seen).toHaveLength(mirroredBefore);
  await api.start();
  await until('the share is back', async () => await versionOf(served) === '2', 60_000);
  await until('records of the time without a lease', () => api.records().some(({ leaseLost, role, assignmentPer10k }) => leaseLost && role === 'champion' && assignmentPer10k === 10_000));
});

test('a start without the API serves the table from disk as if the lease were lost; failClosed deployments stay closed', async () => {
  api.publish([routeOf(one.variant, two.variant, { share: 10_000 })]);
  const first = await gateway(api);
  expect(await versionOf(first)).toBe('2');
  await first.stop();
  await api.stop();
  const again = await gateway(api, { tablePath: first.options.tablePath, limits: { firstSyncMs: 100 } });
  expect(await versionOf(again)).toBe('1');
  expect((await fetch(`${again.url}/v2/health/ready`)).status).toBe(200);
  await again.stop();

  await api.start();
  api.publish([routeOf(one.variant, null, { settings: { onLostControl: 'failClosed' } })]);
  const closed = await gateway(api);
  expect((await predict(closed.url)).status).toBe(200);
  await closed.stop();
  await api.stop();
  const alone = await gateway(api, { tablePath: closed.options.tablePath, limits: { firstSyncMs: 100 } });
  expect((await predict(alone.url)).status).toBe(503);
  await api.start();
  await until('control is back', async () => (await predict(alone.url)).status === 200);
});

test.each(['', '{"keyId":"x"}', 'half a tab'])('a table on disk that reads %p is left aside', async (text) => {
  api.publish([routeOf(one.variant)]);
  const first = await gateway(api);
  await first.stop();
  writeFileSync(first.options.tablePath, text);
  await api.stop();
  const again = await gateway(api, { tablePath: first.options.tablePath, limits: { firstSyncMs: 50 } });
  expect((await fetch(`${again.url}/v2/health/ready`)).status).toBe(503);
});

test('a table on disk that was changed by hand is not obeyed', async () => {
  api.publish([routeOf(one.variant)]);
  const first = await gateway(api);
  await first.stop();
  await api.stop();
  const kept = JSON.parse(readFileSync(first.options.tablePath, 'utf8')) as { table: string };
  writeFileSync(first.options.tablePath, JSON.stringify({ ...kept, table: kept.table.replaceAll(String(one.port), String(two.port)) }));
  const again = await gateway(api, { tablePath: first.options.tablePath, limits: { firstSyncMs: 50 } });
  expect((await predict(again.url)).status).toBe(503);
  expect(two.seen).toHaveLength(0);
});

test('several gateways share one port and each speaks for itself', async () => {
  api.publish([routeOf(one.variant)]);
  const first = await gateway(api, { gatewayId: 'gw-1' });
  const second = await gateway(api, { gatewayId: 'gw-2', port: first.port });
  expect(second.port).toBe(first.port);
  await first.stop();
  for (let i = 0; i < 10; i += 1) expect((await predict(second.url)).status).toBe(200);
  expect(new Set(api.syncs.map(({ gatewayId }) => gatewayId))).toEqual(new Set(['gw-1', 'gw-2']));
});
