import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureKeyPair, loadPublicKeys, loadSigningKey, signBreakGlass, signTable } from '../../../config/signing.ts';
import type { SignedTable } from '../../../domain/traffic/table.ts';
import { act, BODY, closeAll, control, gateway, modelServer, predict, promotedRoute, until, TOKEN, type Control, type ModelServer, type TestGateway } from './harness.ts';

/** Secrets change while a gateway serves (A9.38): at no moment is a right one refused, and a dropped one is refused from then on. */

const OLD = 'the-token-of-last-year-at-least-32-characters';
let api: Control; let one: ModelServer; let two: ModelServer;
beforeEach(async () => { [api, one, two] = [await control(), await modelServer(1), await modelServer(2)]; });
afterEach(closeAll);

const statusWith = async ({ adminUrl }: TestGateway, token: string): Promise<number> => (await fetch(`${adminUrl}/admin/v1/status`, { headers: { authorization: `Bearer ${token}` } })).status;
const probedWith = async ({ url }: TestGateway, token: string): Promise<number> => (await predict(url, { 'x-lastmile-probe': token })).status;
const killsWith = async ({ adminUrl }: TestGateway, token: string): Promise<number> => (await fetch(`${adminUrl}/admin/v1/kills`, { headers: { authorization: `Bearer ${token}` } })).status;

test('service token: both are taken during the overlap, by status, kills and probes; the dropped one is refused', async () => {
  api.publish([promotedRoute(one, two)]);
  const during = await gateway(api, { otherServiceTokens: [OLD] });
  for (const token of [TOKEN, OLD]) expect([await statusWith(during, token), await killsWith(during, token), await probedWith(during, token)]).toEqual([200, 200, 200]);
  expect(await statusWith(during, `${TOKEN},${OLD}`)).toBe(401);
  await during.stop();
  const after = await gateway(api);
  expect([await statusWith(after, OLD), await killsWith(after, OLD), await probedWith(after, OLD)]).toEqual([401, 401, 401]);
  expect(await statusWith(after, TOKEN)).toBe(200);
});

test('signing key: tables of the old and the new key follow each other without a gap, and kits of the old one kill until it is dropped', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'rotation-'));
  const next = { keyFile: join(folder, 'k.pem'), publicKeyFile: join(folder, 'k.pub.pem'), both: join(folder, 'both.pem') };
  ensureKeyPair(next.keyFile, next.publicKeyFile);
  writeFileSync(next.both, readFileSync(next.publicKeyFile, 'utf8') + readFileSync(api.keyFile, 'utf8'));
  const route = promotedRoute(one, two);
  const pinned = act(route, { type: 'pin', variantId: 'var_2', person: 'bob' });
  const signedByNext = (issuedAtMs: number): SignedTable => { const { applied, ...rest } = pinned; expect(applied.length).toBeGreaterThan(0); return signTable({ v: 1, issuedAtMs, routes: [rest], callers: [] }, loadSigningKey(next.keyFile)); };
  const kit = (keyFile: string): string => signBreakGlass({ v: 1, id: 'bgt_1', use: 'kill', tenantId: 'default', actor: { kind: 'person', name: 'ann' }, issuedAtMs: 0, expiresAtMs: Date.now() + 60_000 }, loadSigningKey(keyFile));

  api.publish([route]);
  const before = await gateway(api);
  api.give(signedByNext(50));
  await until('the table of an unknown key was refused', () => api.syncs.length > 3);
  expect(api.syncs.at(-1)!.applied.dep_1).toBe(2);
  await before.stop();

  api.publish([route]);
  const during = await gateway(api, { gatewayId: 'gw-during', keys: loadPublicKeys(next.both) });
  await until('the table of the old key is obeyed', () => api.syncs.at(-1)?.applied.dep_1 === 2);
  expect((await predict(during.url, {}, BODY)).status).toBe(200);
  api.give(signedByNext(60));
  await until('the table of the new key is obeyed', () => api.syncs.at(-1)?.applied.dep_1 === 3);
  expect((await predict(during.url, {}, BODY)).status).toBe(200);
  expect([await killsWith(during, kit(api.signingKeyFile)), await killsWith(during, kit(next.keyFile))]).toEqual([200, 200]);
  await during.stop();

  const after = await gateway(api, { gatewayId: 'gw-after', keys: loadPublicKeys(next.publicKeyFile) });
  await until('the table of the new key is obeyed', () => api.syncs.at(-1)?.gatewayId === 'gw-after' && api.syncs.at(-1)?.applied.dep_1 === 3);
  expect([await killsWith(after, kit(api.signingKeyFile)), await killsWith(after, kit(next.keyFile))]).toEqual([401, 200]);
});
