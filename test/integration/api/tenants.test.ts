import { ROUTES, type ApiRoute, type RouteName } from '../../../api/contract.ts';
import { createWorld, smallFile, type World } from '../../support/api-world.ts';

let world: World;
let a: string;
let b: string;
beforeEach(async () => {
  world = await createWorld();
  a = await world.key({ tenant: 'a' });
  b = await world.key({ tenant: 'b' });
  await world.call('PUT', '/api/v1/deployments/churn', { key: a, body: { spec: smallFile() } });
});
afterEach(() => world.close());

const BODIES: Partial<Record<RouteName, unknown>> = { startRollout: { model: 'filesystem:churn@8' }, promote: { reason: 'because' }, approve: { digest: `sha256:${'7'.repeat(64)}`, reason: 'because' }, rollback: { reason: 'because' }, pushLabels: { labels: [{ inferenceId: 'inf_1', value: 1 }] } };
const NAMED = (Object.keys(ROUTES) as RouteName[]).filter((name) => ROUTES[name].path.includes('{name}') && name !== 'apply');

test.each(NAMED)('%s: the name of another tenant is answered as one that nobody has', async (name) => {
  const route: ApiRoute = ROUTES[name];
  const ask = (deployment: string) => world.call(route.method.toUpperCase(), route.path.replace('{name}', deployment).replace('{n}', '1').replace('{inferenceId}', 'inf_1'), { key: b, ...(route.body === undefined ? {} : { body: BODIES[name] ?? {} }) });
  const [theirs, nobodys] = [await ask('churn'), await ask('chuck')];
  expect(theirs.status).toBe(404);
  const shape = ({ json }: typeof theirs) => ({ ...json, requestId: '', detail: json.detail.replace(/chu(rn|ck)/, 'NAME') });
  expect(shape(theirs)).toEqual(shape(nobodys));
  expect(world.orchestrator.commands).toEqual([]);
});

test('the same name in two tenants is two deployments', async () => {
  expect((await world.call('PUT', '/api/v1/deployments/churn', { key: b, body: { spec: smallFile() } })).json).toMatchObject({ result: 'started', rollout: 1 });
  expect((await world.stores.deployments.getDeployment('a', 'churn'))!.uid).not.toBe((await world.stores.deployments.getDeployment('b', 'churn'))!.uid);
});

test('lists, keys, audit, gateways and streams show the own tenant alone', async () => {
  for (const path of ['/api/v1/deployments', '/api/v1/keys', '/api/v1/audit']) {
    const answer = await world.call('GET', path, { key: b });
    expect(answer.status).toBe(200);
    expect(answer.text).not.toContain('churn');
  }
  const theirs = await world.stores.keys.list('a');
  expect((await world.call('DELETE', `/api/v1/keys/${theirs[0]!.id}`, { key: b })).status).toBe(404);
  expect((await world.stores.keys.list('a'))[0]!.revokedAtMs).toBeNull();
  expect((await world.call('GET', '/api/v1/events?deployment=churn', { key: b })).status).toBe(404);
  const cursor = (await world.call('GET', '/api/v1/deployments?limit=1', { key: a })).json.next;
  expect(cursor).toBeNull();
});

test('a tenant in the body or the query is not obeyed but refused', async () => {
  const body = await world.call('POST', '/api/v1/deployments/churn/rollouts', { key: b, body: { model: 'filesystem:churn@8', tenantId: 'a' } });
  expect(body.status).toBe(400);
  expect((await world.call('GET', '/api/v1/deployments?tenantId=a', { key: b })).status).toBe(400);
});

test('an Idempotency-Key of one tenant means nothing in another', async () => {
  const headers = { 'idempotency-key': 'k1' };
  await world.call('PUT', '/api/v1/deployments/fraud', { key: a, body: { spec: smallFile('fraud') }, headers });
  const other = await world.call('PUT', '/api/v1/deployments/fraud', { key: b, body: { spec: smallFile('fraud') }, headers });
  expect(other.headers['idempotency-replayed']).toBeUndefined();
  expect(await world.stores.deployments.getDeployment('b', 'fraud')).not.toBeNull();
});
