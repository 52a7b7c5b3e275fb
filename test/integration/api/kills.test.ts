import { stores as databases } from '../../../adapters/store/index.ts';
import { verifyBreakGlass } from '../../../config/signing.ts';
import { firstBreak } from '../../../domain/audit.ts';
import { createWorld, smallFile, type Answer, type World } from '../../support/api-world.ts';
import { fakeGateway, inService, type FakeGateway } from './world-of-kills.ts';

let world: World;
let key: string;
let gateway: FakeGateway | null;
beforeEach(async () => { world = await createWorld(); key = await world.key(); gateway = null; });
afterEach(async () => { await gateway?.close(); await world.close(); });

const post = (path: string, body: unknown, of: { key?: string; headers?: Record<string, string> } = {}): Promise<Answer> => world.call('POST', `/api/v1${path}`, { key: of.key ?? key, body, ...(of.headers === undefined ? {} : { headers: of.headers }) });
const kill = (body: unknown = {}, of: Parameters<typeof post>[2] = {}): Promise<Answer> => post('/deployments/churn/kill', body, of);
const tombstones = async (uid: string, tenant = 'default') => (await world.stores.routes.get(tenant, uid))!.tombstones;
const audit = async (action: string) => (await world.stores.audit.read('default', { afterSeq: 0, limit: 200, subject: null })).filter((each) => each.action === action);
/** So that kills are proved. */
const withGateway = async (): Promise<void> => { gateway = await fakeGateway(world, 'gw-1'); Object.assign(world.ports.settings, { gatewayUrl: gateway.url }); };

test('each scope is read from the route', async () => {
  const { uid } = await inService(world);
  const killed = async (scope: unknown) => {
    const answer = await kill({ scope });
    expect(answer.status).toBe(202);
    return [answer.json.kill.targets, answer.json.kill.variants.map(({ version, role }) => `${version} ${role}`)];
  };
  expect(await killed({ kind: 'challengers' })).toEqual([['var_churn_8'], ['8 challenger']]);
  expect(await killed({ kind: 'version', version: '6' })).toEqual([['var_churn_6'], ['6 last-good']]);
  expect(await killed({ kind: 'digest', digest: `sha256:${'7'.repeat(64)}` })).toEqual([[`sha256:${'7'.repeat(64)}`], ['7 champion']]);
  expect(await tombstones(uid)).toEqual(['var_churn_8', 'var_churn_6', `sha256:${'7'.repeat(64)}`]);
});

test('what is not there is named with what is, and kills nothing', async () => {
  const { uid } = await inService(world);
  const unknown = await kill({ scope: { kind: 'version', version: '9' } });
  expect([unknown.status, unknown.json.code, unknown.json.details]).toEqual([404, 'LM_VARIANT_NOT_FOUND', { versions: ['6', '7', '8'] }]);
  expect(unknown.json.detail).toContain('it has the versions 6, 7, 8');
  expect((await kill({ scope: { kind: 'variant', variantId: `var_${'0'.repeat(32)}` } })).status).toBe(404);
  await world.call('PUT', '/api/v1/deployments/empty', { key, body: { spec: smallFile('empty') } });
  for (const scope of [{ kind: 'champion' }, { kind: 'challengers' }]) expect((await post('/deployments/empty/kill', { scope })).json).toMatchObject({ status: 422, code: 'LM_COMMAND_REFUSED' });
  expect((await post('/deployments/nobody/kill', {})).status).toBe(404);
  expect(await tombstones(uid)).toEqual([]);
  expect(await world.stores.kills.open()).toEqual([]);
});

test.each([{ scope: 'champion' }, { scope: { kind: 'version' } }, { scope: { kind: 'variant', variantId: 'x' } }, { scope: { kind: 'digest', digest: 'abc' } }, { inFlight: 'now' }, { force: true }, { scope: { kind: 'all', extra: 1 } }])('%j is no order', async (body) => {
  const { uid } = await inService(world);
  expect((await kill(body)).status).toBe(400);
  expect(await tombstones(uid)).toEqual([]);
});

