import { request as httpRequest } from 'node:http';
import fc from 'fast-check';
import type { RouteName } from '../../../api/contract.ts';
import { bodyOf, pathOf, ROUTE_NAMES, routeOf, type PathValues } from '../../support/every-route.ts';
import { createWorld, smallFile, type World } from '../../support/api-world.ts';
import { SCOPES, type Scope } from '../../../ports/key-store.ts';
import { expectSafe } from './expectations.ts';

/** Risk API5: a key does what its scopes say, and no more; what takes a person is not done by a service. */

let world: World;
beforeAll(async () => {
  world = await createWorld({ limits: { burst: 1e9, perSecond: 1e9 } });
  await world.call('PUT', '/api/v1/deployments/churn', { key: await world.key(), body: { spec: smallFile() } });
});
afterAll(() => world.close());

/** Ids that do not exist: who is let in finds nothing to change. */
const NOTHING: PathValues = { name: 'churn', n: '1', inferenceId: 'inf_none', ids: { kills: 'kil_none', keys: 'key_none', gateways: 'gw-none', cases: 'inf_none', freezes: 'frz_none' } };

/** Status and code, as soon as the headers are there: a stream has no end. */
function ask(name: RouteName, key: string): Promise<{ status: number; code: string | null }> {
  const body = bodyOf(name);
  return new Promise((resolve, reject) => {
    const request = httpRequest({ host: '127.0.0.1', port: world.port, method: routeOf(name).method.toUpperCase(), path: pathOf(name, { ...NOTHING, name: 'nobody' }), agent: false, headers: { authorization: `Bearer ${key}`, ...(body === undefined ? {} : { 'content-type': 'application/json' }) } }, (response) => {
      const status = response.statusCode ?? 0;
      if (String(response.headers['content-type']).startsWith('text/event-stream')) { request.destroy(); resolve({ status, code: null }); return; }
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => { text += chunk; }).on('end', () => {
        expectSafe({ headers: response.headers, text, status });
        resolve({ status, code: status >= 400 ? (JSON.parse(text) as { code: string }).code : null });
      });
    });
    request.on('error', reject);
    request.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

test('each subset of scopes opens exactly the routes of its scopes', async () => {
  await fc.assert(fc.asyncProperty(fc.subarray([...SCOPES]), async (scopes: readonly Scope[]) => {
    const key = await world.key({ scopes });
    const answers = await Promise.all(ROUTE_NAMES.map(async (name) => ({ name, ...await ask(name, key) })));
    const closed = answers.filter(({ code }) => code === 'LM_FORBIDDEN').map(({ name }) => name);
    expect(closed).toEqual(ROUTE_NAMES.filter((name) => { const { scope } = routeOf(name); return scope !== null && !scopes.includes(scope); }));
    expect(answers.filter(({ status, code }) => code !== 'LM_FORBIDDEN' && (status === 401 || status === 403 || status >= 500))).toEqual([]);
  }), { numRuns: 16, seed: 20261125, examples: [[[]], [[...SCOPES]], ...SCOPES.map((scope): [Scope[]] => [[scope]])] });
});

test('a service key with every scope is refused exactly where a person is needed', async () => {
  const [service, person] = [await world.key({ kind: 'service' }), await world.key({ kind: 'person' })];
  const refusing: RouteName[] = [];
  for (const name of ROUTE_NAMES) {
    const [byService, byPerson] = [await ask(name, service), await ask(name, person)];
    expect([name, byPerson.status === 403]).toEqual([name, false]);
    if (byService.status === 403) refusing.push(name);
  }
  // newKey: the example asks for the key of a person.
  expect(refusing).toEqual(['promote', 'pin', 'unpin', 'revive', 'newKey']);
});

test('a service key cannot make itself a person, and may make another service', async () => {
  const service = await world.key({ kind: 'service' });
  const made = (kind: string) => world.call('POST', '/api/v1/keys', { key: service, body: { name: 'ci', kind, scopes: ['read'] } });
  const before = await world.stores.keys.list('default');
  expect((await made('person')).json.code).toBe('LM_FORBIDDEN');
  expect(await world.stores.keys.list('default')).toEqual(before);
  expect((await made('service')).status).toBe(201);
});

test('a method that a path does not have is 404 with any key, and OPTIONS gives nothing to other origins', async () => {
  const key = await world.key();
  for (const name of ROUTE_NAMES) {
    const path = pathOf(name, NOTHING);
    const own = ROUTE_NAMES.filter((each) => pathOf(each, NOTHING) === path).map((each) => routeOf(each).method.toUpperCase());
    for (const method of ['GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'TRACE', 'PROPFIND'].filter((each) => !own.includes(each))) {
      const answer = await world.call(method, path, { key });
      expectSafe(answer);
      expect([method, path, answer.status]).toEqual([method, path, 404]);
    }
    const asked = await world.call('OPTIONS', path, { headers: { origin: 'https://evil.test', 'access-control-request-method': own[0]!, 'access-control-request-headers': 'authorization' } });
    expectSafe(asked);
    expect(asked.status).toBeLessThan(500);
  }
});

test('pages, documents and what is not there carry the headers too, and pages are not kept', async () => {
  const key = await world.key();
  const elsewhere = { host: 'lastmile.example.com' };
  for (const path of ['/', '/deployments/churn', '/deployments/nobody', '/deployments/..%2f..%2fetc', '/openapi.json', '/schemas/v1alpha1.json', '/nothing', '/favicon.ico', '/internal/v1/artifacts/x', '/api/v1/health']) {
    for (const ask of [{ headers: elsewhere }, { key, headers: elsewhere }]) {
      const answer = await world.call('GET', path, ask);
      expectSafe(answer);
      expect(answer.status).toBeLessThan(500);
      if (String(answer.headers['content-type']).startsWith('text/html')) expect(answer.headers['cache-control']).toBe('no-store');
    }
  }
  expect((await world.call('GET', '/', { headers: elsewhere })).status).toBe(401);
});

test('no route that changes something is opened by the scope to read, or by none', () => {
  const changing = ROUTE_NAMES.filter((name) => routeOf(name).method !== 'get' && !['deploy', 'operate', 'approve', 'label', 'admin'].includes(routeOf(name).scope ?? 'none'));
  expect(changing).toEqual(['plan']);   // it stores nothing
  expect(ROUTE_NAMES.filter((name) => routeOf(name).scope === null)).toEqual(['health']);
});
