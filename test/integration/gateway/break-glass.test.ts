import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { loadSigningKey, signBreakGlass, signTable } from '../../../config/signing.ts';
import type { BreakGlassClaims, DirectKill, DirectKillAnswer } from '../../../domain/kill/break-glass.ts';
import type { GatewaySync } from '../../../domain/traffic/table.ts';
import { act, BODY, closeAll, control, gateway, modelServer, ok, predict, promotedRoute, routeOf, silent, until, TOKEN, type Control, type ModelServer, type TestGateway } from './harness.ts';

let api: Control; let one: ModelServer; let two: ModelServer;
beforeEach(async () => { [api, one, two] = [await control(), await modelServer(1), await modelServer(2)]; });
afterEach(closeAll);

const ann = { kind: 'person', name: 'ann' } as const;
const claims = (of: Partial<BreakGlassClaims> = {}): BreakGlassClaims => ({ v: 1, id: 'bgt_1', use: 'kill', tenantId: 'default', actor: ann, issuedAtMs: 0, expiresAtMs: Date.now() + 60_000, ...of });
const tokenOf = (of: Partial<BreakGlassClaims> = {}, from: Control = api): string => signBreakGlass(claims(of), loadSigningKey(from.signingKeyFile));
const orderOf = (of: Partial<DirectKill> = {}): DirectKill => ({ killId: 'kil_1', deployment: 'churn', scope: { kind: 'champion' }, inFlight: 'abort', ...of });
interface Answered { readonly status: number; readonly body: DirectKillAnswer & { readonly error: string }; readonly code: string | null }
async function call(url: string, method: string, of: { token?: string; body?: unknown } = {}): Promise<Answered> {
  const response = await fetch(url, {
    method, headers: { 'content-type': 'application/json', ...(of.token === undefined ? {} : { authorization: `Bearer ${of.token}` }) },
    ...(of.body === undefined ? {} : { body: typeof of.body === 'string' ? of.body : JSON.stringify(of.body) }),
  });
  return { status: response.status, body: await response.json() as never, code: response.headers.get('x-lastmile-error') };
}
const kill = ({ adminUrl }: TestGateway, order: unknown = orderOf(), token = tokenOf()): Promise<Answered> => call(`${adminUrl}/admin/v1/kills`, 'POST', { token, body: order });
const kills = async ({ adminUrl }: TestGateway, token = tokenOf()): Promise<Pick<GatewaySync, 'ownKills' | 'quiet'>> => (await call(`${adminUrl}/admin/v1/kills`, 'GET', { token })).body as never;
const versionOf = async ({ url }: TestGateway): Promise<string | null> => (await predict(url)).headers.get('x-lastmile-version');
const fileOf = ({ options }: TestGateway): string => join(dirname(options.tablePath), 'own-kills.json');

