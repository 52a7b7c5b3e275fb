import { createKillDriver } from '../../../api/kill/driver.ts';
import { createDrillSchedule } from '../../../api/kill/drill-schedule.ts';
import type { DrillsAnswer, KillView } from '../../../api/contract.ts';
import { eventually } from '../../../conformance/stores/suite.ts';
import type { KillRecord } from '../../../domain/kill/kill.ts';
import type { Route } from '../../../domain/traffic/route.ts';
import { createWorld, smallFile, type Answer, type World } from '../../support/api-world.ts';
import { fakeGateway, inService, type FakeGateway } from './world-of-kills.ts';

let world: World;
let key: string;
let uid: string;
let gateways: FakeGateway[];

beforeEach(async () => {
  world = await createWorld();
  key = await world.key();
  gateways = [];
  ({ uid } = await inService(world));
});
afterEach(async () => { await Promise.all(gateways.map((each) => each.close())); await world.close(); });

async function start(count: number): Promise<void> {
  for (let i = 1; i <= count; i += 1) gateways.push(await fakeGateway(world, `gw-${String(i)}`));
  Object.assign(world.ports.settings, { gatewayUrl: gateways[0]!.url });
}
const drill = (body: unknown = {}, headers: Record<string, string> = {}): Promise<Answer> => world.call('POST', '/api/v1/deployments/churn/drills', { key, body, headers });
const drills = async (): Promise<DrillsAnswer> => (await world.call('GET', '/api/v1/deployments/churn/drills', { key })).json as unknown as DrillsAnswer;
const record = async (killId: string): Promise<KillRecord> => (await world.stores.kills.get('default', killId))!;
const route = async (): Promise<Route> => (await world.stores.routes.get('default', uid))!;
const ended = async (killId: string): Promise<KillRecord> => {
  expect(await eventually(async () => (await record(killId)).state === 'revived', 60_000)).toBe(true);
  return record(killId);
};
const audit = async (): Promise<readonly string[]> => (await world.stores.audit.read('default', { afterSeq: 0, limit: 100, subject: 'churn' })).map(({ action }) => action).filter((action) => action.includes('drill') || action.includes('kill'));

test('a drill kills the challenger by the way of a kill in earnest, is proved, and gives back what it took', async () => {
  await start(2);
  const before = await route();
  const answer = await drill({ reason: 'board asks' });
  expect(answer.status).toBe(202);
  const { kill } = answer.json as unknown as KillView;
  expect(kill).toMatchObject({ scope: { kind: 'challengers' }, targets: ['var_churn_8'], drillId: expect.stringMatching(/^dri_/), reason: 'board asks', answering: '7' });
  const over = await ended(kill.killId);
  expect(over.provedAtMs).not.toBeNull();
  expect(over.backends).toMatchObject([{ variantId: 'var_churn_8', state: 'gone' }]);
  expect(over.gateways.map(({ gatewayId, state }) => [gatewayId, state])).toEqual([['gw-1', 'silent'], ['gw-2', 'silent']]);
  const after = await route();
  expect({ shares: after.shares, tombstones: after.tombstones, drilled: after.drilled, champion: after.champion }).toEqual({ shares: before.shares, tombstones: [], drilled: [], champion: before.champion });
  expect(world.backend.said.filter((said) => said.includes('churn_8'))).toEqual(expect.arrayContaining(['kill var_churn_8', 'revive var_churn_8', 'load var_churn_8']));
  expect(world.backend.killed.size).toBe(0);
  expect(await eventually(async () => (await audit()).includes('deployment.drill-ended'))).toBe(true);
  expect(await audit()).toEqual(['deployment.drill', 'deployment.drill-proved', 'deployment.drill-ended']);
  expect([await world.stores.outbox.pending(10), world.notices]).toEqual([[], []]);
  const { summary, items } = await drills();
  expect(summary).toMatchObject({ lastResult: 'passed', count: 1, notPassed: 0, trend: 'unknown', everyMs: null });
  expect(items).toHaveLength(1);
  expect((await world.call('GET', '/api/v1/deployments/churn/kills', { key })).json).toEqual({ items: [] });
});

