import { createWorld, smallFile, type Answer, type World } from '../../support/api-world.ts';

const DAY = 86_400_000;
let world: World;
let person: string;
let service: string;
beforeEach(async () => {
  world = await createWorld();
  person = await world.key();
  service = await world.key({ kind: 'service', name: 'ci' });
  await apply({ labels: { team: 'risk' } });
  world.orchestrator.starts.length = 0;
});
afterEach(() => world.close());

async function apply(of: { key?: string; name?: string; model?: string; labels?: Record<string, string>; body?: Record<string, unknown>; headers?: Record<string, string> } = {}): Promise<Answer> {
  const name = of.name ?? 'churn';
  const file = smallFile(name, { model: of.model ?? 'filesystem:churn@7' });
  return world.call('PUT', `/api/v1/deployments/${name}`, { key: of.key ?? person, headers: of.headers ?? {}, body: { spec: { ...file, metadata: { name, labels: of.labels ?? { team: 'risk' } } }, ...of.body } });
}
const start = (key: string, body: Record<string, unknown> = {}): Promise<Answer> => world.call('POST', '/api/v1/deployments/churn/rollouts', { key, body: { model: 'filesystem:churn@8', ...body } });
const promote = (key: string, body: Record<string, unknown> = {}): Promise<Answer> => world.call('POST', '/api/v1/deployments/churn/rollouts/1/promote', { key, body: { reason: 'in a hurry', ...body } });
const freeze = async (body: Record<string, unknown> = {}): Promise<string> => {
  const answer = await world.call('POST', '/api/v1/freezes', { key: person, body: { selector: { kind: 'all' }, reason: 'year end', ...body } });
  expect(answer.status).toBe(201);
  return (JSON.parse(answer.text) as { freeze: { freezeId: string } }).freeze.freezeId;
};
const lift = (id: string): Promise<Answer> => world.call('POST', `/api/v1/freezes/${id}/lift`, { key: person, body: { reason: 'it is over' } });
const audited = async (): Promise<string[]> => (await world.stores.audit.read('default', { afterSeq: 0, limit: 100, subject: null })).map(({ action, actor, reason }) => `${action} by ${actor.name}: ${reason ?? ''}`);

test('while it holds a rollout is refused, naming freeze, reason and end; afterwards it is taken', async () => {
  const id = await freeze({ window: { kind: 'span', untilMs: world.now() + 2 * DAY } });
  const refused = await start(service);
  expect([refused.status, refused.json.code]).toEqual([409, 'LM_FROZEN']);
  expect(refused.json.detail).toMatch(new RegExp(`churn is frozen by ada \\(year end\\), until 20.*${id}`));
  expect(refused.json.details).toMatchObject({ freezeId: id, reason: 'year end', endsAtMs: expect.any(Number) as number });
  expect(world.orchestrator.starts).toEqual([]);
  world.pass(2 * DAY + 1);
  expect((await start(service)).status).toBe(202);
});

test('lifted it holds no more; who lifted it stays', async () => {
  const id = await freeze();
  expect((await start(person)).status).toBe(409);
  expect((await lift(id)).status).toBe(200);
  expect((await start(person)).status).toBe(202);
  expect(await audited()).toEqual(expect.arrayContaining(['freeze.create by ada: year end', 'freeze.lift by ada: it is over']));
  expect(JSON.parse((await world.call('GET', '/api/v1/freezes', { key: person })).text)).toMatchObject({ items: [{ holds: false, freeze: { freezeId: id, liftedBy: { name: 'ada' } }, sentence: expect.stringContaining('lifted by ada') as string }] });
});

test('a person overrides it with a reason, which is audited; a service does not, and nobody without a reason', async () => {
  await freeze();
  expect((await start(service, { overrideFreeze: true, reason: 'hot fix' })).status).toBe(403);
  expect((await start(person, { overrideFreeze: true })).status).toBe(400);
  expect((await start(person, { overrideFreeze: true, reason: 'hot fix' })).status).toBe(202);
  expect((await promote(person)).json.code).toBe('LM_FROZEN');
  expect((await promote(person, { overrideFreeze: true })).status).toBe(200);
  expect((await audited()).filter((line) => line.startsWith('freeze.override'))).toEqual([expect.stringContaining('a rollout of filesystem:churn@8: hot fix (frz_'), expect.stringContaining('a promotion: in a hurry (frz_')]);
});

test('what protects callers always may', async () => {
  await freeze();
  for (const [path, body] of [['rollouts/1/pause', {}], ['rollouts/1/abort', {}], ['rollback', { reason: 'it loses' }]] as const) expect((await world.call('POST', `/api/v1/deployments/churn/${path}`, { key: service, body })).status).toBe(200);
});

