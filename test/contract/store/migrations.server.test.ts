import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { connect, type Database } from '../../../adapters/store/mongodb/connection.ts';
import { prepare } from '../../../adapters/store/mongodb/indexes.ts';
import { migrate } from '../../../adapters/store/mongodb/migrate.ts';
import { createMigrationLock } from '../../../adapters/store/mongodb/migration-lock.ts';
import { MIGRATIONS } from '../../../adapters/store/mongodb/migrations/index.ts';
import type { Migration } from '../../../adapters/store/mongodb/migrations/migration.ts';
import { ROOT } from '../../support/source-tree.ts';

let database: Database;
beforeEach(() => { database = connect({ uri: process.env.TEST_MONGODB_URI!, database: `migrations-${randomUUID().slice(0, 8)}` }); });
afterEach(async () => { await database.db.dropDatabase(); await database.client.close(); });

const TIMES = { leaseMs: 30_000, patienceMs: 20_000 };
const named = (number: number, run: Migration['run']): Migration => ({ number, name: `000${String(number)}-test`, run });
const noting = (number: number, seen: string[]): Migration => named(number, async () => { seen.push(String(number)); });

test('the migrations that exist are numbered in order, each by its file', () => {
  expect(MIGRATIONS.map(({ number }) => number)).toEqual(MIGRATIONS.map((_, i) => i + 1));
  for (const { number, name } of MIGRATIONS) expect(name).toMatch(new RegExp(`^${String(number).padStart(4, '0')}-\\d{4}-\\d\\d-\\d\\d-[a-z0-9-]+$`));
});

test('each runs once, in order; a later program runs only what is new', async () => {
  const seen: string[] = [];
  const first = await migrate(database, [noting(1, seen), noting(2, seen)], TIMES);
  expect(first.appliedNow).toEqual(['0001-test', '0002-test']);
  const second = await migrate(database, [noting(1, seen), noting(2, seen), noting(3, seen)], TIMES);
  expect({ seen, now: second.appliedNow, all: second.migrations.map(({ number }) => number) }).toEqual({ seen: ['1', '2', '3'], now: ['0003-test'], all: [1, 2, 3] });
});

test('of many processes that start together one migrates, and none goes on before it is done', async () => {
  let running = 0;
  let most = 0;
  let runs = 0;
  const slow = named(1, async () => {
    running += 1; runs += 1; most = Math.max(most, running);
    await new Promise((resolve) => { setTimeout(resolve, 300); });
    await database.db.collection<{ _id: string }>('proof').insertOne({ _id: 'done' });
    running -= 1;
  });
  const results = await Promise.all(Array.from({ length: 6 }, async () => {
    const { appliedNow } = await migrate(database, [slow], TIMES);
    return { now: appliedNow.length, done: await database.db.collection('proof').countDocuments() };
  }));
  expect({ runs, most, workers: results.filter(({ now }) => now === 1).length, early: results.filter(({ done }) => done === 0).length }).toEqual({ runs: 1, most: 1, workers: 1, early: 0 });
});

test('a migration that broke off goes on from what it noted last', async () => {
  const done: number[] = [];
  const steps = (failAt: number): Migration => named(1, async (_database, step) => {
    for (let at = step.from === null ? 1 : Number(step.from) + 1; at <= 4; at += 1) {
      if (at === failAt) throw new Error('the power went');
      done.push(at);
      await step.note(String(at));
    }
  });
  await expect(migrate(database, [steps(3)], TIMES)).rejects.toThrow('the power went');
  expect((await migrate(database, [steps(0)], TIMES)).appliedNow).toEqual(['0001-test']);
  expect(done).toEqual([1, 2, 3, 4]);
});

test('a lock whose owner died is taken over when its lease ends; the dead one that comes back may write nothing', async () => {
  const dead = createMigrationLock(database, 'dead', 200);
  await dead.read();
  expect(await dead.acquire()).toBe(true);
  await dead.begin(1);
  const seen: string[] = [];
  expect((await migrate(database, [noting(1, seen)], TIMES)).appliedNow).toEqual(['0001-test']);
  for (const late of [() => dead.note(1, 'x'), () => dead.finish({ number: 1, name: 'x', atMs: 0 }), () => dead.renew()]) await expect(late()).rejects.toMatchObject({ code: 'LM_BUSY' });
  await dead.release();
  expect((await dead.read()).applied).toMatchObject([{ number: 1, name: '0001-test' }]);
});

test('the lease of a step that takes longer is renewed beside it; one who waits too long is told who works', async () => {
  let begun = (): void => undefined;
  let end = (): void => undefined;
  const started = new Promise<void>((resolve) => { begun = resolve; });
  const ended = new Promise<void>((resolve) => { end = resolve; });
  const slow = named(1, async () => { begun(); await ended; });
  const working = migrate(database, [slow], { leaseMs: 1_500, patienceMs: 20_000 });
  await started;
  // Waits for longer than the lease: without a renewal it would take over.
  await expect(migrate(database, [slow], { leaseMs: 1_500, patienceMs: 3_000 })).rejects.toMatchObject({ code: 'LM_BUSY', message: expect.stringContaining(`/${String(process.pid)}/`) });
  end();
  expect((await working).appliedNow).toEqual(['0001-test']);
});

test('an older program refuses a database that a newer one has migrated, or has begun to', async () => {
  await migrate(database, [noting(1, []), noting(2, [])], TIMES);
  await expect(migrate(database, [noting(1, [])], TIMES)).rejects.toMatchObject({ code: 'LM_DATABASE_NEWER', message: expect.stringContaining('0002-test') });
  await expect(migrate(database, [noting(1, []), noting(2, []), named(3, async () => { throw new Error('broke off'); })], TIMES)).rejects.toThrow('broke off');
  await expect(migrate(database, [noting(1, []), noting(2, [])], TIMES)).rejects.toMatchObject({ code: 'LM_DATABASE_NEWER' });
});

test('the audit chain is read by subject from an index', async () => {
  await prepare(database);
  const plan = await database.db.collection('audit').find({ tenantId: 't', subject: 's', seq: { $gt: 0 } }).sort({ seq: 1 }).explain('queryPlanner') as unknown as { queryPlanner: { winningPlan: unknown } };
  const text = JSON.stringify(plan.queryPlanner.winningPlan);
  expect({ index: text.includes('tenantId_1_subject_1_seq_1'), sort: text.includes('"SORT"') }).toEqual({ index: true, sort: false });
});

test('lastmile admin migrate does it without an API, and says what there was to do', () => {
  const env = { PATH: process.env.PATH, MONGODB_URI: process.env.TEST_MONGODB_URI, LASTMILE_MONGODB_DATABASE: database.db.databaseName };
  const migrated = (): unknown => {
    const { status, stdout } = spawnSync(process.execPath, [join(ROOT, 'cli', 'main.ts'), '--json', 'admin', 'migrate'], { env, encoding: 'utf8' });
    const { migrations, appliedNow } = JSON.parse(stdout) as { migrations: readonly { name: string }[]; appliedNow: readonly string[] };
    return { status, names: migrations.map(({ name }) => name), appliedNow };
  };
  const names = MIGRATIONS.map(({ name }) => name);
  expect(migrated()).toEqual({ status: 0, names, appliedNow: names });
  expect(migrated()).toEqual({ status: 0, names, appliedNow: [] });
});
