import type { IndexDescription } from 'mongodb';
import { LastmileError } from '../../../domain/errors.ts';
import type { Database } from './connection.ts';
import type { Prepared } from '../../../ports/stores.ts';
import { NO_TENANT, SCHEMA_VERSION, toDocument } from './documents.ts';
import { migrate } from './migrate.ts';

const expiring: IndexDescription = { key: { 'store.expireAt': 1 }, expireAfterSeconds: 0 };
const unique = (key: IndexDescription['key']): IndexDescription => ({ key, unique: true });

/**
 * Every collection with what it is found by. _id is unique by itself and carries most of the idempotency; the rest is said here.
 * An index that is new to collections that may be large already is made by a migration instead.
 */
const INDEXES: Readonly<Record<string, readonly IndexDescription[]>> = {
  routes: [],
  specs: [], contracts: [], variants: [],
  deployments: [{ key: { tenantId: 1, name: 1 }, unique: true, partialFilterExpression: { 'store.live': true } }],
  rollouts: [{ key: { tenantId: 1, deploymentUid: 1, n: -1 } }, { key: { endedAtMs: 1 } }],
  // Both orders that a comparison reads in; atMs rides along so that the watermark is answered from the index.
  legs: [
    { key: { tenantId: 1, deploymentUid: 1, rulingMs: 1, inferenceId: 1, variantId: 1, atMs: 1 } },
    { key: { tenantId: 1, deploymentUid: 1, atMs: 1, inferenceId: 1, variantId: 1 } },
  ],
  batches: [expiring], gateway_marks: [],
  drops: [{ key: { tenantId: 1, deploymentUid: 1, variantId: 1 } }],
  aliases: [{ key: { tenantId: 1, deploymentUid: 1, rulingMs: 1 } }],
  duplicates: [{ key: { tenantId: 1, deploymentUid: 1, rulingMs: 1 } }],
  labels: [unique({ tenantId: 1, deploymentUid: 1, inferenceId: 1, row: 1 })],
  blocks: [unique({ tenantId: 1, rolloutId: 1, slot: 1, metric: 1 }), { key: { tenantId: 1, rolloutId: 1, metric: 1, slot: -1 } }],
  pages: [unique({ tenantId: 1, rolloutId: 1, metric: 1, page: 1 })],
  plans: [unique({ tenantId: 1, rolloutId: 1, state: 1 }), { key: { tenantId: 1, deploymentUid: 1, startedAtMs: -1, rolloutId: -1 } }],
  verdicts: [unique({ tenantId: 1, rolloutId: 1, n: 1 })],
  progress: [],
  drift_references: [], drift_windows: [{ key: { tenantId: 1, deploymentUid: 1, variantId: 1, fromMs: -1 } }, { key: { fromMs: 1 }, partialFilterExpression: { 'store.toTell': true } }],
  measurements: [unique({ tenantId: 1, rolloutId: 1, metric: 1, page: 1 })],
  audit: [unique({ tenantId: 1, seq: 1 }), unique({ tenantId: 1, auditId: 1 })],
  outbox: [{ key: { 'store.delivered': 1, atMs: 1, _id: 1 } }, expiring],
  gateways: [],
  kills: [unique({ tenantId: 1, killId: 1 }), { key: { tenantId: 1, deploymentUid: 1, requestedAtMs: -1, killId: -1 } }, { key: { state: 1, drillId: 1, requestedAtMs: 1 } }],
  freezes: [unique({ tenantId: 1, freezeId: 1 }), { key: { tenantId: 1, createdAtMs: -1, freezeId: -1 } }, { key: { tenantId: 1, liftedAtMs: 1, 'window.untilMs': 1 } }],
  keys: [unique({ hash: 1 }), { key: { tenantId: 1, createdAtMs: 1 } }],
  reservations: [expiring],
};

/** Migrates, then creates the indexes that are missing; any number of processes may do it at once. Refuses a database that a newer lastmile has written. */
export async function prepare(database: Database): Promise<Prepared> {
  await checkForm(database);
  const prepared = await migrate(database);
  for (const [name, indexes] of Object.entries(INDEXES)) {
    if (indexes.length > 0) await database.db.collection(name).createIndexes([...indexes]);
  }
  return prepared;
}

async function checkForm({ db }: Database): Promise<void> {
  const installation = db.collection<{ _id: string; tenantId: string; schemaVersion: number }>('installation');
  const { _id, ...first } = toDocument('lastmile', NO_TENANT, { tenantId: NO_TENANT });
  await installation.updateOne({ _id }, { $setOnInsert: first }, { upsert: true });
  const found = await installation.findOne({ _id });
  if (found === null || found.schemaVersion <= SCHEMA_VERSION) return;
  throw new LastmileError('LM_DATABASE_NEWER', `The database has form ${found.schemaVersion}, this lastmile knows up to ${SCHEMA_VERSION}; run a version at least as new as the one that wrote it.`);
}
