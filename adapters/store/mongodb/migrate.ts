import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { LastmileError } from '../../../domain/errors.ts';
import type { Prepared } from '../../../ports/stores.ts';
import type { Database } from './connection.ts';
import { createMigrationLock, type MigrationLock, type MigrationRecord } from './migration-lock.ts';
import { MIGRATIONS } from './migrations/index.ts';
import type { Migration } from './migrations/migration.ts';

const POLL_MS = 100;
/** A process that is killed in the middle holds up the others this long; one that waits longer than the patience gives up and may be started again. */
const TIMES: Times = { leaseMs: 30_000, patienceMs: 60_000 };
export interface Times { readonly leaseMs: number; readonly patienceMs: number }

/**
 * Runs what has not run yet, in order, under a lock with a lease; any number of processes may call it at once: one works, the others wait.
 * LM_DATABASE_NEWER when the database has been through migrations that this program does not know.
 */
export async function migrate(database: Database, migrations: readonly Migration[] = MIGRATIONS, { leaseMs, patienceMs }: Times = TIMES): Promise<Prepared> {
  const owner = `${hostname()}/${String(process.pid)}/${randomUUID().slice(0, 8)}`;
  const lock = createMigrationLock(database, owner, leaseMs);
  for (const until = Date.now() + patienceMs; ;) {
    const record = await lock.read();
    refuseNewer(record, migrations);
    if (missing(record, migrations).length === 0) return { migrations: record.applied, appliedNow: [] };
    if (await lock.acquire()) return runAll(database, lock, { migrations, leaseMs });
    if (Date.now() > until) throw new LastmileError('LM_BUSY', `${record.owner ?? 'Another process'} has been migrating the database for longer than this one waits (${String(patienceMs / 1_000)} s); start again when it is done.`, { retryAfterMs: 5_000 });
    await delay(POLL_MS);
  }
}

function missing({ applied }: MigrationRecord, migrations: readonly Migration[]): readonly Migration[] {
  return migrations.filter(({ number }) => !applied.some((done) => done.number === number));
}

function refuseNewer({ applied, running }: MigrationRecord, migrations: readonly Migration[]): void {
  const newest = Math.max(0, ...migrations.map(({ number }) => number));
  const unknown = [...applied.map(({ number, name }) => ({ number, name })), ...(running === null ? [] : [{ number: running.number, name: `migration ${String(running.number)}, not finished` }])].filter(({ number }) => number > newest);
  if (unknown.length === 0) return;
  throw new LastmileError('LM_DATABASE_NEWER', `The database has been through ${unknown.map(({ name }) => name).join(', ')}, which this lastmile does not know (it knows up to ${String(newest)}); run a version at least as new as the one that migrated it, or restore the backup from before.`);
}

/** The record is read again under the lock: whoever held it before may have finished. */
async function runAll(database: Database, lock: MigrationLock, of: { readonly migrations: readonly Migration[]; readonly leaseMs: number }): Promise<Prepared> {
  // A step may take longer than the lease: it is renewed beside it. A renewal that fails is told by the next write of the step.
  const timer = setInterval(() => { lock.renew().catch(() => undefined); }, of.leaseMs / 3);
  try {
    const record = await lock.read();
    refuseNewer(record, of.migrations);
    const todo = missing(record, of.migrations);
    for (const migration of todo) await runOne(database, lock, { migration, running: record.running });
    return { migrations: (await lock.read()).applied, appliedNow: todo.map(({ name }) => name) };
  } finally {
    clearInterval(timer);
    await lock.release();
  }
}

async function runOne(database: Database, lock: MigrationLock, { migration, running }: { readonly migration: Migration; readonly running: MigrationRecord['running'] }): Promise<void> {
  const { number, name } = migration;
  const resumes = running?.number === number;
  if (!resumes) await lock.begin(number);
  await migration.run(database, { from: resumes ? running.progress : null, note: (progress) => lock.note(number, progress) });
  await lock.finish({ number, name, atMs: Date.now() });
}