describe('a kill that comes straight to a gateway', () => {
  test('is obeyed without the API: what is under way is ended, it is on disk before the answer, and a repeat changes nothing', async () => {
    api.publish([promotedRoute(one, two)]);
    const served = await gateway(api);
    await api.stop();
    two.answer = silent;
    const asked = [predict(served.url), predict(served.url)];
    await until('under way', () => two.seen.length === 2);
    const answer = await kill(served);
    expect([answer.status, answer.body]).toEqual([200, {
      gatewayId: 'gw-t', killId: 'kil_1', deploymentUid: 'dep_1', targets: ['var_2'], variants: [{ variantId: 'var_2', version: '2', backendUrl: two.variant.endpoint.url }],
      state: 'silent', inFlight: 0, aborted: 2, answering: '1',
    }]);
    expect(JSON.parse(readFileSync(fileOf(served), 'utf8'))).toMatchObject({ v: 1, kills: [{ killId: 'kil_1', targets: ['var_2'], actor: ann, tenantId: 'default', deploymentUid: 'dep_1', merged: false }] });
    for (const response of await Promise.all(asked)) expect([response.status, response.headers.get('x-lastmile-version'), response.headers.get('x-lastmile-fallback')]).toEqual([200, '1', 'last-good']);
    expect(await kill(served)).toEqual(answer);
    expect(Object.keys((await kills(served)).ownKills)).toEqual(['dep_1']);
    expect((await kills(served)).ownKills.dep_1).toHaveLength(1);
    expect(two.seen).toHaveLength(2);
  });

  test('wins over a newer route that does not hold it, is told at once, and is forgotten when the route holds it, so that a revive works', async () => {
    api.leaseMs = 60_000;
    const route = promotedRoute(one, two);
    api.publish([route]);
    const served = await gateway(api);
    await until('a long poll is open', () => api.syncs.at(-1)!.waitMs > 0 && api.syncs.at(-1)!.applied.dep_1 === 2);
    await kill(served);
    await until('it is told', () => api.syncs.at(-1)?.ownKills.dep_1?.length === 1);
    expect(api.syncs.at(-1)!.ownKills.dep_1).toEqual([{ killId: 'kil_1', targets: ['var_2'], inFlight: 'abort', actor: ann, atMs: expect.any(Number) as number }]);
    const pinned = act(route, { type: 'pin', variantId: 'var_2', person: 'bob' });
    api.publish([pinned]);
    await until('the newer route is obeyed', () => api.syncs.at(-1)?.applied.dep_1 === 3);
    expect(await versionOf(served)).toBe('1');
    const merged = act(pinned, { type: 'kill', targets: ['var_2'], inFlight: 'abort' });
    api.publish([merged]);
    await until('it is forgotten', () => api.syncs.at(-1)?.applied.dep_1 === 4 && api.syncs.at(-1)?.ownKills.dep_1 === undefined);
    expect(await versionOf(served)).toBe('1');
    expect((await kill(served)).body).toMatchObject({ state: 'silent', answering: '1' });
    api.publish([act(merged, { type: 'revive', targets: ['var_2'], person: 'ann', reason: 'looked at it' })]);
    await until('revived', async () => await versionOf(served) === '2');
    const late = await kill(served);
    expect([late.status, late.code]).toEqual([422, 'LM_COMMAND_REFUSED']);   // a repeat that comes late is no new kill
    expect(await versionOf(served)).toBe('2');
    expect((await kill(served, orderOf({ killId: 'kil_2' }))).status).toBe(200);
    expect(await versionOf(served)).toBe('1');
  });

  test('is forgotten when the table says that it was revived: another gateway had told of it, and a person took it back while this one was away', async () => {
    api.leaseMs = 60_000;
    const route = promotedRoute(one, two);
    api.publish([route]);
    const served = await gateway(api);
    await kill(served);
    expect(await versionOf(served)).toBe('1');
    const revived = act(act(route, { type: 'kill', targets: ['var_2'], inFlight: 'abort' }), { type: 'revive', targets: ['var_2'], person: 'ann', reason: 'looked at it' });
    api.publish([{ ...revived, revivedKills: ['kil_1'] }]);
    await until('it answers again', async () => await versionOf(served) === '2');
    await until('it is merged on disk', () => (JSON.parse(readFileSync(fileOf(served), 'utf8')) as { kills: { merged: boolean }[] }).kills[0]!.merged);   // written after the route is obeyed
    expect(JSON.parse(readFileSync(fileOf(served), 'utf8'))).toMatchObject({ kills: [{ killId: 'kil_1', merged: true }] });
    expect((await kill(served)).status).toBe(422);
  });

  test('drain answers fenced while requests are under way; GET shows the end', async () => {
    api.publish([promotedRoute(one, two)]);
    const served = await gateway(api);
    let end = (): void => undefined;
    two.answer = (seen, response) => { end = () => { ok(2)(seen, response); }; };
    const asked = predict(served.url);
    await until('under way', () => two.seen.length === 1);
    expect((await kill(served, orderOf({ inFlight: 'drain' }))).body).toMatchObject({ state: 'fenced', inFlight: 1, aborted: 0, answering: '1' });
    expect((await kills(served)).quiet.var_2).toMatchObject({ inFlight: 1 });
    end();
    expect((await asked).headers.get('x-lastmile-version')).toBe('2');
    expect((await kills(served)).quiet.var_2).toMatchObject({ inFlight: 0, drained: 1 });
    expect((await kill(served, orderOf({ inFlight: 'drain' }))).body).toMatchObject({ state: 'silent', inFlight: 0 });
  });

  test('each scope means what it says, and what is not there is refused without a kill', async () => {
    api.publish([act(promotedRoute(one, two), { type: 'setShadows', shadows: [], ifRollout: 'dep_1/1' })]);
    const served = await gateway(api);
    const refused = async (of: Partial<DirectKill>): Promise<unknown> => { const { status, code } = await kill(served, orderOf(of)); return [status, code]; };
    expect(await refused({ scope: { kind: 'challengers' } })).toEqual([422, 'LM_COMMAND_REFUSED']);
    expect(await refused({ scope: { kind: 'version', version: '9' } })).toEqual([404, 'LM_VARIANT_NOT_FOUND']);
    expect(await refused({ scope: { kind: 'variant', variantId: 'var_9' } })).toEqual([404, 'LM_VARIANT_NOT_FOUND']);
    expect((await kills(served)).ownKills).toEqual({});
    const digest = `sha256:${'a'.repeat(64)}`;
    expect((await kill(served, orderOf({ scope: { kind: 'digest', digest } }))).body).toMatchObject({ targets: [digest], variants: [], answering: '2' });
    expect((await kill(served, orderOf({ killId: 'kil_2', scope: { kind: 'version', version: '1' } }))).body).toMatchObject({ targets: ['var_1'], answering: '2' });
    expect((await kill(served, orderOf({ killId: 'kil_3', scope: { kind: 'all' } }))).body).toMatchObject({ targets: ['*'], answering: null });
    expect((await predict(served.url)).status).toBe(503);
    expect((await predict(served.url, {}, BODY, '/v2/models/churn/versions/2/infer')).status).toBe(410);
    expect((await kills(served)).quiet.var_2).toMatchObject({ refused: 1 });
  });

  test('an unknown deployment, one of another tenant, and a gateway without a table say so and name nothing else', async () => {
    const empty = await gateway(api, { limits: { firstSyncMs: 50 } });
    expect(await kill(empty)).toMatchObject({ status: 503, code: 'LM_GATEWAY_UNAVAILABLE' });
    await empty.stop();
    api.publish([promotedRoute(one, two)]);
    const served = await gateway(api);
    const unknown = await kill(served, orderOf({ deployment: 'fraud' }));
    expect([unknown.status, unknown.code, unknown.body]).toEqual([404, 'LM_DEPLOYMENT_NOT_FOUND', { error: 'There is no deployment "fraud" here; `lastmile status` lists yours.' }]);
    const foreign = await kill(served, orderOf(), tokenOf({ tenantId: 'acme' }));
    expect([foreign.status, foreign.body.error]).toEqual([404, 'There is no deployment "churn" here; `lastmile status` lists yours.']);
    expect((await kill(served, orderOf({ tenantId: 'default' }), tokenOf({ tenantId: 'acme' }))).status).toBe(403);
    expect(await versionOf(served)).toBe('2');
    await kill(served);
    expect(await kills(served, tokenOf({ tenantId: 'acme' }))).toMatchObject({ ownKills: {}, quiet: {} });
    expect((await kills(served, TOKEN)).quiet).toHaveProperty('var_2');
  });

  test('a kill id belongs to one deployment', async () => {
    const other = { ...routeOf(one.variant), deploymentUid: 'dep_2', name: 'fraud' };
    api.publish([promotedRoute(one, two), other]);
    const served = await gateway(api);
    expect((await kill(served)).status).toBe(200);
    expect(await kill(served, orderOf({ deployment: 'fraud' }))).toMatchObject({ status: 422, code: 'LM_IDEMPOTENCY_MISMATCH' });
    expect((await predict(served.url, {}, BODY, '/v2/models/fraud/infer')).status).toBe(200);
  });

  test('one that cannot be kept on disk is obeyed all the same, and the answer says what is wrong', async () => {
    api.publish([promotedRoute(one, two)]);
    const served = await gateway(api);
    mkdirSync(`${fileOf(served)}.next`);   // the temporary file cannot be made
    const answer = await kill(served);
    expect([answer.status, answer.body.error]).toEqual([503, expect.stringContaining('could not be kept on its disk')]);
    expect(await versionOf(served)).toBe('1');
  });
});

