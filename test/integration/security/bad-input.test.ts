import fc from 'fast-check';
import { bodyOf, pathOf, placesIn, queryFields, ROUTE_NAMES, routeOf, WITH_BODY, withAt, type PathValues } from '../../support/every-route.ts';
import { createWorld, smallFile, type Answer, type World } from '../../support/api-world.ts';
import { expectRefusal, expectSafe } from './expectations.ts';

/** Risks API3 and API8, A9.36: what a body, a query or a path may not say is refused by every route, before anything is done. */

const PATH: PathValues = { name: 'churn', n: '1', inferenceId: 'inf_1', ids: { kills: 'kil_1', keys: 'key_1', gateways: 'gw-1', cases: 'inf_1', freezes: 'frz_none' } };
let world: World;
let key: string;
let before: string;
const state = async (): Promise<string> => JSON.stringify([world.orchestrator.commands, world.orchestrator.starts, await world.stores.deployments.getDeployment('default', 'churn'), await world.stores.audit.read('default', { afterSeq: 0, limit: 1_000, subject: null }), await world.stores.keys.list('default')]);
beforeAll(async () => {
  world = await createWorld({ limits: { burst: 1e9, perSecond: 1e9 } });
  key = await world.key();
  await world.call('PUT', '/api/v1/deployments/churn', { key, body: { spec: smallFile() } });
  before = await state();
});
afterEach(async () => {
  expect(await state()).toBe(before);
  expect(world.logged.filter(({ level }) => level === 'error')).toEqual([]);
});
afterAll(() => world.close());

const send = (name: (typeof ROUTE_NAMES)[number], of: { readonly body?: unknown; readonly raw?: string; readonly query?: string; readonly headers?: Readonly<Record<string, string>> }): Promise<Answer> =>
  world.call(routeOf(name).method.toUpperCase(), `${pathOf(name, PATH)}${of.query ?? ''}`, { key, headers: of.headers ?? {}, ...(of.body === undefined ? {} : { body: of.body }), ...(of.raw === undefined ? {} : { raw: of.raw }) });

const OWNED = ['tenantId', 'status', 'champion', 'revision', 'actor', 'via', 'seq', 'uid', '_id', 'schemaVersion', 'hash', 'startedBy', 'state', 'constructor', '$where'];

test.each(WITH_BODY)('%s: the example is taken as far as the schema goes, so that what follows is not refused for another reason', async (name) => {
  const { body } = routeOf(name);
  expect(body!.safeParse(bodyOf(name)).error?.issues ?? []).toEqual([]);
});

test.each(WITH_BODY)('%s: a field that is the server\'s is refused wherever it stands', async (name) => {
  const example = bodyOf(name);
  const objects = placesIn(example).filter(({ kind }) => kind === 'object');
  for (const { path } of objects) {
    for (const field of OWNED.filter((each) => !(each in (path.reduce<unknown>((at, part) => (at as Record<string | number, unknown>)[part], example) as object)) || each === 'constructor')) {
      const answer = await send(name, { body: withAt(example, path, (there) => ({ ...there as object, [field]: 'x' })) });
      expectRefusal(answer);
      expect([name, path, field, answer.status]).toEqual([name, path, field, 400]);
    }
  }
});

const OPERATORS: readonly unknown[] = [{ $ne: null }, { $gt: '' }, { $regex: '.*' }, { $where: 'sleep(1)' }, { $in: [''] }, ['x'], [['x']], [{ $ne: 1 }], { a: { b: 1 } }, { toString: 1 }, { length: 1 }, true, 0, 2 ** 63, -(2 ** 63), 1e308];
test.each(WITH_BODY)('%s: a text may be no operator, no list, no object and no number', async (name) => {
  const example = bodyOf(name);
  // `value` of a label may be a number or yes and no, besides a text.
  for (const { path } of placesIn(example).filter(({ kind }) => kind === 'text')) {
    for (const operator of OPERATORS.filter((each) => path.at(-1) !== 'value' || typeof each === 'object')) expectRefusal(await send(name, { body: withAt(example, path, () => operator) }));
  }
});

