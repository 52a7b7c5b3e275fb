import type { Collection, Filter } from 'mongodb';
import type { DeploymentUid, TenantId } from '../../../domain/ids.ts';
import { NO_RULING_MS, type StoredLeg } from '../../../domain/record.ts';
import type { RecordStore, Watermark } from '../../../ports/record-store.ts';
import { HEARD_MS } from '../watermark.ts';
import { claimAliases, countDuplicates, expireAliases, ownerOfAlias } from './aliases.ts';
import { collection, type Database } from './connection.ts';
import { fromDocument, NO_TENANT, toDocument, type Stored } from './documents.ts';
import { addDrops, sumDrops } from './drop-counts.ts';
import { insertMissing, insertOnce, replaceOlder } from './writes.ts';

type Batch = Parameters<RecordStore['putBatch']>[0];
type Legs = Collection<Stored<StoredLeg>>;
interface BatchMarker { readonly tenantId: TenantId; readonly receivedAtMs: number }
interface GatewayMark { readonly tenantId: TenantId; readonly completeToMs: number; readonly heardAtMs: number }

/** No gateway repeats a batch after this long; a repeat would still store no leg twice. */
const MARKER_MS = 7 * 86_400_000;
const LEGS_PER_READ = 5_000;

export function createRecordStore(database: Database): RecordStore {
  const legs = collection<StoredLeg>(database, 'legs');
  return {
    putBatch: (batch) => putBatch(database, legs, batch),
    async legs(tenantId, deploymentUid, { clock, fromMs, toMs, variantIds }) {
      const time = clock === 'ruling' ? 'rulingMs' : 'atMs';
      const filter = { tenantId, deploymentUid, [time]: { $gte: fromMs, $lt: toMs }, variantId: { $in: [...variantIds] }, 'store.duplicate': { $exists: false } };
      return read(await legs.find(filter as Filter<Stored<StoredLeg>>, { batchSize: LEGS_PER_READ }).sort({ [time]: 1, inferenceId: 1, variantId: 1 }).toArray());
    },
    async byInference(tenantId, deploymentUid, inferenceId) {
      // The range of ids that begin with `inferenceId/`: 0 follows / in UTF-8.
      return read(await legs.find({ _id: { $gte: `${inferenceId}/`, $lt: `${inferenceId}0` }, tenantId, deploymentUid, inferenceId }).sort({ _id: 1 }).toArray());
    },
    byAlias: (tenant, uid, alias) => ownerOfAlias(database, { tenant, uid, alias }),
    watermark: (tenant, uid, nowMs) => watermark(database, legs, { tenant, uid, nowMs }),
    async newestMarkMs() {
      const newest = await collection<GatewayMark>(database, 'gateway_marks').findOne({ tenantId: NO_TENANT }, { sort: { completeToMs: -1 } });
      return newest?.completeToMs ?? null;
    },
    drops: (tenant, uid, variantId) => sumDrops(database, { tenant, uid, variantId }),
    async expire(tenantId, deploymentUid, beforeMs) {
      await expireAliases(database, { tenant: tenantId, uid: deploymentUid, beforeMs });
      return expireLegs(legs, { tenantId, deploymentUid, rulingMs: { $lt: beforeMs } });
    },
  };
}

function read(found: readonly Stored<StoredLeg>[]): readonly StoredLeg[] { return found.map((each) => fromDocument<StoredLeg>(each)); }

/** Some thousands at a time, so that no single operation runs into its limit. */
async function expireLegs(legs: Legs, old: Filter<Stored<StoredLeg>>): Promise<number> {
  for (let removed = 0; ;) {
    const some = await legs.find(old, { projection: { _id: 1 } }).limit(LEGS_PER_READ).toArray();
    if (some.length === 0) return removed;
    const { deletedCount } = await legs.deleteMany({ ...old, _id: { $in: some.map(({ _id }) => _id) } });
    removed += deletedCount;
  }
}

/**
 * Content first, the batch's marker last: a crash between leaves a batch without a marker, whose repeat inserts what is missing and
 * skips the rest. Only then may the gateway's mark grow, since it says that everything up to it is here.
 */
async function putBatch(database: Database, legs: Legs, batch: Batch): Promise<{ readonly stored: number; readonly repeated: boolean }> {
  const markers = collection<BatchMarker>(database, 'batches');
  const _id = `${batch.gatewayId}/${batch.incarnation}/${batch.seq}`;
  const known = await markers.findOne({ _id, tenantId: NO_TENANT }, { projection: { _id: 1 } });
  const stored = known === null ? await putContent(database, legs, batch) : 0;
  const marker = toDocument<BatchMarker>(_id, NO_TENANT, { tenantId: NO_TENANT, receivedAtMs: batch.receivedAtMs }, { expireAt: new Date(Date.now() + MARKER_MS) });
  const repeated = known !== null || !(await insertOnce(markers, marker));
  await hear(database, batch);
  return { stored, repeated };
}

async function putContent(database: Database, legs: Legs, batch: Batch): Promise<number> {
  const duplicates = await claimAliases(database, batch.legs);
  const documents = batch.legs.map((leg) => toDocument<StoredLeg>(`${leg.inferenceId}/${leg.variantId}`, leg.tenantId, leg, duplicates.has(leg.inferenceId) ? { duplicate: true } : undefined));
  const stored = await insertMissing(legs, documents);
  await addDrops(database, batch);
  return stored;
}

/** Both facts only grow, each by itself. */
async function hear(database: Database, { gatewayId, completeToMs, receivedAtMs }: Batch): Promise<void> {
  const marks = collection<GatewayMark>(database, 'gateway_marks');
  const grown = { $max: { completeToMs, heardAtMs: receivedAtMs } };
  const { matchedCount } = await marks.updateOne({ _id: gatewayId, tenantId: NO_TENANT }, grown);
  if (matchedCount === 1) return;
  await replaceOlder(marks, toDocument<GatewayMark>(gatewayId, NO_TENANT, { tenantId: NO_TENANT, completeToMs, heardAtMs: receivedAtMs }), { completeToMs: { $lt: completeToMs } });
}

async function watermark(database: Database, legs: Legs, of: { tenant: TenantId; uid: DeploymentUid; nowMs: number }): Promise<Watermark> {
  const ours = { tenantId: of.tenant, deploymentUid: of.uid };
  const marks = collection<GatewayMark>(database, 'gateway_marks');
  const [least, newest, duplicates] = await Promise.all([
    marks.findOne({ tenantId: NO_TENANT, heardAtMs: { $gte: of.nowMs - HEARD_MS } }, { sort: { completeToMs: 1 } }),
    legs.findOne(ours, { sort: { atMs: -1 }, projection: { _id: 0, atMs: 1 } }),
    countDuplicates(database, { tenant: of.tenant, uid: of.uid }),
  ]);
  const completeAtMs = least?.completeToMs ?? null;
  const complete = completeAtMs === null ? null : await legs.findOne({ ...ours, rulingMs: { $gt: NO_RULING_MS }, atMs: { $lte: completeAtMs } }, { sort: { rulingMs: -1 }, projection: { _id: 0, rulingMs: 1 } });
  return { completeAtMs, rulingMs: complete?.rulingMs ?? null, lastAtMs: newest?.atMs ?? null, duplicates };
}