describe('who may', () => {
  test('forged, expired, foreign and malformed tokens are 401, and so is a signed table', async () => {
    api.publish([promotedRoute(one, two)]);
    const served = await gateway(api);
    const stranger = await control();
    const good = tokenOf();
    const [version, keyId, body, signature] = good.split('.') as [string, string, string, string];
    const forged = [version, keyId, ...tokenOf({}, stranger).split('.').slice(2)].join('.');
    const raised = [version, keyId, Buffer.from(JSON.stringify(claims({ tenantId: 'acme' }))).toString('base64url'), signature].join('.');
    const table = signTable({ v: 1, issuedAtMs: 1, routes: [], callers: [] }, loadSigningKey(api.signingKeyFile));
    const asToken = [version, keyId, Buffer.from(table.table).toString('base64url'), Buffer.from(table.signature, 'base64').toString('base64url')].join('.');
    const bad = { expired: tokenOf({ expiresAtMs: Date.now() - 1 }), 'other installation': tokenOf({}, stranger), forged, raised, asToken, 'other use': tokenOf({ use: 'infer' as never }), half: good.slice(0, -10), more: `${good}.a`, empty: '', word: 'x', 'near token': `${TOKEN}x`, none: undefined };
    for (const [name, token] of Object.entries(bad)) {
      for (const [method, of] of [['POST', { body: orderOf() }], ['GET', {}]] as const) {
        const answer = await call(`${served.adminUrl}/admin/v1/kills`, method, { ...of, ...(token === undefined ? {} : { token }) });
        expect([name, method, answer.status, answer.code]).toEqual([name, method, 401, 'LM_UNAUTHENTICATED']);
      }
    }
    expect(body.length).toBeGreaterThan(0);
    expect((await kills(served)).ownKills).toEqual({});
    expect(await versionOf(served)).toBe('2');
    expect((await kill(served, orderOf(), good)).status).toBe(200);
  });

  test('the service token kills in any tenant that the body names, with the actor that it names', async () => {
    api.publish([{ ...promotedRoute(one, two), tenantId: 'acme' }]);
    const served = await gateway(api);
    expect(await kill(served, orderOf(), TOKEN)).toMatchObject({ status: 400, code: 'LM_INVALID_REQUEST' });
    expect(await kill(served, orderOf({ tenantId: 'default', actor: ann }), TOKEN)).toMatchObject({ status: 404 });
    expect(await kill(served, orderOf({ tenantId: 'acme', actor: { kind: 'service', name: 'api' } }), TOKEN)).toMatchObject({ status: 200, body: { state: 'silent' } });
    expect((await kills(served, TOKEN)).ownKills.dep_1).toMatchObject([{ actor: { kind: 'service', name: 'api' } }]);
    const status = await call(`${served.adminUrl}/admin/v1/status`, 'GET', { token: TOKEN });
    expect(status.body).toMatchObject({ gatewayId: 'gw-t', applied: { dep_1: 2 } });
    expect((await call(`${served.adminUrl}/admin/v1/status`, 'GET', { token: tokenOf({ tenantId: 'acme' }) })).status).toBe(401);
  });

  test('garbage is 4xx with an error body, and kills nothing', async () => {
    api.publish([promotedRoute(one, two)]);
    const served = await gateway(api);
    const status = async (method: string, path: string, body?: unknown): Promise<unknown> => { const answer = await call(`${served.adminUrl}${path}`, method, { token: tokenOf(), ...(body === undefined ? {} : { body }) }); return [answer.status, typeof answer.body.error]; };
    const bad = ['{', '[]', 'null', '{}', '""', JSON.stringify({ ...orderOf(), more: 1 }), JSON.stringify(orderOf({ killId: '../x' })), JSON.stringify(orderOf({ killId: 'a'.repeat(101) })), JSON.stringify(orderOf({ deployment: 'Not A Name' })),
      JSON.stringify(orderOf({ scope: { kind: 'everything' } as never })), JSON.stringify(orderOf({ scope: { kind: 'digest', digest: 'sha256:1' } })), JSON.stringify(orderOf({ inFlight: 'wait' as never }))];
    for (const body of bad) expect([body, await status('POST', '/admin/v1/kills', body)]).toEqual([body, [400, 'string']]);
    expect(await status('POST', '/admin/v1/kills', ' '.repeat(65 * 1024))).toEqual([413, 'string']);
    expect(await status('PUT', '/admin/v1/kills', '{}')).toEqual([405, 'string']);
    expect(await status('POST', '/admin/v1/status', '{}')).toEqual([405, 'string']);
    expect(await status('GET', '/admin/v1/routes')).toEqual([404, 'string']);
    expect(await status('GET', '/admin/')).toEqual([404, 'string']);
    expect((await call(`${served.url}/admin/v1/kills`, 'GET', { token: tokenOf() })).status).toBe(404);   // not on the callers' port
    expect(await versionOf(served)).toBe('2');
  });
});

