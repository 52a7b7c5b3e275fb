import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { BSON, MongoClient, type Document } from 'mongodb';
import { stores as databases } from '../../../adapters/store/index.ts';
import { MIGRATIONS } from '../../../adapters/store/mongodb/migrations/index.ts';
import type { AuditAnswer, DeploymentView, EvidenceAnswer, GatewaysAnswer, RolloutList, RolloutView } from '../../../api/contract.ts';
import { firstBreak } from '../../../domain/audit.ts';
import { createWorld, type World } from '../../support/api-world.ts';
import { ROOT } from '../../support/source-tree.ts';

/** Databases of the market story as each release left them (npm run database:record). A new release adds a folder; none is ever changed. */
const RECORDED = join(ROOT, 'test', 'fixtures', 'database');
const uri = process.env.TEST_MONGODB_URI!;

describe.each(readdirSync(RECORDED))('the database of %s', (release) => {
  const database = `old-${randomUUID().slice(0, 8)}`;
  const client = new MongoClient(uri);
  let world: World;
  let key: string;
  const get = async <T>(path: string): Promise<T> => {
    const answer = await world.call('GET', `/api/v1${path}`, { key });
    expect({ path, status: answer.status }).toEqual({ path, status: 200 });
    return answer.json as unknown as T;
  };

  beforeAll(async () => {
    for (const file of readdirSync(join(RECORDED, release))) {
      const documents = readFileSync(join(RECORDED, release, file), 'utf8').trim().split('\n').map((line) => BSON.EJSON.parse(line, { relaxed: false }) as Document);
      await client.db(database).collection(file.replace('.ndjson', '')).insertMany(documents);
    }
    const stores = databases.mongodb.create({ uri, database });
    expect((await stores.prepare()).appliedNow).toEqual(MIGRATIONS.map(({ name }) => name));
    expect((await stores.prepare()).appliedNow).toEqual([]);
    world = await createWorld({ stores });
    key = await world.key();
  });
  afterAll(async () => {
    await world.close();
    await client.db(database).dropDatabase();
    await client.close();
  });

  test('deployments, routes and rollouts are read in today\'s form', async () => {
    const { deployment, route, spec } = await get<DeploymentView>('/deployments/market-signal');
    expect({ phase: deployment.status.phase, champion: deployment.status.champion?.model, count: deployment.status.rolloutCount }).toEqual({ phase: 'serving', champion: 'filesystem:market-signal@2', count: 4 });
    expect(route?.champion).toBe(deployment.status.champion?.variantId);
    expect(spec.spec.model).toBe('filesystem:market-signal@4');
    const { items } = await get<RolloutList>('/deployments/market-signal/rollouts');
    expect(items.map(({ n, state }) => `${String(n)} ${String(state.outcome)}`)).toEqual(['4 rolled-back', '3 rolled-back', '2 promoted', '1 first']);
  });

  test('verdicts and their evidence are read, with the money', async () => {
    const { verdict } = await get<RolloutView>('/deployments/market-signal/rollouts/2');
    expect({ kind: verdict?.kind, money: (verdict?.money?.lowerMicros ?? 0) > 0 }).toEqual({ kind: 'promote', money: true });
    const { plan, verdicts } = await get<EvidenceAnswer>('/deployments/market-signal/rollouts/2/evidence');
    expect({ plan: plan?.state, verdicts: verdicts.length > 1 }).toEqual({ plan: 'fixed', verdicts: true });
    expect((await get<{ text: string }>('/deployments/market-signal/explain?for=owner')).text).not.toBe('');
  });

  test('gateways that had registered are listed with what they had done', async () => {
    const { gateways } = await get<GatewaysAnswer>('/gateways');
    expect(gateways.map(({ gatewayId, stats }) => ({ gatewayId, asked: stats.requests > 0 }))).toEqual(['gw-1', 'gw-2'].map((gatewayId) => ({ gatewayId, asked: true })));
  });

  test('the audit chain holds from its first record, and goes on', async () => {
    const before = await get<AuditAnswer>('/audit?limit=1000');
    expect({ some: before.items.length > 20, broken: firstBreak(before.items) }).toEqual({ some: true, broken: null });
    await world.call('POST', '/api/v1/keys', { key, body: { name: 'next', kind: 'service', scopes: ['read'] } });
    const after = await get<AuditAnswer>('/audit?limit=1000');
    expect({ more: after.items.length - before.items.length, broken: firstBreak(after.items) }).toEqual({ more: 1, broken: null });
  });
});
