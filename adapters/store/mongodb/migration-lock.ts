import type { Collection, Filter, UpdateFilter } from 'mongodb';
import { LastmileError } from '../../../domain/errors.ts';
import type { AppliedMigration } from '../../../ports/stores.ts';
import { collection, type Database } from './connection.ts';
import { NO_TENANT, toDocument, type Stored } from './documents.ts';
import { insertOnce } from './writes.ts';

/** One document: what has run, what runs and how far it came, and who may write it until when by the clock of the database. */
export interface MigrationRecord {
  readonly tenantId: string;
  readonly applied: readonly AppliedMigration[];
  readonly running: { readonly number: number; readonly progress: string | null } | null;
  readonly owner: string | null;
  readonly leaseUntil: Date | null;
}

const _id = 'migrations';
const FREE: MigrationRecord = { tenantId: NO_TENANT, applied: [], running: null, owner: null, leaseUntil: null };

export interface MigrationLock {
  read(): Promise<MigrationRecord>;
  /** True when the lock was free or its lease over, and is this owner's now. */
  acquire(): Promise<boolean>;
  /** Each write renews the lease, and throws LM_BUSY when the lock is another's by now. */
  begin(number: number): Promise<void>;
  note(number: number, progress: string): Promise<void>;
  finish(migration: AppliedMigration): Promise<void>;
  renew(): Promise<void>;
  release(): Promise<void>;
}

export function createMigrationLock(database: Database, owner: string, leaseMs: number): MigrationLock {
  const records = collection<MigrationRecord>(database, 'installation');
  const ours: Filter<Stored<MigrationRecord>> = { _id, owner };
  const write = async (change: UpdateFilter<Stored<MigrationRecord>>, also: Filter<Stored<MigrationRecord>> = {}): Promise<void> => {
    const { matchedCount } = await records.updateOne({ ...ours, ...also }, change);
    if (matchedCount === 0) throw lost(owner);
  };
  return {
    read: () => readRecord(records),
    async acquire() {
      const { modifiedCount } = await records.updateOne({ _id, $expr: { $lte: ['$leaseUntil', '$$NOW'] } }, [{ $set: { owner, leaseUntil: { $add: ['$$NOW', leaseMs] } } }]);
      return modifiedCount === 1;
    },
    begin: (number) => write({ $set: { running: { number, progress: null } } }),
    note: (number, progress) => write({ $set: { 'running.progress': progress } }, { 'running.number': number }),
    finish: (migration) => write({ $push: { applied: migration }, $set: { running: null } }, { 'applied.number': { $ne: migration.number } }),
    async renew() {
      const { matchedCount } = await records.updateOne(ours, [{ $set: { leaseUntil: { $add: ['$$NOW', leaseMs] } } }]);
      if (matchedCount === 0) throw lost(owner);
    },
    async release() { await records.updateOne(ours, { $set: { owner: null, leaseUntil: null } }); },
  };
}

async function readRecord(records: Collection<Stored<MigrationRecord>>): Promise<MigrationRecord> {
  const found = await records.findOne({ _id });
  if (found !== null) return found;
  await insertOnce(records, toDocument<MigrationRecord>(_id, NO_TENANT, FREE));
  return FREE;
}

function lost(owner: string): LastmileError {
  return new LastmileError('LM_BUSY', `The migration that ${owner} began was taken over by another process, since its lease ended; that process goes on with it.`, { retryAfterMs: 1_000 });
}
