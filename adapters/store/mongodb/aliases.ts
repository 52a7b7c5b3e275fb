import type { DeploymentUid, InferenceId, TenantId } from '../../../domain/ids.ts';
import type { StoredLeg } from '../../../domain/record.ts';
import { collection, type Database } from './connection.ts';
import { fromDocument, toDocument, type Stored } from './documents.ts';
import { insertMissing } from './writes.ts';

interface AliasOwner { readonly tenantId: TenantId; readonly deploymentUid: DeploymentUid; readonly inferenceId: InferenceId; readonly rulingMs: number }
interface Duplicate { readonly tenantId: TenantId; readonly deploymentUid: DeploymentUid; readonly rulingMs: number }

/**
 * A client's own id belongs to the inference that came first under it (decision D5). Returns the inferences that came later;
 * they are stored, counted, and left out of comparisons. Insert-once throughout: a repeat gives the same answer.
 */
export async function claimAliases(database: Database, legs: readonly StoredLeg[]): Promise<ReadonlySet<InferenceId>> {
  const named = legs.filter((leg) => leg.alias !== null);
  if (named.length === 0) return new Set();
  const owners = collection<AliasOwner>(database, 'aliases');
  const wanted = new Map<string, Stored<AliasOwner>>();
  for (const leg of named) {
    const { tenantId, deploymentUid, inferenceId, rulingMs } = leg;
    if (!wanted.has(keyOf(leg))) wanted.set(keyOf(leg), toDocument<AliasOwner>(keyOf(leg), tenantId, { tenantId, deploymentUid, inferenceId, rulingMs }));
  }
  const isNew = await insertMissing(owners, [...wanted.values()]) === wanted.size;
  const ownerOf: ReadonlyMap<string, AliasOwner> = isNew ? wanted : new Map((await owners.find({ _id: { $in: [...wanted.keys()] } }).toArray()).map((owner) => [owner._id, fromDocument<AliasOwner>(owner)]));
  const later = named.filter((leg) => ownerOf.get(keyOf(leg))?.inferenceId !== leg.inferenceId);
  const first = new Map(later.map((leg) => [leg.inferenceId, leg]));
  await insertMissing(collection<Duplicate>(database, 'duplicates'), [...first.values()].map(({ inferenceId, tenantId, deploymentUid, rulingMs }) => (
    toDocument<Duplicate>(`${tenantId}/${deploymentUid}/${inferenceId}`, tenantId, { tenantId, deploymentUid, rulingMs }))));
  return new Set(first.keys());
}

export async function ownerOfAlias(database: Database, { tenant, uid, alias }: { tenant: TenantId; uid: DeploymentUid; alias: string }): Promise<InferenceId | null> {
  const owner = await collection<AliasOwner>(database, 'aliases').findOne({ _id: `${tenant}/${uid}/${alias}`, tenantId: tenant });
  return owner?.inferenceId ?? null;
}

/** Duplicates among the records kept. */
export function countDuplicates(database: Database, { tenant, uid }: { tenant: TenantId; uid: DeploymentUid }): Promise<number> {
  return collection<Duplicate>(database, 'duplicates').countDocuments({ tenantId: tenant, deploymentUid: uid });
}

export async function expireAliases(database: Database, { tenant, uid, beforeMs }: { tenant: TenantId; uid: DeploymentUid; beforeMs: number }): Promise<void> {
  const old = { tenantId: tenant, deploymentUid: uid, rulingMs: { $lt: beforeMs } };
  await collection<AliasOwner>(database, 'aliases').deleteMany(old);
  await collection<Duplicate>(database, 'duplicates').deleteMany(old);
}

function keyOf({ tenantId, deploymentUid, alias }: StoredLeg): string { return `${tenantId}/${deploymentUid}/${alias ?? ''}`; }
