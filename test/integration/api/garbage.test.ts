import fc from 'fast-check';
import { ROUTES, type ApiRoute, type RouteName } from '../../../api/contract.ts';
import { createWorld, smallFile, type Answer, type World } from '../../support/api-world.ts';

let world: World;
let key: string;
beforeAll(async () => {
  world = await createWorld({ limits: { burst: 1e9, perSecond: 1e9, bodyBytes: 64 * 1024, labelBytes: 128 * 1024 } });
  key = await world.key();
  await world.call('PUT', '/api/v1/deployments/churn', { key, body: { spec: smallFile() } });
});
afterAll(() => world.close());

const NAMES = (Object.keys(ROUTES) as RouteName[]).filter((name) => name !== 'events');
const WITH_BODY = NAMES.filter((name) => (ROUTES[name] as ApiRoute).body !== undefined);
const pathOf = (name: RouteName): string => ROUTES[name].path.replace('{name}', 'churn').replace('{n}', '1').replace('{inferenceId}', 'inf_1').replace('{id}', 'key_1');
const send = (name: RouteName, raw: string | Uint8Array, headers: Record<string, string> = {}): Promise<Answer> => world.call(ROUTES[name].method.toUpperCase(), pathOf(name), { key, raw, headers });

function expectProblem(answer: Answer): void {
  expect(answer.status).toBeGreaterThanOrEqual(400);
  expect(answer.status).toBeLessThan(500);
  expect(answer.headers['content-type']).toBe('application/problem+json');
  expect(answer.json.status).toBe(answer.status);
  expect(answer.json.code).toMatch(/^LM_/);
  expect(answer.json.requestId).toMatch(/^req_/);
  expect(answer.text).not.toMatch(/at .*\.ts:\d+/);
}

const deep = `{"spec":${'['.repeat(10_000)}${']'.repeat(10_000)}}`;
test.each(WITH_BODY)('%s refuses what is no document', async (name) => {
  for (const raw of ['{', 'null', '[]', '3', '"text"', 'NaN', '{"a":1}', deep, '{"__proto__":{"admin":true}}', '{"constructor":{"prototype":{}}}']) expectProblem(await send(name, raw));
  expectProblem(await send(name, Buffer.from([0x7b, 0xff, 0xfe, 0x7d])));
  expectProblem(await send(name, '{}', { 'content-type': 'text/plain' }));
  const packed = await send(name, '{}', { 'content-encoding': 'gzip' });
  expect(packed.status).toBe(415);
  const large = await send(name, `{"reason":"${'x'.repeat(200 * 1024)}"}`);
  expect(large.status).toBe(413);
  expectProblem(large);
});

test('a body that grows past its limit without saying so is refused', async () => {
  const answer = await new Promise<number>((resolve, reject) => {
    void import('node:http').then(({ request }) => {
      const outgoing = request({ host: '127.0.0.1', port: world.port, method: 'POST', path: '/api/v1/plan', agent: false, headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', 'transfer-encoding': 'chunked' } }, (response) => { response.resume(); resolve(response.statusCode ?? 0); });
      outgoing.on('error', reject);
      for (let i = 0; i < 40; i += 1) outgoing.write('x'.repeat(8_192));
      outgoing.end();
    });
  });
  expect(answer).toBe(413);
});

test.each([
  ['startRollout', { model: { $ne: '' } }], ['pause', { reason: { $gt: '' } }], ['promote', { reason: ['x'] }], ['pushLabels', { labels: [{ inferenceId: { $ne: null }, value: 1 }] }],
  ['pushLabels', { labels: [{ inferenceId: 'i', value: { $gt: 0 } }] }], ['apply', { spec: smallFile('churn', { model: { $regex: '.*' } }) }], ['newKey', { name: 'x', kind: 'person', scopes: ['root'] }], ['newKey', { name: { $where: '1' }, kind: 'person', scopes: ['read'] }],
] as const)('%s refuses operator objects and wrong types: %j', async (name, body) => { expectProblem(await send(name, JSON.stringify(body))); });

test.each([
  '/api/v1/deployments?limit=0', '/api/v1/deployments?limit=1e99', '/api/v1/deployments?limit=x', '/api/v1/deployments?limit[$gt]=1', '/api/v1/deployments?limit=1&limit=2', '/api/v1/deployments?after=%00', '/api/v1/deployments?after=zzz',
  '/api/v1/deployments/churn/rollouts?after=zzz', '/api/v1/audit?subject[$ne]=1', '/api/v1/audit?afterSeq=-1', '/api/v1/audit?limit=NaN', '/api/v1/deployments/churn/explain?for=nobody', '/api/v1/deployments/churn/explain?rollout=0',
  '/api/v1/deployments/%E0%A4%A', '/api/v1/deployments/..%2f..%2fetc%2fpasswd', '/api/v1/deployments/%00', `/api/v1/deployments/${'a'.repeat(5_000)}`, '/api/v1/deployments/churn/rollouts/0', '/api/v1/deployments/churn/rollouts/-1', '/api/v1/deployments/churn/rollouts/99999999999999999999',
  '/api/v1/deployments/churn/rollouts/1%20or%201', '/api/v1/deployments/churn/records/%24ne', '/api/v1/deployments/__proto__', '/api/v1/deployments/churn/rollouts/9',
])('%s is a problem, not a crash', async (path) => { expectProblem(await world.call('GET', path, { key })); });

test('any JSON to any route is answered below 500', async () => {
  await fc.assert(fc.asyncProperty(fc.constantFrom(...WITH_BODY), fc.json({ maxDepth: 4 }), async (name, raw) => {
    const answer = await send(name, raw);
    expect(answer.status).toBeLessThan(500);
  }), { numRuns: 150, seed: 20261123 });
  expect(world.logged.filter(({ level }) => level === 'error')).toEqual([]);
});

test('a file mutated anywhere is answered below 500', async () => {
  const file = smallFile('churn', { value: { currency: 'EUR', payoff: { tp: 1, fp: -1, tn: 0, fn: 0 } }, metrics: [{ name: 'value', margin: 0 }], contract: { task: 'binary', range: [0, 1], golden: [{ request: { inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 1], data: [1] }] } }] } });
  const paths: (string | number)[][] = [];
  const walk = (value: unknown, path: (string | number)[]): void => { paths.push(path); if (typeof value === 'object' && value !== null) for (const [k, v] of Object.entries(value)) walk(v, [...path, k]); };
  walk(file, []);
  await fc.assert(fc.asyncProperty(fc.constantFrom(...paths.filter((path) => path.length > 0)), fc.jsonValue({ maxDepth: 3 }), async (path, value) => {
    const copy = structuredClone(file);
    let at: Record<string | number, unknown> = copy;
    for (const part of path.slice(0, -1)) at = at[part] as Record<string | number, unknown>;
    at[path.at(-1)!] = value;
    const answer = await world.call('POST', '/api/v1/plan', { key, body: { spec: copy } });
    expect([200, 400]).toContain(answer.status);
  }), { numRuns: 150, seed: 20261124 });
});

test('every answer carries its headers, and no origin is allowed', async () => {
  const answer = await world.call('OPTIONS', '/api/v1/deployments', { headers: { origin: 'https://evil.test', 'access-control-request-method': 'GET' } });
  expect(Object.keys(answer.headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
  expect(answer.headers).toMatchObject({ 'x-content-type-options': 'nosniff', 'x-frame-options': 'DENY', 'referrer-policy': 'no-referrer' });
  expect(answer.headers['x-powered-by']).toBeUndefined();
});