test('the same key is the same drill', async () => {
  await start(1);
  const [one, two] = [await drill({}, { 'idempotency-key': 'board-1' }), await drill({}, { 'idempotency-key': 'board-1' })];
  expect((two.json as unknown as KillView).kill.killId).toBe((one.json as unknown as KillView).kill.killId);
  await ended((one.json as unknown as KillView).kill.killId);
  expect((await drills()).items).toHaveLength(1);
});

test('what is there to be drilled is said: no challenger, no gateway, a drill under way, a freeze', async () => {
  expect(await drill()).toMatchObject({ status: 422, json: { code: 'LM_COMMAND_REFUSED', detail: expect.stringContaining('no gateway is in reach') } });
  await start(2);
  gateways[1]!.cutOff = true;
  const first = await drill();
  expect(first.status).toBe(202);
  expect(await drill()).toMatchObject({ status: 422, json: { detail: expect.stringMatching(/is under way|no challenger/) } });
  gateways[1]!.cutOff = false;
  await ended((first.json as unknown as KillView).kill.killId);
  await world.call('POST', '/api/v1/freezes', { key, body: { selector: { kind: 'all' }, reason: 'year end' } });
  expect(await drill()).toMatchObject({ json: { code: 'LM_FROZEN' } });
  expect((await drill({ overrideFreeze: true, reason: 'the board is here' })).status).toBe(202);
  await eventually(async () => (await drills()).items.every(({ kill }) => kill.state === 'revived'));
  await world.stores.routes.apply('default', uid, { type: 'remove', commandId: 'gone', atMs: 1, variantId: 'var_churn_8' });
  expect(await drill({ overrideFreeze: true, reason: 'the board is here' })).toMatchObject({ status: 422, json: { detail: expect.stringContaining('no challenger has traffic') } });
});

test('a drill that cannot be proved ends all the same, and that is an alarm', async () => {
  await start(1);
  world.backend.broken = true;
  const { kill } = (await drill()).json as unknown as KillView;
  world.pass(30_000);
  expect(await eventually(async () => (await record(kill.killId)).state === 'unconfirmed', 60_000)).toBe(true);
  expect((await route()).tombstones).toEqual(['var_churn_8']);
  world.pass(31_000);
  const over = await ended(kill.killId);
  expect(over).toMatchObject({ provedAtMs: null, missing: expect.arrayContaining([expect.stringContaining('could not end it')]) });
  expect((await route()).tombstones).toEqual([]);
  expect(await eventually(() => world.notices.length === 1)).toBe(true);
  expect(world.notices).toMatchObject([{ type: 'drill-failed', deployment: 'churn', text: expect.stringContaining('NOT proved') }]);
  expect((await drills()).summary).toMatchObject({ lastResult: 'failed', notPassed: 1 });
});

test('a version that does not come back stays off, is tried on, and somebody is told', async () => {
  await start(1);
  const load = world.backend.load.bind(world.backend);
  world.backend.load = () => Promise.reject(new Error('disk full'));
  const { kill } = (await drill()).json as unknown as KillView;
  expect(await eventually(() => { world.pass(1_000); return world.notices.length === 1; }, 60_000)).toBe(true);
  expect(world.notices).toMatchObject([{ type: 'drill-failed', text: expect.stringMatching(/does not come back: .*disk full/) }]);
  expect((await route()).tombstones).toEqual(['var_churn_8']);
  world.backend.load = load;
  expect(await eventually(async () => { world.pass(10_000); return (await record(kill.killId)).state === 'revived'; }, 60_000)).toBe(true);
  expect((await route()).tombstones).toEqual([]);
});

test('what still fails after the drill is over is tried on: the version is loaded, and the end is told', async () => {
  await start(1);
  const load = world.backend.load.bind(world.backend);
  let broken = 0;
  world.backend.load = async (order) => {
    const [drilled] = (await drills()).items;
    if (drilled?.kill.state === 'revived' && broken < 3) { broken += 1; throw new Error('disk full'); }
    return load(order);
  };
  const { kill } = (await drill()).json as unknown as KillView;
  await ended(kill.killId);
  expect(await eventually(() => { world.pass(1_000); return broken === 3; }, 60_000)).toBe(true);
  const loads = (): number => world.backend.said.filter((said) => said === 'load var_churn_8').length;
  expect(await eventually(() => { world.pass(10_000); return loads() === 2; }, 60_000)).toBe(true);
  expect((await audit()).at(-1)).toBe('deployment.drill-ended');
});