test('the same Idempotency-Key is one kill, also when it is carried out again', async () => {
  const { uid } = await inService(world);
  const headers = { 'idempotency-key': 'k1' };
  const first = await kill({}, { headers });
  const second = await kill({}, { headers });
  expect(second.headers['idempotency-replayed']).toBe('true');
  expect(second.json.kill.killId).toBe(first.json.kill.killId);
  expect((await kill({ scope: { kind: 'all' } }, { headers })).json.code).toBe('LM_IDEMPOTENCY_MISMATCH');
  // The answer was lost: the same order comes to the handler again, at a route whose champion has moved.
  await world.stores.keys.release('default', 'k1');
  await world.stores.routes.apply('default', uid, { type: 'setChampion', commandId: 'moved', atMs: 1, variant: (await world.stores.routes.get('default', uid))!.variants.var_churn_6!, expectedChampion: 'var_churn_7', by: 'person' });
  Object.assign(world.stores.keys, { reserve: async () => null });
  const third = await kill({}, { headers });
  expect(third.json.kill).toMatchObject({ killId: first.json.kill.killId, targets: ['var_churn_7'] });
  expect(await tombstones(uid)).toEqual(['var_churn_7']);
  expect(await world.stores.kills.list('default', uid, 10)).toHaveLength(1);
  expect(await audit('deployment.kill')).toHaveLength(1);
});

test('without a key each call is a kill of its own, and to kill twice is to kill', async () => {
  const { uid } = await inService(world);
  const ids = [(await kill()).json.kill.killId, (await kill()).json.kill.killId];
  expect(new Set(ids).size).toBe(2);
  const listed = await world.call('GET', '/api/v1/deployments/churn/kills', { key });
  expect((listed.json.items as { kill: { killId: string } }[]).map((each) => each.kill.killId).sort()).toEqual([...ids].sort());
  expect(await tombstones(uid)).toEqual(['var_churn_7']);
});

test('a digest is killed in every deployment of the tenant that has it, and remembered for none that has not', async () => {
  const [one, two] = [await inService(world), await inService(world, { name: 'fraud' })];
  const theirs = await inService(world, { name: 'churn', tenant: 'b' });
  const other = await world.call('PUT', '/api/v1/deployments/empty', { key, body: { spec: smallFile('empty') } });
  const digest = `sha256:${'7'.repeat(64)}`;
  const answer = await post('/kill', { digest }, { headers: { 'idempotency-key': 'k1' } });
  expect(answer.json.kills.map((each) => each.kill.deployment).sort()).toEqual(['churn', 'fraud']);
  expect(await Promise.all([tombstones(one.uid), tombstones(two.uid), tombstones(theirs.uid, 'b')])).toEqual([[digest], [digest], []]);
  const { uid } = (await world.stores.deployments.getDeployment('default', 'empty'))!;
  expect([other.status, await tombstones(uid)]).toEqual([202, []]);
  const none = await post('/kill', { digest: `sha256:${'0'.repeat(64)}` });
  expect([none.status, none.json.code]).toEqual([404, 'LM_VARIANT_NOT_FOUND']);
  expect(none.json.detail).toContain('nothing is remembered');
});

test('a reason may be given afterwards; the chain keeps both', async () => {
  await inService(world);
  const { killId } = (await kill()).json.kill;
  expect((await post(`/kills/${killId}/reason`, { reason: 'x' })).status).toBe(400);
  const told = await post(`/kills/${killId}/reason`, { reason: 'prices were wrong' });
  expect(told.json.kill.reason).toBe('prices were wrong');
  expect((await world.call('GET', `/api/v1/kills/${killId}`, { key })).json.kill.reason).toBe('prices were wrong');
  expect(await audit('deployment.kill-reason')).toMatchObject([{ subject: 'churn', reason: 'prices were wrong', digest: expect.stringMatching(/^sha256:/) }]);
  expect(firstBreak(await world.stores.audit.read('default', { afterSeq: 0, limit: 200, subject: null }))).toBeNull();
});

