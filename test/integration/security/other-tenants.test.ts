import { request as httpRequest } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import fc from 'fast-check';
import type { RouteName } from '../../../api/contract.ts';
import { bodyOf, pathOf, placesIn, queryFields, ROUTE_NAMES, routeOf, withAt } from '../../support/every-route.ts';
import { createWorld, type Answer, type Ask, type World } from '../../support/api-world.ts';
import { expectRefusal, expectSafe } from './expectations.ts';
import { furnish, snapshotOf, type Tenant } from './tenants.ts';

/** Risk API1 of OWASP's list, A9.32: ids, names, cursors, kills, keys and streams of another tenant are as if nobody had them. */

const SEED = 20261125;
const COUNT = 4;
let world: World;
let tenants: readonly Tenant[];
beforeEach(async () => {
  world = await createWorld({ limits: { burst: 1e9, perSecond: 1e9 } });
  const all: Tenant[] = [];
  for (let i = 0; i < COUNT; i += 1) all.push(await furnish(world, i));
  tenants = all;
});
afterEach(() => world.close());

const pairs = fc.tuple(fc.nat(COUNT - 1), fc.integer({ min: 1, max: COUNT - 1 })).map(([a, step]) => ({ attacker: a, victim: (a + step) % COUNT }));
/** Written like those of the victim, and nobody's. */
const nobodys = ({ name, inferenceId, ids }: Tenant): Pick<Tenant, 'name' | 'n' | 'inferenceId' | 'ids'> => ({
  name: name.replace('tenant', 'nobody'), n: '1', inferenceId: inferenceId.replace('tenant', 'nobody'),
  ids: Object.fromEntries(Object.entries(ids).map(([kind, id]) => [kind, kind === 'gateways' ? id : `${id.slice(0, -4)}0000`])),
});
const send = (name: RouteName, path: string, ask: Ask): Promise<Answer> => world.call(routeOf(name).method.toUpperCase(), path, ask);
const withIds = ROUTE_NAMES.filter((name) => routeOf(name).path.includes('{') && name !== 'apply');

test('every route with an id or a name in its path answers for those of another tenant as for those that nobody has, and changes nothing', async () => {
  await fc.assert(fc.asyncProperty(pairs, fc.constantFrom(...withIds), async ({ attacker, victim }, name) => {
    const [from, of] = [tenants[attacker]!, tenants[victim]!];
    const before = await snapshotOf(world, of);
    const commands = world.orchestrator.commands.length;
    const ask = { key: from.key, body: bodyOf(name, of.name) };
    const [theirs, none] = [await send(name, pathOf(name, of), ask), await send(name, pathOf(name, nobodys(of)), ask)];
    expectRefusal(theirs);
    // Gateways belong to the installation, so to the default tenant: others are told so, whatever the id.
    expect([name, theirs.status]).toEqual([name, name === 'forgetGateway' ? 403 : 404]);
    const shape = ({ json }: Answer, values: Pick<Tenant, 'name' | 'inferenceId' | 'ids'>): unknown => {
      const text = [values.name, values.inferenceId, ...Object.values(values.ids)].reduce((said, id) => said.replaceAll(id, 'ID'), json.detail);
      return { ...json, detail: text, requestId: '' };
    };
    expect(shape(theirs, of)).toEqual(shape(none, nobodys(of)));
    expect(await snapshotOf(world, of)).toBe(before);
    expect(world.orchestrator.commands).toHaveLength(commands);
  }), { numRuns: 250, seed: SEED });
});

test('to apply a file of that name makes one of the own, and leaves the other as it was', async () => {
  const [from, of] = [tenants[0]!, tenants[1]!];
  const before = await snapshotOf(world, of);
  const answer = await send('apply', pathOf('apply', of), { key: from.key, body: bodyOf('apply', of.name) });
  expect(answer.status).toBe(202);
  expect(answer.text).not.toContain(of.uid);
  expect(await snapshotOf(world, of)).toBe(before);
});

