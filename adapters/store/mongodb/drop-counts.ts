import type { AnyBulkWriteOperation, Collection } from 'mongodb';
import type { DeploymentUid, TenantId, VariantId } from '../../../domain/ids.ts';
import type { DropCount } from '../../../domain/record.ts';
import type { RecordStore } from '../../../ports/record-store.ts';
import { collection, type Database } from './connection.ts';
import { SCHEMA_VERSION, type Stored } from './documents.ts';
import { duplicatesOf } from './writes.ts';

/** One counter per (gateway, incarnation, variant, reason). */
interface DropCounter { readonly tenantId: TenantId; readonly deploymentUid: DeploymentUid; readonly variantId: VariantId; readonly reason: string; readonly count: number }
type Batch = Parameters<RecordStore['putBatch']>[0];
type Counters = Collection<Stored<DropCounter>>;

/** Far more batches than a gateway can have under way without their markers. */
const REMEMBERED = 64;

/** Adds a batch's drops once: a counter remembers which of the newest batches it holds, older ones are caught by their markers. */
export async function addDrops(database: Database, batch: Batch): Promise<void> {
  if (batch.drops.length === 0) return;
  const counters = collection<DropCounter>(database, 'drops');
  const totals = [...merged(batch.drops).values()];
  const missed = await write(counters, totals.map((drop) => operation(batch, drop, true)));
  // A miss is a repeat, or a lost race of two first batches: without inserting, the second look tells which.
  const again = missed.map((index) => totals[index]).filter((drop) => drop !== undefined);
  if (again.length > 0) await write(counters, again.map((drop) => operation(batch, drop, false)));
}

function merged(drops: readonly DropCount[]): ReadonlyMap<string, DropCount> {
  const totals = new Map<string, DropCount>();
  for (const drop of drops) {
    const key = `${drop.tenantId}/${drop.deploymentUid}/${drop.variantId}/${drop.reason}`;
    totals.set(key, { ...drop, count: drop.count + (totals.get(key)?.count ?? 0) });
  }
  return totals;
}

async function write(counters: Counters, operations: AnyBulkWriteOperation<Stored<DropCounter>>[]): Promise<readonly number[]> {
  try {
    await counters.bulkWrite(operations, { ordered: false });
    return [];
  } catch (error) {
    return duplicatesOf(error);
  }
}

function operation({ gatewayId, incarnation, seq }: Batch, drop: DropCount, upsert: boolean): AnyBulkWriteOperation<Stored<DropCounter>> {
  const { tenantId, deploymentUid, variantId, reason, count } = drop;
  return {
    updateOne: {
      filter: { _id: `${tenantId}/${deploymentUid}/${variantId}/${reason}/${gatewayId}/${incarnation}`, tenantId, 'store.seqs': { $ne: seq } },
      update: { $inc: { count }, $push: { 'store.seqs': { $each: [seq], $slice: -REMEMBERED } }, $setOnInsert: { deploymentUid, variantId, reason, schemaVersion: SCHEMA_VERSION } },
      upsert,
    },
  };
}

export async function sumDrops(database: Database, of: { tenant: TenantId; uid: DeploymentUid; variantId: VariantId }): Promise<Readonly<Record<string, number>>> {
  const rows = await collection<DropCounter>(database, 'drops').aggregate<{ _id: string; count: number }>([
    { $match: { tenantId: of.tenant, deploymentUid: of.uid, variantId: of.variantId } },
    { $group: { _id: '$reason', count: { $sum: '$count' } } }, { $sort: { _id: 1 } },
  ]).toArray();
  return Object.fromEntries(rows.map(({ _id, count }) => [_id, count]));
}
