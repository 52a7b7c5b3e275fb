import { OTHER_PATHS } from '../../../api/app.ts';
import { ROUTES, type ApiRoute, type RouteName } from '../../../api/contract.ts';
import { SCOPES } from '../../../ports/key-store.ts';
import { createWorld, smallFile, type Answer, type World } from '../../support/api-world.ts';

const NAMES = Object.keys(ROUTES) as RouteName[];
const routeOf = (name: RouteName): ApiRoute => ROUTES[name];
const pathOf = (name: RouteName): string => routeOf(name).path.replace('{name}', 'churn').replace('{n}', '1').replace('{inferenceId}', 'inf_1').replace('{id}', 'key_1');

const BODIES: Partial<Record<RouteName, unknown>> = {
  plan: { spec: smallFile() }, apply: { spec: smallFile() }, startRollout: { model: 'filesystem:churn@8' }, promote: { reason: 'because' }, approve: { digest: `sha256:${'7'.repeat(64)}`, reason: 'because' }, freeze: { selector: { kind: 'all' }, reason: 'because' }, rollback: { reason: 'because' },
  pushLabels: { labels: [{ inferenceId: 'inf_1', value: 1 }] }, newKey: { name: 'ci', kind: 'service', scopes: ['read'] },
};

let world: World;
beforeEach(async () => {
  world = await createWorld();
  await world.call('PUT', '/api/v1/deployments/churn', { key: await world.key(), body: { spec: smallFile() } });
});
afterEach(() => world.close());

const ask = (name: RouteName, key: string | null): Promise<Answer> => world.call(routeOf(name).method.toUpperCase(), pathOf(name), { key, ...(routeOf(name).body === undefined ? {} : { body: BODIES[name] ?? {} }) });

test.each(NAMES.filter((name) => routeOf(name).scope !== null))('%s: no key 401, any other scope 403, its scope is let in', async (name) => {
  const scope = routeOf(name).scope!;
  for (const key of [null, 'lm_nonsense', `lm_${'A'.repeat(43)}`]) {
    const answer = await ask(name, key);
    expect([answer.status, answer.json.code]).toEqual([401, 'LM_UNAUTHENTICATED']);
    expect(answer.headers['www-authenticate']).toContain('Bearer');
  }
  const other = await ask(name, await world.key({ scopes: SCOPES.filter((each) => each !== scope) }));
  expect([other.status, other.json.code]).toEqual([403, 'LM_FORBIDDEN']);
  if (name === 'events') return;
  const own = await ask(name, await world.key({ scopes: [scope] }));
  expect([401, 403]).not.toContain(own.status);
  expect(own.status).toBeLessThan(500);
});

test('health needs no key', async () => {
  const answer = await world.call('GET', '/api/v1/health');
  expect(answer.status).toBe(200);
  expect(answer.json).toMatchObject({ status: 'degraded', checks: [{ name: 'store', ok: true }, { name: 'schema', ok: true }, { name: 'orchestrator', ok: true }, { name: 'gateways', ok: false }, { name: 'audit', ok: true }] });
});

test('a revoked or expired key is no key', async () => {
  const admin = await world.key();
  const made = await world.call('POST', '/api/v1/keys', { key: admin, body: { name: 'ci', kind: 'service', scopes: ['read'], expiresAtMs: world.now() + 60_000 } });
  expect(made.status).toBe(201);
  expect(made.json.key).toMatch(/^lm_[A-Za-z0-9_-]{43}$/);
  expect((await world.call('GET', '/api/v1/deployments', { key: made.json.key })).status).toBe(200);
  world.pass(60_001);
  expect((await world.call('GET', '/api/v1/deployments', { key: made.json.key })).status).toBe(401);
  const second = await world.call('POST', '/api/v1/keys', { key: admin, body: { name: 'ci2', kind: 'service', scopes: ['read'] } });
  expect((await world.call('DELETE', `/api/v1/keys/${second.json.id}`, { key: admin })).status).toBe(200);
  expect((await world.call('GET', '/api/v1/deployments', { key: second.json.key })).status).toBe(401);
});

test('keys are kept as hashes and never listed', async () => {
  const admin = await world.key();
  const made = await world.call('POST', '/api/v1/keys', { key: admin, body: { name: 'ci', kind: 'service', scopes: ['read'] } });
  const list = await world.call('GET', '/api/v1/keys', { key: admin });
  expect(list.text).not.toContain(made.json.key);
  expect(list.text).not.toContain('hash');
  expect(JSON.stringify(await world.stores.keys.list('default'))).not.toContain(made.json.key);
});

test('to promote without the judge takes a person', async () => {
  const service = await world.key({ kind: 'service' });
  const answer = await world.call('POST', '/api/v1/deployments/churn/rollouts/1/promote', { key: service, body: { reason: 'in a hurry' } });
  expect([answer.status, answer.json.code]).toEqual([403, 'LM_FORBIDDEN']);
  expect(world.orchestrator.commands).toEqual([]);
  const person = await world.call('POST', '/api/v1/deployments/churn/rollouts/1/promote', { key: await world.key(), body: { reason: 'in a hurry' } });
  expect(person.json).toEqual({ message: 'promote taken' });
  expect(world.orchestrator.commands).toMatchObject([{ command: { type: 'promote', actor: { kind: 'person', name: 'ada' }, reason: 'in a hurry' } }]);
});

test('what is mounted is the documented routes and the list beside them, nothing else', () => {
  interface Layer { readonly route?: { readonly path: string; readonly methods: Record<string, boolean> }; readonly handle: { readonly stack?: readonly Layer[] } }
  const mounted = (stack: readonly Layer[]): string[] => stack.flatMap(({ route, handle }) => route !== undefined ? Object.keys(route.methods).map((method) => `${method} ${route.path}`) : mounted(handle.stack ?? []));
  const inside = ['post /gateways/sync', 'delete /gateways/:id', 'get /artifacts/:digest'];
  const documented = Object.values(ROUTES).map(({ method, path }) => `${method} ${path.replace(/\{(\w+)\}/g, ':$1')}`);
  const others = OTHER_PATHS.filter((path) => path !== '/internal/v1').map((path) => `get ${path}`);
  expect(mounted((world.api.app.router as unknown as { stack: Layer[] }).stack).sort()).toEqual([...documented, ...others, ...inside].sort());
});

test('what is not documented does not exist', async () => {
  const key = await world.key();
  for (const [method, path] of [['GET', '/api/v1/plan'], ['POST', '/api/v1/deployments'], ['DELETE', '/api/v1/deployments/churn'], ['GET', '/api/v2/deployments'], ['GET', '/api/v1/'], ['GET', '/API/v1/health'], ['GET', '/api/v1/health/'], ['TRACE', '/api/v1/health']] as const) {
    const answer = await world.call(method, path, { key });
    expect([method, path, answer.status]).toEqual([method, path, 404]);
  }
});

test('more requests than the tenant may send are put off, those of another are not', async () => {
  const slow = await createWorld({ limits: { burst: 3, perSecond: 0.001 } });
  const key = await slow.key();
  const statuses = [];
  for (let i = 0; i < 4; i += 1) statuses.push((await slow.call('GET', '/api/v1/deployments', { key })).status);
  expect(statuses).toEqual([200, 200, 200, 429]);
  const late = await slow.call('GET', '/api/v1/deployments', { key });
  expect(Number(late.headers['retry-after'])).toBeGreaterThan(0);
  expect((await slow.call('GET', '/api/v1/deployments', { key: await slow.key({ tenant: 'b' }) })).status).toBe(200);
  await slow.close();
});