test('another tenant sees, reasons and revives nothing', async () => {
  await inService(world);
  const { killId } = (await kill()).json.kill;
  const b = await world.key({ tenant: 'b' });
  for (const id of [killId, 'kil_nobody', '..', 'a b']) {
    const answers = [await world.call('GET', `/api/v1/kills/${encodeURIComponent(id)}`, { key: b }), await post(`/kills/${encodeURIComponent(id)}/reason`, { reason: 'because' }, { key: b }), await post(`/kills/${encodeURIComponent(id)}/revive`, { reason: 'because' }, { key: b })];
    expect(answers.map(({ status, json }) => [status, json.code])).toEqual(answers.map(() => [404, 'LM_NOT_FOUND']));
  }
  expect((await kill({}, { key: b })).status).toBe(404);
  expect((await world.stores.kills.get('default', killId))!.state).not.toBe('revived');
});

test('a person revives with a reason: the champion is loaded before its tombstone is lifted', async () => {
  const { uid } = await inService(world);
  await withGateway();
  const { kill: { killId, state } } = (await kill()).json;
  expect(state).toBe('proved');
  const revive = (of: Parameters<typeof post>[2] = {}, body: unknown = { reason: 'a false alarm' }) => post(`/kills/${killId}/revive`, body, of);
  expect((await revive({ key: await world.key({ kind: 'service' }) })).json.code).toBe('LM_FORBIDDEN');
  expect((await revive({}, {})).status).toBe(400);
  expect((await revive({ key: await world.key({ scopes: ['read', 'deploy'] }) })).status).toBe(403);
  expect(await tombstones(uid)).toEqual(['var_churn_7']);
  const load = world.backend.load.bind(world.backend);
  world.backend.load = async (request) => { expect(await tombstones(uid)).toContain('var_churn_7'); world.backend.load = load; return load(request); };
  const revived = await revive();
  expect(revived.json.kill).toMatchObject({ state: 'revived', missing: [], bound: null, answering: '7' });
  expect(await tombstones(uid)).toEqual([]);
  expect(world.backend.loads[0]).toMatchObject({ tenant: 'default', variantId: 'var_churn_7', servedName: 'churn', servedVersion: '7', artifactDigest: `sha256:${'7'.repeat(64)}` });
  expect([...world.backend.killed]).toEqual([]);
  expect((await revive()).json.kill.revivedAtMs).toBe(revived.json.kill.revivedAtMs);
  expect(await audit('deployment.revive')).toMatchObject([{ actor: { kind: 'person', name: 'ada' }, reason: 'a false alarm', subject: 'churn' }]);
  expect((await world.stores.outbox.pending(10)).map(({ id }) => id)).toEqual([`killed/${killId}`, `revived/${killId}`]);
});

test('what cannot be loaded stays killed', async () => {
  const { uid } = await inService(world);
  const { killId } = (await kill()).json.kill;
  world.backend.load = () => Promise.reject(Object.assign(new Error('no memory'), { name: 'LastmileError', code: 'LM_BACKEND_UNAVAILABLE', kind: 'unavailable', retryable: true, details: {} }));
  expect((await post(`/kills/${killId}/revive`, { reason: 'a false alarm' })).status).toBe(503);
  expect(await tombstones(uid)).toEqual(['var_churn_7']);
  expect((await world.stores.kills.get('default', killId))!.state).not.toBe('revived');
});

test('a revive takes off nothing that another kill names, and says so; challengers stay off', async () => {
  const { uid } = await inService(world);
  const [one, two, challengers] = [(await kill()).json.kill.killId, (await kill()).json.kill.killId, (await kill({ scope: { kind: 'challengers' } })).json.kill.killId];
  const first = await post(`/kills/${one}/revive`, { reason: 'a false alarm' });
  expect(first.json.sentence).toContain(`It stays off by ${two}`);
  expect(world.backend.loads).toEqual([]);
  expect(await tombstones(uid)).toContain('var_churn_7');
  await post(`/kills/${two}/revive`, { reason: 'a false alarm' });
  expect(await tombstones(uid)).toEqual(['var_churn_8']);
  await post(`/kills/${challengers}/revive`, { reason: 'a false alarm' });
  expect(new Set(world.backend.loads.map(({ variantId }) => variantId))).toEqual(new Set(['var_churn_7']));
  expect((await world.stores.routes.get('default', uid))!).toMatchObject({ tombstones: [], shares: [] });
});