describe('own kills on disk', () => {
  test.each(['', '{"v":1', '{"v":2,"kills":[]}', '{"v":1,"kills":[{"killId":"kil_1","targets":[]}]}'])('a file that reads %p keeps the gateway from starting', async (text) => {
    api.publish([promotedRoute(one, two)]);
    const first = await gateway(api);
    await first.stop();
    writeFileSync(fileOf(first), text);
    await expect(gateway(api, { tablePath: first.options.tablePath })).rejects.toMatchObject({ code: 'LM_INVALID_CONFIG', message: expect.stringContaining(fileOf(first)) as string });
  });

  test('a merged kill leaves the file only when the route that holds it is on disk', async () => {
    const route = promotedRoute(one, two);
    api.publish([route]);
    const served = await gateway(api);
    await kill(served);
    mkdirSync(`${served.options.tablePath}.next`);   // the next table cannot be written
    const merged = act(route, { type: 'kill', targets: ['var_2'], inFlight: 'abort' });
    api.publish([merged]);
    await until('obeyed', () => api.syncs.at(-1)?.applied.dep_1 === 3);
    expect(api.syncs.at(-1)!.ownKills).toHaveProperty('dep_1');
    await served.stop();
    await api.stop();
    expect(existsSync(fileOf(served))).toBe(true);
    const again = await gateway(api, { tablePath: served.options.tablePath, limits: { firstSyncMs: 50 } });
    expect(await versionOf(again)).toBe('1');   // from the older table and the own kill
  });
});
