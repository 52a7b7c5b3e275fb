import { setTimeout as delay } from 'node:timers/promises';
import { verifyTable } from '../../../config/signing.ts';
import { digestOf, digestOfJson } from '../../../domain/digest.ts';
import type { GatewaySync } from '../../../domain/traffic/table.ts';
import { inCanary } from '../../support/api-documents.ts';
import { createWorld, SERVICE_TOKEN, smallFile, type Answer, type World } from '../../support/api-world.ts';

let world: World;
beforeEach(async () => {
  world = await createWorld({ leaseMs: 3_000 });
  await world.call('PUT', '/api/v1/deployments/churn', { key: await world.key({ scopes: ['deploy'] }), body: { spec: smallFile() } });
});
afterEach(() => world.close());

const STATS = { startedAtMs: 1, requests: 10, refused: 0, errors: 0, mirrored: 0, dropped: 0, recordsPending: 0, recordsLost: 0, perVariant: { var_6: 9, var_x: 1 } };
const hello = (part: Partial<GatewaySync> = {}): GatewaySync => ({ gatewayId: 'gw-1', incarnation: 1, address: 'http://127.0.0.1:1', adminAddress: null, tableDigest: null, applied: {}, ownKills: {}, quiet: {}, stats: STATS, waitMs: 0, ...part });
const sync = (body: unknown, token = SERVICE_TOKEN): Promise<Answer> => world.call('POST', '/internal/v1/gateways/sync', { key: token, body });
const tableOf = (answer: Answer) => verifyTable(answer.json.table!, [world.publicKey])!;

test('without the service token nothing inside is reached, not even with an admin key', async () => {
  for (const token of ['', 'wrong-token-wrong-token-wrong-token', await world.key()]) expect((await sync(hello(), token)).status).toBe(401);
  expect((await world.call('GET', `/internal/v1/artifacts/sha256:${'0'.repeat(64)}`)).status).toBe(401);
  expect((await world.call('GET', '/internal/v1/anything')).status).toBe(401);
});

test('the table is signed, without command logs, with the hashes of callers', async () => {
  await inCanary(world.stores);
  const secret = await world.key({ scopes: ['infer'] });
  const answer = await sync(hello());
  expect(answer.json.leaseMs).toBe(3_000);
  const table = tableOf(answer);
  expect(table.routes).toMatchObject([{ name: 'churn', champion: 'var_6', shares: [{ variantId: 'var_7', sharePer10k: 500 }] }]);
  expect(table.routes[0]).not.toHaveProperty('applied');
  expect(table.callers).toMatchObject([{ tenantId: 'default', scopes: ['infer'] }]);
  expect(answer.text).not.toContain(secret);
});

test('who has the table waits, by either way of naming it', async () => {
  const table = tableOf(await sync(hello()));
  const text = (await sync(hello())).json.table!.table;
  for (const tableDigest of [digestOfJson({ routes: table.routes, callers: table.callers } as never), digestOf(text)]) {
    const begun = Date.now();
    const answer = await sync(hello({ tableDigest, waitMs: 200 }));
    expect(answer.json.table).toBeNull();
    expect(Date.now() - begun).toBeGreaterThanOrEqual(190);
  }
});

test('a change of a route ends the wait at once', async () => {
  const known = digestOf((await sync(hello())).json.table!.table);
  const waiting = sync(hello({ tableDigest: known, waitMs: 60_000 }));
  await delay(50);
  const begun = Date.now();
  await inCanary(world.stores);
  const table = tableOf(await waiting);
  expect(Date.now() - begun).toBeLessThan(800);
  expect(table.routes[0]!.revision).toBeGreaterThan(0);
});

test('the wait is bounded by a third of the lease', async () => {
  const known = digestOf((await sync(hello())).json.table!.table);
  const begun = Date.now();
  expect((await sync(hello({ tableDigest: known, waitMs: 60_000 }))).json.table).toBeNull();
  expect(Date.now() - begun).toBeLessThan(1_900);
});

test('a revoked caller leaves the table', async () => {
  const secret = await world.key({ scopes: ['infer'] });
  expect(tableOf(await sync(hello())).callers).toHaveLength(1);
  const { id } = (await world.stores.keys.list('default')).find(({ prefix }) => secret.startsWith(prefix))!;
  await world.stores.keys.revoke('default', id, world.now());
  expect(tableOf(await sync(hello())).callers).toEqual([]);
});

test('gateways are registered with what they obey, and forgotten when they say so', async () => {
  const record = await inCanary(world.stores);
  await sync(hello({ applied: { [record.uid]: 1 } }));
  const key = await world.key();
  const { gateways } = (await world.call('GET', '/api/v1/gateways', { key })).json;
  expect(gateways).toMatchObject([{ gatewayId: 'gw-1', live: true, behind: ['churn'] }]);
  expect(gateways[0]!.stats.perVariant).toEqual({ var_6: 9 });
  expect((await world.call('GET', '/api/v1/health')).json.status).toBe('ok');
  world.pass(60_000);
  expect((await world.call('GET', '/api/v1/gateways', { key })).json.gateways[0]!.live).toBe(false);
  expect((await world.call('DELETE', '/internal/v1/gateways/gw-1', { key: SERVICE_TOKEN })).status).toBe(204);
  expect((await world.call('GET', '/api/v1/gateways', { key })).json.gateways).toEqual([]);
});

test('the lease in the registry outlasts the one that the gateway counts', async () => {
  await sync(hello({ waitMs: 500 }));
  const [registered] = await world.stores.gateways.list();
  expect(registered!.leaseUntilMs).toBeGreaterThanOrEqual(world.now() + 3_000);
});

test('a database that is away renews no lease', async () => {
  const { LastmileError } = await import('../../../domain/errors.ts');
  world.stores.routes.all = async () => { throw new LastmileError('LM_STORE_UNAVAILABLE', 'MongoDB does not answer.'); };
  expect((await sync(hello())).status).toBe(503);
});

test.each([{}, { ...hello(), waitMs: -1 }, { ...hello(), gatewayId: '../x' }, { ...hello(), extra: 1 }, { ...hello(), applied: { u: 'x' } }])('a malformed sync is refused: %#', async (body) => { expect((await sync(body)).status).toBe(400); });

test('packages go out by digest, byte for byte', async () => {
  const bytes = Buffer.from('the bytes of a model');
  const { digest } = await world.ports.artifacts.put(bytes);
  const answer = await world.call('GET', `/internal/v1/artifacts/${digest}`, { key: SERVICE_TOKEN });
  expect([answer.status, answer.text]).toEqual([200, 'the bytes of a model']);
  for (const other of [`sha256:${'0'.repeat(64)}`, 'sha256:..%2f..%2fetc', 'x']) expect((await world.call('GET', `/internal/v1/artifacts/${other}`, { key: SERVICE_TOKEN })).status).toBe(404);
});