test.each(WITH_BODY)('%s: numbers beyond 2^53, keys that stand twice, reserved keys, depth and broken text are refused', async (name) => {
  const example = JSON.stringify(bodyOf(name));
  const inner = example.slice(1);
  const raws = [
    `{"__proto__":{"isAdmin":true}${inner === '}' ? '' : ','}${inner}`, `{"constructor":{"prototype":{"isAdmin":true}}${inner === '}' ? '' : ','}${inner}`, `{"x":1,"x":1}`, `{"\\u0078":1,"x":1}`, '{"a":{"b":1,"b":2}}',
    ...(inner === '}' ? [] : [example.replace(/^\{("\w+":)/, '{$1null,$1'), `{${/^\{("\w+":)/.exec(example)![1]!}9223372036854775808}`, `{${/^\{("\w+":)/.exec(example)![1]!}1e999}`]),
    `${'['.repeat(10_000)}${']'.repeat(10_000)}`, `${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}`, '['.repeat(100_000), `{"a":"${'\\u0000'.repeat(10)}"}`, '{"a":"\ud800"}', '\u0000', '\ufeff{}x', '{"a":01}', "{'a':1}", '{"a":1}{"a":1}', `{${Array.from({ length: 5_000 }, (_, i) => `"k${String(i)}":1`).join(',')}}`,
  ];
  for (const raw of raws) expectRefusal(await send(name, { raw }));
  expect(({} as Record<string, unknown>).isAdmin).toBeUndefined();
});

test.each(ROUTE_NAMES)('%s: query fields that are unknown, twice, or operators are refused', async (name) => {
  for (const field of ['tenantId', 'tenant', '$where', '__proto__', 'constructor', 'limit[$gt]', ...queryFields(name).flatMap((each) => [`${each}[$ne]`, `${each}[]`, `${each}.x`])]) {
    const answer = await send(name, { query: `?${encodeURIComponent(field)}=1` });
    expectRefusal(answer);
    expect([name, field, answer.status]).toEqual([name, field, 400]);
  }
  for (const field of queryFields(name)) {
    expectRefusal(await send(name, { query: `?${field}=1&${field}=2` }));
    if (field === 'limit' || field === 'afterSeq') for (const value of ['-1', '1e99', '9223372036854775808', 'NaN', '1.5', '0x10000', '%00', '1001']) if (!(field === 'afterSeq' && ['0x10000', '1001'].includes(value))) expectRefusal(await send(name, { query: `?${field}=${value}` }));
  }
});

const SEGMENTS = ['..', '%2e%2e', '%2e%2e%2f%2e%2e%2fetc%2fpasswd', '..%5c..%5cwin', '%252e%252e%252f', '%00', 'a%00b', '%0d%0aset-cookie:x=1', '%0a', '$ne', '%24ne', '%7B%22%24ne%22%3Anull%7D', '[$gt]', '__proto__', 'constructor', 'toString', '%E0%A4%A', '%ff', '%', '%c0%ae%c0%ae', 'A'.repeat(5_000), '9223372036854775808', '-1', '1e3', '%F0%9F%92%A9', ' ', '%20', "'%20or%201=1--", '*', '.*'];
test.each(ROUTE_NAMES.filter((name) => routeOf(name).path.includes('{')))('%s: no part of its path leads anywhere else', async (name) => {
  const route = routeOf(name);
  const parameters = [...route.path.matchAll(/\{(\w+)\}/g)].map(([text]) => text);
  for (const parameter of parameters) {
    for (const segment of SEGMENTS) {
      const path = route.path.replace(parameter, segment.replace(' ', '%20')).replace('{name}', 'churn').replace('{n}', '1').replace('{inferenceId}', 'inf_1').replace('{id}', 'x');
      expectRefusal(await world.call(route.method.toUpperCase(), path, { key, ...(route.body === undefined ? {} : { body: bodyOf(name) }) }));
    }
  }
});

test('any JSON in the place of any value of any body is answered below 500, and says nothing of the inside', async () => {
  // Where the path names what does not exist, a body that is taken changes nothing.
  const dry = WITH_BODY.filter((name) => name === 'plan' || name !== 'apply' && routeOf(name).path.includes('{'));
  const nowhere: PathValues = { ...PATH, name: 'nobody' };
  await fc.assert(fc.asyncProperty(fc.constantFrom(...dry), fc.nat(), fc.oneof(fc.jsonValue({ maxDepth: 3 }), fc.string({ unit: 'binary', maxLength: 40 }), fc.double(), fc.constantFrom(...OPERATORS)), async (name, where, value) => {
    const example = bodyOf(name);
    const places = placesIn(example);
    const answer = await world.call(routeOf(name).method.toUpperCase(), pathOf(name, nowhere), { key, body: withAt(example, places[where % places.length]!.path, () => value) });
    expectSafe(answer);
    expect(answer.status).toBeLessThan(500);
  }), { numRuns: 150, seed: 20261126 });
});
