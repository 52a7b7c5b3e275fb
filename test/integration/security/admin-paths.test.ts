import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { request as httpRequest, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { createCollectorServer } from '../../../collector/server.ts';
import { Secret } from '../../../config/schema.ts';
import { signBreakGlass, type SigningKey } from '../../../config/signing.ts';
import type { BreakGlassClaims } from '../../../domain/kill/break-glass.ts';
import { Host } from '../../../modelhost/host.ts';
import { createModelServer } from '../../../modelhost/server.ts';
import { createWantedFile } from '../../../modelhost/wanted.ts';
import { signingPair } from '../../support/api-world.ts';
import { closeAll, control, gateway, modelServer, routeOf, TOKEN } from '../gateway/harness.ts';
import { expectNoInsides } from './expectations.ts';

/** What our own processes ask of each other, at gateway, modelhost and collector: nothing without a secret, during a rotation with either. */

const OLD = 'the-token-of-last-year-at-least-32-characters';
const SILENT = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
interface Target { readonly what: string; readonly url: string; readonly paths: readonly (readonly [string, string])[]; readonly opened: () => Promise<readonly number[]> }
let targets: readonly Target[];
let ingested = 0;
let keys: readonly { readonly signing: SigningKey; readonly publicKey: SigningKey }[];
const servers: Server[] = [];

async function listening(server: Server): Promise<string> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  servers.push(server);
  return `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
}
function ask(url: string, method: string, headers: Readonly<Record<string, string>>, body = '{}'): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(url, { method, agent: false, headers: { ...headers, ...(method === 'GET' ? {} : { 'content-length': Buffer.byteLength(body) }) } }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => { text += chunk; }).on('end', () => { resolve({ status: response.statusCode ?? 0, text }); });
    });
    request.on('error', reject);
    request.end(method === 'GET' ? undefined : body);
  });
}
const bearer = (token: string): Record<string, string> => ({ authorization: `Bearer ${token}` });

beforeAll(async () => {
  const [api, one] = [await control(), await modelServer(1)];
  api.publish([routeOf(one.variant)]);
  const served = await gateway(api, { otherServiceTokens: [OLD] });
  keys = [signingPair(), signingPair()].map((pair, i) => ({ signing: { ...pair.signing, keyId: String(i) }, publicKey: { ...pair.publicKey, keyId: String(i) } }));
  const host = new Host({ source: {} as never, file: createWantedFile(mkdtempSync(join(tmpdir(), 'admin-'))), log: SILENT });
  const modelhost = await listening(createModelServer(host, { tokens: [new Secret(TOKEN), new Secret(OLD)], breakGlassKeys: () => keys.map(({ publicKey }) => publicKey) }, SILENT));
  const collector = await listening(createCollectorServer({ ingest: async () => { ingested += 1; return { stored: 0, repeated: false } as never; }, healthy: async () => true, serviceTokens: [TOKEN, OLD], log: SILENT }));
  const id = `var_${'a'.repeat(32)}`;
  const statuses = (url: string, method: string) => async (): Promise<readonly number[]> => Promise.all([TOKEN, OLD].map(async (token) => (await ask(url, method, bearer(token))).status));
  targets = [
    { what: 'gateway admin', url: served.adminUrl, paths: [['GET', '/admin/v1/status'], ['GET', '/admin/v1/kills'], ['POST', '/admin/v1/kills'], ['GET', '/status']], opened: statuses(`${served.adminUrl}/admin/v1/kills`, 'GET') },
    { what: 'gateway', url: served.url, paths: [['GET', '/status']], opened: statuses(`${served.url}/status`, 'GET') },
    { what: 'modelhost', url: modelhost, paths: [['POST', '/admin/kills'], ['DELETE', `/admin/kills/${id}`], ['GET', '/admin/variants'], ['GET', `/admin/variants/${id}`], ['PUT', `/admin/variants/${id}`], ['DELETE', `/admin/variants/${id}`], ['GET', '/admin/nothing'], ['PATCH', '/admin/variants']], opened: statuses(`${modelhost}/admin/variants`, 'GET') },
    { what: 'collector', url: collector, paths: [['POST', '/v1/records']], opened: async () => Promise.all([TOKEN, OLD].map(async (token) => ((await ask(`${collector}/v1/records`, 'POST', bearer(token))).status === 401 ? 401 : 200))) },
  ];
});
afterAll(async () => {
  for (const server of servers) { server.closeAllConnections(); server.close(); }
  await closeAll();
});

test('no token, a part of one, a longer one, two in one, another scheme: 401 everywhere, with nothing of the inside', async () => {
  const wrong: Record<string, string>[] = [
    {}, { authorization: '' }, { authorization: TOKEN }, { authorization: 'Bearer' }, { authorization: 'Bearer ' }, { authorization: `Basic ${Buffer.from(`x:${TOKEN}`).toString('base64')}` }, bearer(TOKEN.slice(1)), bearer(TOKEN.slice(0, -1)),
    bearer(`${TOKEN}x`), bearer(`${TOKEN},${OLD}`), bearer(`${TOKEN} ${OLD}`), bearer(TOKEN.toUpperCase()), bearer('a'.repeat(8_000)), bearer('bg1.x.y.z'), { 'x-lastmile-probe': TOKEN }, { cookie: `authorization=${TOKEN}` }, { 'x-forwarded-for': '127.0.0.1' },
  ];
  for (const { what, url, paths } of targets) {
    for (const [method, path] of paths) {
      for (const headers of wrong) {
        const answer = await ask(url + path, method, headers);
        expect([what, method, path, headers, answer.status]).toEqual([what, method, path, headers, 401]);
        expectNoInsides(answer.text);
        expect(answer.text).not.toContain(TOKEN);
      }
    }
  }
  expect(ingested).toBe(0);
});

test('either token of a rotation opens them', async () => {
  for (const { what, opened } of targets) expect([what, await opened()]).toEqual([what, [200, 200]]);
});

test('no random token opens anything', async () => {
  await fc.assert(fc.asyncProperty(fc.constantFrom(...targets.map((_, i) => i)), fc.nat(), fc.stringMatching(/^[!-~]{1,80}$/), async (which, where, token) => {
    const { url, paths } = targets[which]!;
    const [method, path] = paths[where % paths.length]!;
    expect((await ask(url + path, method, bearer(token))).status).toBe(401);
  }), { numRuns: 150, seed: 20261125 });
});

test('modelhost: a break-glass token of either key kills, and opens nothing else; a forged or expired one does not kill', async () => {
  const { url } = targets.find(({ what }) => what === 'modelhost')!;
  const claims = (of: Partial<BreakGlassClaims> = {}): BreakGlassClaims => ({ v: 1, id: 'bgt_1', use: 'kill', tenantId: 'default', actor: { kind: 'person', name: 'ann' }, issuedAtMs: 0, expiresAtMs: Date.now() + 60_000, ...of });
  const order = JSON.stringify({ variantIds: [`var_${'b'.repeat(32)}`] });
  for (const { signing } of keys) {
    const kit = signBreakGlass(claims(), signing);
    expect((await ask(`${url}/admin/kills`, 'POST', bearer(kit), order)).status).toBe(200);
    expect((await ask(`${url}/admin/variants`, 'GET', bearer(kit))).status).toBe(401);
    expect((await ask(`${url}/admin/kills/var_${'b'.repeat(32)}`, 'DELETE', bearer(kit))).status).toBe(401);
    expect((await ask(`${url}/admin/kills`, 'POST', bearer(signBreakGlass(claims({ expiresAtMs: 1 }), signing)), order)).status).toBe(401);
  }
  const foreign = signBreakGlass(claims(), { ...signingPair().signing, keyId: '0' });
  expect((await ask(`${url}/admin/kills`, 'POST', bearer(foreign), order)).status).toBe(401);
});

test('hostile bodies and paths under a good token are refused, never a defect, and the next call is answered', async () => {
  const deep = `${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}`;
  const bodies = ['', '{', 'null', '[]', '1e999', deep, '['.repeat(200_000), '{"__proto__":{"x":1}}', '{"killId":{"$ne":null},"deployment":["churn"],"scope":{"kind":"all"},"inFlight":"abort"}', '{"variantIds":["../../etc/passwd"]}', '{"variantIds":{"length":1}}', '{"v":1e999}', '{"incarnation":9223372036854775808}', '\u0000'];
  for (const { what, url, paths } of targets) {
    for (const [method, path] of paths.filter(([each]) => each === 'POST' || each === 'PUT')) {
      for (const body of bodies) {
        const answer = await ask(url + path, method, { ...bearer(TOKEN), 'content-type': 'application/json' }, body);
        expect([what, method, path, body.slice(0, 40), answer.status >= 400 && answer.status < 500]).toEqual([what, method, path, body.slice(0, 40), true]);
        expectNoInsides(answer.text);
      }
    }
    for (const path of ['/admin/..%2f..%2fetc', '/admin/variants/%E0%A4%A', '/admin/v1/%00', '/v2/models/churn/versions/%E0%A4%A/infer', '/v2/models/%2e%2e/infer', '/../../etc/passwd', `/${'a'.repeat(8_000)}`]) {
      const answer = await ask(url + path, 'POST', bearer(TOKEN));
      expect([what, path, answer.status >= 400 && answer.status < 500]).toEqual([what, path, true]);
      expectNoInsides(answer.text);
    }
  }
  for (const { what, opened } of targets) expect([what, await opened()]).toEqual([what, [200, 200]]);
});
