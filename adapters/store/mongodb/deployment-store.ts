import type { Collection, Filter, UpdateFilter } from 'mongodb';
import type { Json } from '../../../domain/canonical-json.ts';
import type { Contract } from '../../../domain/contract.ts';
import type { DeploymentSpec } from '../../../domain/deployment.ts';
import type { DeploymentRecord } from '../../../domain/deployment-record.ts';
import { digestOfJson } from '../../../domain/digest.ts';
import type { TenantId } from '../../../domain/ids.ts';
import type { RolloutRecord } from '../../../domain/rollout/record.ts';
import type { Variant } from '../../../domain/variant.ts';
import type { DeploymentStore } from '../../../ports/deployment-store.ts';
import { pageOf, readCursor } from '../cursor.ts';
import { collection, type Database } from './connection.ts';
import { fromDocument, toDocument, type Stored } from './documents.ts';
import { insertOnce, replaceOlder } from './writes.ts';
import { isDuplicateKey } from './errors.ts';

type Specs = Pick<DeploymentStore, 'putSpec' | 'getSpec' | 'putContract' | 'getContract'>;
type Deployments = Pick<DeploymentStore, 'putDeployment' | 'getDeployment' | 'getDeploymentByUid' | 'listDeployments' | 'allDeployments' | 'endDeployment' | 'putStatus'>;
type Rollouts = Pick<DeploymentStore, 'putRollout' | 'getRollout' | 'listRollouts' | 'activeRollouts'>;
type Variants = Pick<DeploymentStore, 'putVariant' | 'getVariant'>;

/** Specs and contracts by hash; deployments, variants and rollouts as projections with a revision that only grows. */
export function createDeploymentStore(database: Database): DeploymentStore {
  return { ...specs(database), ...deployments(database), ...variants(database), ...rollouts(database) };
}

/** Immutable values are kept whole under `value`: their own fields are the user's, not ours to index. */
interface Immutable<T> { readonly tenantId: TenantId; readonly hash: string; readonly value: T }

function specs(database: Database): Specs {
  const allSpecs = collection<Immutable<DeploymentSpec>>(database, 'specs');
  const allContracts = collection<Immutable<Contract>>(database, 'contracts');
  return {
    putSpec: (tenant, spec) => putImmutable(allSpecs, tenant, spec),
    getSpec: (tenant, hash) => getImmutable(allSpecs, tenant, hash),
    putContract: (tenant, contract) => putImmutable(allContracts, tenant, contract),
    getContract: (tenant, hash) => getImmutable(allContracts, tenant, hash),
  };
}

async function putImmutable<T extends object>(into: Collection<Stored<Immutable<T>>>, tenantId: TenantId, value: T): Promise<string> {
  const hash = digestOfJson(value as unknown as Json);
  await insertOnce(into, toDocument<Immutable<T>>(key(tenantId, hash), tenantId, { tenantId, hash, value }));
  return hash;
}

async function getImmutable<T>(from: Collection<Stored<Immutable<T>>>, tenantId: TenantId, hash: string): Promise<T | null> {
  const found = await from.findOne({ _id: key(tenantId, hash), tenantId } as Filter<Stored<Immutable<T>>>);
  return found === null ? null : fromDocument<Immutable<T>>(found).value;
}

function deployments(database: Database): Deployments {
  const all = collection<DeploymentRecord>(database, 'deployments');
  const one = async (filter: Filter<Stored<DeploymentRecord>>): Promise<DeploymentRecord | null> => {
    const found = await all.findOne(filter);
    return found === null ? null : fromDocument<DeploymentRecord>(found);
  };
  return {
    async putDeployment(record) {
      const first = toDocument(key(record.tenantId, record.uid), record.tenantId, record, { live: true });
      const { tenantId, name, specHash, updatedAtMs, store, ...born } = first;
      for (let attempt = 0; ; attempt += 1) {
        try {
          const { value, lastErrorObject } = await all.findOneAndUpdate(
            { tenantId, name, 'store.live': true }, { $set: { specHash, updatedAtMs }, $setOnInsert: { ...born, store } as Partial<Stored<DeploymentRecord>> },
            { upsert: true, returnDocument: 'after', includeResultMetadata: true },
          );
          if (value !== null) return { record: fromDocument<DeploymentRecord>(value), created: lastErrorObject?.updatedExisting === false };
        } catch (error) {
          // Another writer created the name between look and insert: the next look finds it.
          if (!isDuplicateKey(error) || attempt > 3) throw error;
        }
      }
    },
    getDeployment: (tenantId, name) => one({ tenantId, name, 'store.live': true }),
    getDeploymentByUid: (tenantId, uid) => one({ _id: key(tenantId, uid), tenantId }),
    async listDeployments(tenantId, { limit, after }) {
      const from = after === null ? {} : { name: { $gt: readCursor(after, 'string') } };
      const found = await all.find({ tenantId, 'store.live': true, ...from }).sort({ name: 1 }).limit(limit + 1).toArray();
      return pageOf(found.map((each) => fromDocument<DeploymentRecord>(each)), limit, ({ name }) => name);
    },
    async allDeployments() { return (await all.find({ 'store.live': true }).sort({ _id: 1 }).toArray()).map((each) => fromDocument<DeploymentRecord>(each)); },
    async endDeployment(tenantId, uid) { await all.updateOne({ _id: key(tenantId, uid), tenantId }, { $set: { 'store.live': false } } as UpdateFilter<Stored<DeploymentRecord>>); },
    async putStatus(tenantId, uid, status) {
      await all.updateOne({ _id: key(tenantId, uid), tenantId, 'status.revision': { $lt: status.revision } }, { $set: { status } });
    },
  };
}

function variants(database: Database): Variants {
  const all = collection<Variant>(database, 'variants');
  return {
    async putVariant(variant) { await replaceOlder(all, toDocument(key(variant.tenantId, variant.variantId), variant.tenantId, variant), {}); },
    async getVariant(tenantId, id) {
      const found = await all.findOne({ _id: key(tenantId, id), tenantId });
      return found === null ? null : fromDocument<Variant>(found);
    },
  };
}

function rollouts(database: Database): Rollouts {
  const all = collection<RolloutRecord>(database, 'rollouts');
  return {
    async putRollout(record) {
      await replaceOlder(all, toDocument(key(record.tenantId, record.rolloutId), record.tenantId, record), { revision: { $lt: record.revision } });
    },
    async getRollout(tenantId, id) {
      const found = await all.findOne({ _id: key(tenantId, id), tenantId });
      return found === null ? null : fromDocument<RolloutRecord>(found);
    },
    async listRollouts(tenantId, deploymentUid, { limit, after }) {
      const from = after === null ? {} : { n: { $lt: readCursor(after, 'number') } };
      const found = await all.find({ tenantId, deploymentUid, ...from }).sort({ n: -1 }).limit(limit + 1).toArray();
      return pageOf(found.map((each) => fromDocument<RolloutRecord>(each)), limit, ({ n }) => n);
    },
    async activeRollouts() { return (await all.find({ endedAtMs: null }).sort({ _id: 1 }).toArray()).map((each) => fromDocument<RolloutRecord>(each)); },
  };
}

function key(tenant: TenantId, id: string): string { return `${tenant}/${id}`; }
