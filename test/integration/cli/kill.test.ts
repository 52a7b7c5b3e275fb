import { createServer, type Server } from 'node:http';
import { mkdtempSync, readdirSync, statSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fakeLastmile, problem, type FakeLastmile } from './fake-lastmile.ts';
import { killView as view } from './recorded.ts';
import { run } from '../../support/cli-run.ts';

const servers: Server[] = [];
let fake: FakeLastmile | null = null;
beforeEach(() => { process.env.LASTMILE_STATE_DIR = mkdtempSync(join(tmpdir(), 'lastmile-kill-state-')); });
afterEach(async () => {
  await fake?.close();
  fake = null;
  await Promise.all(servers.splice(0).map((server) => new Promise((resolve) => { server.closeAllConnections(); server.close(resolve); })));
});

/** A gateway's or model server's admin listener that answers `answer` and keeps what it was told. */
async function admin(answer: (body: Record<string, unknown>, bearer: string) => { status?: number; body: unknown }): Promise<{ url: string; told: Record<string, unknown>[]; paths: string[] }> {
  const told: Record<string, unknown>[] = [];
  const paths: string[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk)).on('end', () => {
      const body = JSON.parse(Buffer.concat(chunks).toString()) as Record<string, unknown>;
      told.push(body);
      paths.push(request.url ?? '');
      const reply = answer(body, request.headers.authorization ?? '');
      response.writeHead(reply.status ?? 200, { 'content-type': 'application/json' }).end(JSON.stringify(reply.body));
    });
  });
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  servers.push(server);
  return { url: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`, told, paths };
}

const gatewayAnswer = (gatewayId: string, body: Record<string, unknown>, state: 'silent' | 'fenced' = 'silent'): object => ({
  gatewayId, killId: body.killId, deploymentUid: 'dep_1', targets: ['var_a'], variants: [{ variantId: 'var_a', version: '7', backendUrl: 'http://m' }], state, inFlight: state === 'silent' ? 0 : 2, aborted: 1, answering: '6',
});

async function contact(kit: { gateways: { gatewayId: string; adminAddress: string }[]; backends: { name: string; url: string }[] }): Promise<FakeLastmile> {
  fake = await fakeLastmile({
    'GET /api/v1/deployments': () => ({ body: { items: [], next: null } }),
    'POST /api/v1/break-glass': () => ({ body: { v: 1, apiUrl: 'x', token: 'bg1.token', expiresAtMs: Date.now() + 60_000, savedAtMs: 0, ...kit } }),
  });
  expect((await run(['status', '--api', fake.url])).code).toBe(0);
  return fake;
}

test('kill waits for the proof, shows it, and asks for the reason afterwards', async () => {
  let asked = 0;
  fake = await fakeLastmile({
    'POST /api/v1/deployments/churn/kill': () => ({ status: 202, body: view() }),
    'GET /api/v1/kills/kil_1': () => { asked += 1; return { body: asked < 2 ? view() : view({ state: 'proved', provedAtMs: 1_400 }) }; },
  });
  const ran = await run(['kill', 'churn', '--api', fake.url]);
  expect(ran.code).toBe(0);
  expect(ran.out).toMatch(/kil_1 of churn: proved/);
  expect(ran.out).toMatch(/silent after 30 ms, proved after 400 ms/);
  expect(ran.out).toMatch(/answers now: version 6/);
  expect(ran.err).toMatch(/lastmile kills --id kil_1 --reason/);
  expect(fake.seen[0]?.body).toEqual({ scope: { kind: 'champion' }, inFlight: 'abort', reason: null });
});

test.each([
  [['--version', '7'], { kind: 'version', version: '7' }], [['--variant', 'var_a'], { kind: 'variant', variantId: 'var_a' }], [['--challengers'], { kind: 'challengers' }], [['--all'], { kind: 'all' }],
  [['--digest', 'sha256:a'], { kind: 'digest', digest: 'sha256:a' }],
])('%j is sent as its scope', async (flags, scope) => {
  fake = await fakeLastmile({ 'POST /api/v1/deployments/churn/kill': () => ({ body: view({ state: 'proved' }) }) });
  expect((await run(['kill', 'churn', ...flags, '--drain', '--reason', 'losing', '--json', '--api', fake.url])).code).toBe(0);
  expect(fake.seen[0]?.body).toEqual({ scope, inFlight: 'drain', reason: 'losing' });
});

test('a digest everywhere is followed to the proof in each deployment, with the key and the state that were asked for', async () => {
  let asked = 0;
  const two = (state: 'silent' | 'proved') => view({ killId: 'kil_2', deployment: 'fraud', state });
  fake = await fakeLastmile({
    'POST /api/v1/kill': () => ({ status: 202, body: { kills: [view({ state: 'proved' }), two('silent')] } }),
    'GET /api/v1/kills/kil_2': () => { asked += 1; return { body: two(asked < 2 ? 'silent' : 'proved') }; },
  });
  const ran = await run(['kill', '--digest', 'sha256:a', '--idempotency-key', 'k-1', '--api', fake.url]);
  expect([ran.code, asked]).toEqual([0, 2]);
  expect(ran.out).toMatch(/kil_1 of churn: proved[\s\S]*kil_2 of fraud: proved/);
  expect(fake.seen[0]?.headers['idempotency-key']).toBe('k-1');
  asked = -1_000;
  expect((await run(['kill', '--digest', 'sha256:a', '--wait', 'silent', '--api', fake.url])).code).toBe(0);
  expect(asked).toBe(-1_000);
  expect((await run(['kill', '--digest', 'sha256:a', '--for', '300ms', '--api', fake.url])).code).toBe(75);
  const straight = await run(['kill', '--digest', 'sha256:a', '--direct', '--api', fake.url]);
  expect([straight.code, straight.err]).toEqual([1, expect.stringContaining('lastmile kill NAME --digest')]);
});

test('--version without its value kills nothing and is a usage error; alone it is the version', async () => {
  fake = await fakeLastmile({});
  const ran = await run(['kill', 'churn', '--api', fake.url, '--version']);
  expect([ran.code, ran.out, fake.seen]).toEqual([2, '', []]);
  expect((await run(['--api', fake.url, '--version'])).out).toMatch(/^\d+\.\d+\.\d+\n$/);
});

test('two scopes, or none and no name, are refused before anything is asked', async () => {
  fake = await fakeLastmile({});
  expect((await run(['kill', 'churn', '--all', '--challengers', '--api', fake.url])).code).toBe(1);
  expect((await run(['kill', '--all', '--api', fake.url])).code).toBe(1);
  expect(fake.seen).toEqual([]);
});

test('what is not confirmed ends with 75 and names who is missing and what bounds it', async () => {
  const missing = view({ state: 'unconfirmed', missing: ['gateway gw-2 cannot be reached'], bound: 'no bound: gateway gw-2 may go on' });
  fake = await fakeLastmile({ 'POST /api/v1/deployments/churn/kill': () => ({ body: missing }), 'GET /api/v1/kills/kil_1': () => ({ body: missing }) });
  const ran = await run(['kill', 'churn', '--for', '300ms', '--api', fake.url]);
  expect([ran.code, ran.out.includes('missing: gateway gw-2 cannot be reached'), ran.out.includes('bound: no bound: gateway gw-2')]).toEqual([75, true, true]);
});

test('an answer that is a no stays a no: nothing goes to the gateways behind it', async () => {
  const gateway = await admin(() => ({ body: {} }));
  const api = await contact({ gateways: [{ gatewayId: 'gw-1', adminAddress: gateway.url }], backends: [] });
  api.handlers['POST /api/v1/deployments/churn/kill'] = () => problem(404, 'LM_DEPLOYMENT_NOT_FOUND', 'no churn');
  expect((await run(['kill', 'churn', '--api', api.url])).code).toBe(5);
  expect(gateway.told).toEqual([]);
});

test('without the API it goes straight to the gateways and the model server of the last contact, and says so', async () => {
  const [one, two] = [await admin((body) => ({ body: gatewayAnswer('gw-1', body) })), await admin((body) => ({ body: gatewayAnswer('gw-2', body) }))];
  const host = await admin(() => ({ body: { variants: { var_a: { state: 'gone', requests: 5, requestsAfter: 0 } } } }));
  const api = await contact({ gateways: [{ gatewayId: 'gw-1', adminAddress: one.url }, { gatewayId: 'gw-2', adminAddress: two.url }], backends: [{ name: 'modelhost', url: host.url }] });
  await api.close();
  const ran = await run(['kill', 'churn', '--version', '7', '--api', api.url]);
  expect(ran.err).toMatch(/going straight to 2 gateway\(s\)/);
  expect([ran.code, ran.out.includes('every gateway of the last contact is silent')]).toEqual([0, true]);
  expect([one.paths, two.paths, host.paths]).toEqual([['/admin/v1/kills'], ['/admin/v1/kills'], ['/admin/kills']]);
  expect(one.told[0]).toMatchObject({ deployment: 'churn', scope: { kind: 'version', version: '7' }, inFlight: 'abort' });
  expect(one.told[0]?.killId).toBe(two.told[0]?.killId);
  expect(host.told).toEqual([{ variantIds: ['var_a'] }]);
});

test('a store that is away is a reason to go straight too; a gateway that does not answer makes it 75 by name', async () => {
  const one = await admin((body) => ({ body: gatewayAnswer('gw-1', body) }));
  const api = await contact({ gateways: [{ gatewayId: 'gw-1', adminAddress: one.url }, { gatewayId: 'gw-9', adminAddress: 'http://127.0.0.1:9' }], backends: [] });
  api.handlers['POST /api/v1/deployments/churn/kill'] = () => problem(503, 'LM_STORE_UNAVAILABLE', 'MongoDB does not answer');
  const ran = await run(['kill', 'churn', '--api', api.url]);
  expect(ran.code).toBe(75);
  expect(ran.out).toMatch(/MISS gw-9/);
  expect(one.told).toHaveLength(1);
});

test('without a kit it says what is left to do', async () => {
  const ran = await run(['kill', 'churn', '--api', 'http://127.0.0.1:9']);
  expect(ran.code).toBe(75);
  expect(ran.err).toMatch(/stop them, or the model server, where they run/);
});

test('the kit is kept for its owner alone, and not asked for again at once', async () => {
  const api = await contact({ gateways: [], backends: [] });
  const folder = join(process.env.LASTMILE_STATE_DIR ?? '', 'break-glass');
  const [file = ''] = readdirSync(folder);
  expect(statSync(join(folder, file)).mode & 0o777).toBe(0o600);
  await run(['status', '--api', api.url]);
  expect(api.seen.filter(({ path }) => path === '/api/v1/break-glass')).toHaveLength(1);
});

test('revive takes a kill, or a deployment whose newest kill is meant', async () => {
  fake = await fakeLastmile({
    'GET /api/v1/deployments/churn/kills': () => ({ body: { items: [view({ killId: 'kil_2', state: 'revived' }), view()] } }),
    'POST /api/v1/kills/kil_1/revive': () => ({ body: view({ state: 'revived' }) }),
  });
  expect((await run(['revive', 'churn', '--reason', 'false alarm', '--api', fake.url])).code).toBe(0);
  expect((await run(['revive', 'kil_1', '--reason', 'false alarm', '--api', fake.url])).code).toBe(0);
  expect((await run(['revive', 'churn', '--api', fake.url])).code).toBe(2);
});
