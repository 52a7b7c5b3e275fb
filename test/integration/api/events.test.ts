import { request as httpRequest, type IncomingMessage } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { inCanary, rolloutRecord, verdictOf } from '../../support/api-documents.ts';
import { createWorld, smallFile, type World } from '../../support/api-world.ts';
import { inService } from './world-of-kills.ts';

interface Stream { readonly events: { id: string; type: string; deployment: string; data: { readonly n?: number } }[]; readonly ended: Promise<void>; readonly status: number; text(): string; close(): void }

let world: World;
let key: string;
const open: Stream[] = [];
beforeEach(async () => {
  world = await createWorld();
  key = await world.key();
  await world.call('PUT', '/api/v1/deployments/churn', { key, body: { spec: smallFile() } });
});
afterEach(async () => { for (const stream of open.splice(0)) stream.close(); await world.close(); });

function listen(path = '/api/v1/events', headers: Record<string, string> = {}, withKey = key): Promise<Stream> {
  return new Promise((resolve, reject) => {
    const request = httpRequest({ host: '127.0.0.1', port: world.port, path, agent: false, headers: { authorization: `Bearer ${withKey}`, ...headers } }, (response: IncomingMessage) => {
      let text = '';
      const events: Stream['events'] = [];
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
        events.splice(0, events.length, ...text.split('\n\n').filter((block) => block.startsWith('id: ')).map((block) => JSON.parse(/^data: (.*)$/m.exec(block)![1]!) as Stream['events'][number]));
      });
      const ended = new Promise<void>((done) => { response.on('close', () => { done(); }); });
      const stream: Stream = { events, ended, status: response.statusCode ?? 0, text: () => text, close: () => { request.destroy(); } };
      response.on('error', () => undefined);
      open.push(stream);
      resolve(stream);
    });
    request.on('error', reject);
    request.end();
  });
}
async function until(holds: () => boolean): Promise<void> {
  for (let i = 0; i < 400 && !holds(); i += 1) await delay(10);
  expect(holds()).toBe(true);
}
const types = (stream: Stream): string[] => stream.events.map(({ type }) => type);

test('first the whole state, then each change once, with growing ids', async () => {
  const stream = await listen();
  await until(() => stream.events.length === 1);
  expect(stream.events[0]).toMatchObject({ type: 'reset', data: [{ deployment: { name: 'churn' }, rollout: null }] });
  const record = await inCanary(world.stores);
  await until(() => ['verdict', 'rollout', 'deployment', 'progress'].every((type) => types(stream).includes(type)));
  await world.stores.evidence.putVerdict(verdictOf(record, { n: 2, kind: 'promote' }));
  await until(() => stream.events.some(({ type, data }) => type === 'verdict' && data.n === 2));
  await delay(100);
  const numbers = stream.events.map(({ id }) => Number(id.split('-')[1]));
  expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
  expect(new Set(numbers).size).toBe(numbers.length);
  expect(stream.events.filter(({ type, data }) => type === 'verdict' && data.n === 2)).toHaveLength(1);
  expect(stream.text()).toMatch(/^event: verdict$/m);
});

test('a kill is told at each change, however fast it was; a reader who comes later finds it in the whole state', async () => {
  await inService(world);
  const stream = await listen();
  const { kill } = (await world.call('POST', '/api/v1/deployments/churn/kill', { key, body: {} })).json;
  await world.call('POST', `/api/v1/kills/${kill.killId}/reason`, { key, body: { reason: 'prices were wrong' } });
  const told = (): { readonly kill?: { readonly killId: string; readonly reason: string | null; readonly revisionOfRecord: number } }[] => stream.events.filter(({ type }) => type === 'kill').map(({ data }) => data as never);
  await until(() => told().some((each) => each.kill?.reason === 'prices were wrong'));
  expect(new Set(told().map((each) => each.kill?.killId))).toEqual(new Set([kill.killId]));
  const revisions = told().map((each) => each.kill?.revisionOfRecord);
  expect(revisions).toEqual([...new Set(revisions)].sort());
  const late = await listen();
  await until(() => late.events.length > 0);
  expect(late.events[0]).toMatchObject({ type: 'reset', data: [{ kills: [{ kill: { killId: kill.killId } }] }] });
});

test('Last-Event-ID brings exactly what was missed', async () => {
  const first = await listen();
  const record = await inCanary(world.stores);
  await until(() => types(first).includes('progress'));
  const last = first.events.at(-1)!.id;
  first.close();
  await world.stores.deployments.putRollout(rolloutRecord(record, { revision: 2 }));
  await world.stores.evidence.putVerdict(verdictOf(record, { n: 2 }));
  const second = await listen('/api/v1/events', { 'last-event-id': last });
  await until(() => second.events.length === 2);
  expect(types(second)).toEqual(['verdict', 'rollout']);
  const again = await listen('/api/v1/events', { 'last-event-id': last });
  await until(() => again.events.length === 2);
  expect(again.events).toEqual(second.events);
});

test.each(['nonsense', 'other-3', '', '-1'])('an id that is not ours (%s) gets a reset', async (id) => {
  const stream = await listen('/api/v1/events', id === '' ? {} : { 'last-event-id': id });
  await until(() => stream.events.length === 1);
  expect(types(stream)).toEqual(['reset']);
});

test('a stream of one deployment tells of no other', async () => {
  await world.call('PUT', '/api/v1/deployments/fraud', { key, body: { spec: smallFile('fraud') } });
  const stream = await listen('/api/v1/events?deployment=fraud');
  await until(() => stream.events.length === 1);
  await inCanary(world.stores, 'churn');
  await inCanary(world.stores, 'fraud');
  await until(() => types(stream).includes('progress'));
  expect(new Set(stream.events.map(({ deployment }) => deployment))).toEqual(new Set(['fraud']));
});

test('another tenant hears nothing of it', async () => {
  const other = await world.key({ tenant: 'b' });
  const stream = await listen('/api/v1/events', {}, other);
  await inCanary(world.stores);
  await delay(150);
  expect(stream.events).toMatchObject([{ type: 'reset', data: [] }]);
});

test('the stream ends soon after its key', async () => {
  const stream = await listen();
  await until(() => stream.events.length === 1);
  const [stored] = await world.stores.keys.list('default');
  await world.stores.keys.revoke('default', stored!.id, world.now());
  await stream.ended;
  expect(stream.text()).toContain('no longer valid');
});

test('nobody listening, nobody polling', async () => {
  const stream = await listen();
  await until(() => stream.events.length === 1);
  stream.close();
  await delay(100);
  let reads = 0;
  const list = world.stores.deployments.listDeployments.bind(world.stores.deployments);
  world.stores.deployments.listDeployments = (tenant, page) => { reads += 1; return list(tenant, page); };
  await delay(150);
  expect(reads).toBe(0);
});