test('apply of another version is refused before anything of it is stored; a changed policy is taken', async () => {
  const id = await freeze();
  const before = await world.stores.deployments.getDeployment('default', 'churn');
  expect((await apply({ model: 'filesystem:churn@8' })).json.code).toBe('LM_FROZEN');
  expect((await apply({ name: 'fraud' })).json.code).toBe('LM_FROZEN');
  expect((await apply({ model: 'filesystem:churn@8', body: { overrideFreeze: true } })).status).toBe(400);
  expect((await apply({ model: 'filesystem:churn@8', key: service, body: { overrideFreeze: true, reason: 'hot fix' } })).status).toBe(403);
  expect(await world.stores.deployments.getDeployment('default', 'churn')).toEqual(before);
  expect(await world.stores.deployments.getDeployment('default', 'fraud')).toBeNull();
  await lift(id);
  expect((await apply({ model: 'filesystem:churn@8' })).status).toBe(202);
});

test('plan and a dry run say that it is frozen now', async () => {
  await freeze();
  const plan = await world.call('POST', '/api/v1/plan', { key: service, body: { spec: smallFile() } });
  const dry = await apply({ body: { dryRun: true } });
  expect([plan, dry].map(({ json }) => json.notes.some((note) => note.startsWith('Now frozen by ada (year end)')))).toEqual([true, true]);
});

test('it holds those that it selects alone', async () => {
  await freeze({ selector: { kind: 'labels', labels: { team: 'fraud' } } });
  expect((await start(person)).status).toBe(202);
  await freeze({ selector: { kind: 'labels', labels: { team: 'risk' } } });
  expect((await start(person)).status).toBe(409);
});

test('a weekly window holds in its local hours', async () => {
  // The clock of the tests begins on Monday 2026-11-23 00:00 UTC, 01:00 in Berlin.
  await freeze({ window: { kind: 'weekly', days: ['mon'], from: '00:30', to: '01:30', zone: 'Europe/Berlin' } });
  const refused = await start(person);
  expect([refused.json.code, refused.json.details.endsAtMs]).toEqual(['LM_FROZEN', Date.UTC(2026, 10, 23, 0, 30)]);
  world.pass(31 * 60_000);
  expect((await start(person)).status).toBe(202);
});

test.each([
  [{ selector: { kind: 'labels', labels: {} } }], [{ selector: { kind: 'names', names: [] } }], [{ window: { kind: 'weekly', days: ['mon'], from: '10:00', to: '11:00', zone: 'Europe/Berlinn' } }],
  [{ window: { kind: 'weekly', days: [], from: '10:00', to: '11:00', zone: 'UTC' } }], [{ window: { kind: 'weekly', days: ['mon'], from: '24:00', to: '11:00', zone: 'UTC' } }], [{ window: { kind: 'span', untilMs: 5 } }],
])('%j is refused', async (part) => {
  expect((await world.call('POST', '/api/v1/freezes', { key: person, body: { selector: { kind: 'all' }, reason: 'year end', ...part } })).status).toBe(400);
  expect(await world.stores.freezes.list('default', 10)).toEqual([]);
});

test('a name that nobody has is refused: it would freeze nothing', async () => {
  expect((await world.call('POST', '/api/v1/freezes', { key: person, body: { selector: { kind: 'names', names: ['chrun'] }, reason: 'year end' } })).json.code).toBe('LM_DEPLOYMENT_NOT_FOUND');
});

test('the same Idempotency-Key is one freeze; another tenant is not frozen and cannot lift it', async () => {
  const ask = () => world.call('POST', '/api/v1/freezes', { key: person, headers: { 'idempotency-key': 'k' }, body: { selector: { kind: 'all' }, reason: 'year end' } });
  const [first, second] = [await ask(), await ask()];
  expect(second.text).toBe(first.text);
  const [only, ...more] = await world.stores.freezes.list('default', 10);
  expect(more).toEqual([]);
  const { freezeId } = only!;
  const other = await world.key({ tenant: 'b' });
  expect((await world.call('POST', `/api/v1/freezes/${freezeId}/lift`, { key: other, body: { reason: 'mine' } })).status).toBe(404);
  expect((await apply({ key: other })).status).toBe(202);
});

test('a file that changes its labels and its version at once does not slip out of a freeze by label', async () => {
  await freeze({ selector: { kind: 'labels', labels: { team: 'risk' } } });
  expect((await apply({ model: 'filesystem:churn@8', labels: { team: 'other' } })).json.code).toBe('LM_FROZEN');
  expect((await apply({ model: 'filesystem:churn@8', body: { overrideFreeze: true, reason: 'hot fix' } })).status).toBe(202);
  expect((await audited()).filter((line) => line.startsWith('freeze.override'))).toEqual([expect.stringContaining('a rollout of filesystem:churn@8: hot fix')]);
});

test('past a freeze that holds by the labels of before alone, the override is recorded too', async () => {
  await freeze({ selector: { kind: 'labels', labels: { team: 'risk' } } });
  expect((await apply({ model: 'filesystem:churn@8', labels: { team: 'other' }, body: { overrideFreeze: true, reason: 'hot fix' } })).status).toBe(202);
  expect((await audited()).filter((line) => line.startsWith('freeze.override'))).toEqual([expect.stringContaining('a rollout of filesystem:churn@8: hot fix')]);
});