test('a person who kills the version during the drill keeps it off; nobody revives a drill', async () => {
  await start(2);
  gateways[1]!.cutOff = true;
  const { kill } = (await drill()).json as unknown as KillView;
  expect(await world.call('POST', `/api/v1/kills/${kill.killId}/revive`, { key, body: { reason: 'please' } })).toMatchObject({ status: 422, json: { detail: expect.stringContaining('is a drill, which ends by itself') } });
  await world.call('POST', '/api/v1/deployments/churn/kill', { key, body: { scope: { kind: 'version', version: '8' } } });
  gateways[1]!.cutOff = false;
  await ended(kill.killId);
  expect(await route()).toMatchObject({ tombstones: ['var_churn_8'], shares: [] });
  expect(world.backend.said).not.toContain('load var_churn_8');
});

test('a rollout that ends during a drill leaves nothing loaded behind', async () => {
  await start(2);
  gateways[1]!.cutOff = true;
  const { kill } = (await drill()).json as unknown as KillView;
  await world.stores.routes.apply('default', uid, { type: 'remove', commandId: 'gone', atMs: 1, variantId: 'var_churn_8' });
  gateways[1]!.cutOff = false;
  await ended(kill.killId);
  expect(await route()).toMatchObject({ tombstones: [], shares: [] });
  expect(world.backend.said).not.toContain('load var_churn_8');
});

describe('the schedule', () => {
  const spec = (drillsOf: unknown): Promise<Answer> => world.call('PUT', '/api/v1/deployments/churn', { key, body: { spec: smallFile('churn', { drills: drillsOf }) } });
  const schedule = () => createDrillSchedule(world.ports, world.kills);
  /** As gateways report it: something was sent to the challenger. */
  const atWork = async (requests: number): Promise<void> => {
    const [seen] = await world.stores.gateways.list();
    await world.stores.gateways.seen({ ...seen!, gatewayId: 'gw-busy', leaseUntilMs: 0, stats: { ...seen!.stats, perVariant: { var_churn_8: requests } } });
  };
  test('drills what is due and at work, once an interval, whoever finds it due', async () => {
    await start(1);
    await spec({ every: '7d', limit: '2s' });
    const replicas = [schedule(), createDrillSchedule(world.ports, createKillDriver(world.ports))];
    await atWork(0);
    await replicas[0]!.look();
    expect((await drills()).items).toEqual([]);
    await atWork(3);
    await Promise.all(replicas.map((each) => each.look()));
    const [{ kill }] = (await drills()).items as readonly [KillView];
    expect((await drills()).items).toHaveLength(1);
    expect(kill).toMatchObject({ actor: { kind: 'service', name: 'drill schedule' }, reason: 'scheduled drill' });
    await ended(kill.killId);
    await replicas[1]!.look();
    expect((await drills()).items).toHaveLength(1);
    expect((await drills()).summary).toMatchObject({ standing: 'fresh', everyMs: 7 * 86_400_000, limitMs: 2_000, nextAtMs: kill.requestedAtMs + 7 * 86_400_000 });
    world.pass(7 * 86_400_000);
    await gateways[0]!.sync();
    await atWork(3);
    await replicas[0]!.look();
    expect((await drills()).items).toHaveLength(2);
  });
  test('waits for the end of a freeze, and leaves alone what no file asks it to drill', async () => {
    await start(1);
    await atWork(3);
    await schedule().look();
    expect((await drills()).items).toEqual([]);
    await spec({ every: '1d' });
    const freeze = (await world.call('POST', '/api/v1/freezes', { key, body: { selector: { kind: 'all' }, reason: 'year end' } })).json as unknown as { freeze: { freezeId: string } };
    await schedule().look();
    expect((await drills()).items).toEqual([]);
    await world.call('POST', `/api/v1/freezes/${freeze.freeze.freezeId}/lift`, { key, body: { reason: 'over' } });
    await schedule().look();
    expect((await drills()).items).toHaveLength(1);
  });
});