test('break-glass: a token that can only kill, for the own tenant, no longer than its key; audited once a day', async () => {
  await inService(world);
  await withGateway();
  const ask = async (given: string) => (await post('/break-glass', undefined, { key: given })).json as unknown as { token: string; expiresAtMs: number; savedAtMs: number; gateways: unknown; backends: unknown; apiUrl: string };
  const kit = await ask(await world.key({ tenant: 'b', scopes: ['operate'] }));
  expect(kit).toMatchObject({ apiUrl: 'http://api.test', gateways: [{ gatewayId: 'gw-1', adminAddress: gateway!.url }], backends: [{ name: 'modelhost', url: 'http://modelhost.test' }] });
  expect(kit.expiresAtMs - kit.savedAtMs).toBe(30 * 86_400_000);
  expect(verifyBreakGlass(kit.token, [world.publicKey], world.now())).toMatchObject({ use: 'kill', tenantId: 'b', actor: { kind: 'person', name: 'ada' } });
  expect(verifyBreakGlass(kit.token, [world.publicKey], kit.expiresAtMs)).toBeNull();
  expect((await post('/break-glass', undefined, { key: await world.key({ scopes: ['read', 'deploy'] }) })).status).toBe(403);
  for (let i = 0; i < 3; i += 1) await ask(key);
  expect(await audit('break-glass.issue')).toHaveLength(1);
  world.pass(86_400_000);
  await ask(key);
  expect(await audit('break-glass.issue')).toHaveLength(2);
  const made = await post('/keys', { name: 'ci', kind: 'service', scopes: ['operate'], expiresAtMs: world.now() + 60_000 });
  expect((await ask(made.json.key)).expiresAtMs).toBeLessThanOrEqual(world.now() + 60_000);
});

test('a kill is never put off by the rate limit', async () => {
  const slow = await createWorld({ limits: { burst: 1, perSecond: 0.001 }, stores: world.stores });
  await inService(world);
  const limited = await slow.key();
  for (const expected of [200, 429]) expect((await slow.call('GET', '/api/v1/deployments', { key: limited })).status).toBe(expected);
  expect((await slow.call('POST', '/api/v1/deployments/churn/kill', { key: limited, body: {} })).status).toBe(202);
  await slow.close();
});

test('with a database that does not answer the caller is told of the direct way soon', async () => {
  const stores = databases.memory.create({});
  const hung = await createWorld({ stores: { ...stores, keys: { ...stores.keys, byHash: () => new Promise(() => undefined) } } });
  const answer = await hung.call('POST', '/api/v1/deployments/churn/kill', { key: `lm_${'A'.repeat(43)}`, body: {} });
  expect([answer.status, answer.json.code]).toEqual([503, 'LM_STORE_UNAVAILABLE']);
  expect(answer.json.detail).toContain('lastmile kill');
  await hung.close();
});

test('the lists and the page say that the champion is killed, and how far the kill is', async () => {
  await inService(world);
  await withGateway();
  const { kill: { killId } } = (await kill()).json;
  const [line] = (await world.call('GET', '/api/v1/deployments', { key })).json.items as { sick: boolean; sentence: string }[];
  expect(line).toMatchObject({ sick: true, sentence: 'Version 7 is killed; version 6 answers instead. Only a person revives it.' });
  expect((await world.call('GET', '/api/v1/deployments/churn', { key })).json).toMatchObject({ kill: { kill: { killId, state: 'proved' } } });
  const page = await world.call('GET', '/deployments/churn', { key });
  for (const text of ['Version 7 is killed', '<span class="badge good">proved</span>', 'silent: after', 'no reason given yet']) expect(page.text).toContain(text);
  await post(`/kills/${killId}/revive`, { reason: 'a false alarm' });
  expect((await world.call('GET', '/deployments/churn', { key })).text).toContain('was taken off and revived');
});