test('every text of every body, and every field of every query, may hold what is another\'s: no mark of it comes back, and nothing of it changes', async () => {
  const sent = new Map<string, Set<string>>(tenants.map(({ tenant }) => [tenant, new Set<string>()]));
  const marksOf = (tenant: Tenant): readonly string[] => [...tenant.marks, tenant.name, tenant.inferenceId];
  await fc.assert(fc.asyncProperty(pairs, fc.constantFrom(...ROUTE_NAMES.filter((name) => name !== 'events')), fc.nat(), fc.nat(), async ({ attacker, victim }, name, which, where) => {
    const [from, of] = [tenants[attacker]!, tenants[victim]!];
    const mark = marksOf(of)[which % marksOf(of).length]!;
    sent.get(from.tenant)!.add(mark);
    const own = bodyOf(name, from.name);
    const texts = own === undefined ? [] : placesIn(own).filter(({ kind }) => kind === 'text');
    const fields = queryFields(name);
    const before = await snapshotOf(world, of);
    const body = texts.length === 0 ? own : withAt(own, texts[where % texts.length]!.path, () => mark);
    const cursor = (await send('listDeployments', '/api/v1/deployments?limit=1', { key: of.key })).json.next;
    const query = fields.length === 0 ? '' : `?${fields[where % fields.length]!}=${encodeURIComponent(which % 5 === 0 && cursor !== null ? cursor : mark)}`;
    const answer = await send(name, pathOf(name, { ...from, ids: { ...from.ids, kills: 'kil_none', keys: 'key_none' } }) + query, { key: from.key, ...(body === undefined ? {} : { body }) });
    expectSafe(answer);
    expect(answer.status).toBeLessThan(500);
    // What the attacker itself has sent may be said back, as the name of a key; nothing else of the victim may come.
    const said = [...sent.get(from.tenant)!];
    for (const other of of.marks.filter((each) => !said.some((one) => each.includes(one) || one.includes(each)))) expect([name, answer.text.includes(other) ? other : '']).toEqual([name, '']);
    expect(await snapshotOf(world, of)).toBe(before);
  }), { numRuns: 120, seed: SEED + 1 });
});

test('a kill by the digest, the variant or the version of another tenant reaches nothing', async () => {
  const [from, of] = [tenants[2]!, tenants[3]!];
  const before = await snapshotOf(world, of);
  expect((await send('killDigest', '/api/v1/kill', { key: from.key, body: { digest: of.digest } })).json.code).toBe('LM_VARIANT_NOT_FOUND');
  for (const scope of [{ kind: 'variant', variantId: of.variantId }, { kind: 'digest', digest: of.digest }]) await send('kill', pathOf('kill', from), { key: from.key, body: { scope } });
  expect(await snapshotOf(world, of)).toBe(before);
});

test('event streams: another tenant\'s deployment is not found, and its event id resumes nothing of it', async () => {
  const read = async (path: string, key: string, headers: Record<string, string> = {}): Promise<{ status: number; text: string }> => {
    let text = '';
    const request = httpRequest({ host: '127.0.0.1', port: world.port, path, agent: false, headers: { authorization: `Bearer ${key}`, ...headers } });
    const status = await new Promise<number>((resolve, reject) => {
      request.on('error', reject).on('response', (response) => { response.setEncoding('utf8').on('error', () => undefined).on('data', (chunk: string) => { text += chunk; }); resolve(response.statusCode ?? 0); }).end();
    });
    for (let i = 0; i < 200 && !text.includes('\n\n') && status === 200; i += 1) await delay(5);
    await delay(60);
    request.destroy();
    return { status, text };
  };
  const [from, of] = [tenants[0]!, tenants[1]!];
  expect((await read(`/api/v1/events?deployment=${of.name.replace('model', 'xmodel')}`, from.key)).status).toBe(404);
  expect((await read(`/api/v1/events?deployment=${tenants[2]!.name}`, from.key)).status).toBe(404);
  const theirs = await read('/api/v1/events', of.key);
  const id = /^id: (.*)$/m.exec(theirs.text)![1]!;
  expect(theirs.text).toContain(of.uid);
  const resumed = await read('/api/v1/events', from.key, { 'last-event-id': id });
  for (const mark of of.marks) expect(resumed.text).not.toContain(mark);
});
