import type { MongoBulkWriteError} from 'mongodb';
import { type AnyBulkWriteOperation, type BulkWriteResult, type Collection } from 'mongodb';
import type { DeploymentUid, InferenceId, TenantId } from '../../../domain/ids.ts';
import type { Label } from '../../../domain/record.ts';
import type { LabelReceipt, LabelStore } from '../../../ports/label-store.ts';
import { compareLabels, holderAt, type LabelRevision } from '../label-history.ts';
import { collection, type Database } from './connection.ts';
import { fromDocument, SCHEMA_VERSION, type Stored } from './documents.ts';
import { duplicatesOf } from './writes.ts';

/** One document per (deployment, inference, row), with everything that was ever said of it. */
interface LabelDocument { readonly tenantId: TenantId; readonly deploymentUid: DeploymentUid; readonly inferenceId: InferenceId; readonly row: number; readonly history: readonly LabelRevision[] }
type Labels = Collection<Stored<LabelDocument>>;

const IDS_PER_QUERY = 2_000;

export function createLabelStore(database: Database): LabelStore {
  const all: Labels = collection<LabelDocument>(database, 'labels');
  return {
    put: (labels) => put(all, labels),
    async asOf(tenantId, deploymentUid, ids, asOfMs) {
      const found: Label[] = [];
      for (let i = 0; i < ids.length; i += IDS_PER_QUERY) {
        for await (const document of all.find({ tenantId, deploymentUid, inferenceId: { $in: ids.slice(i, i + IDS_PER_QUERY) } }, { batchSize: IDS_PER_QUERY })) {
          const { history, ...key } = fromDocument<LabelDocument>(document);
          const held = holderAt(history, asOfMs);
          if (held !== null) found.push({ ...key, ...held });
        }
      }
      return found.sort(compareLabels);
    },
    async history(tenantId, deploymentUid, inferenceId) {
      const documents = await all.find({ tenantId, deploymentUid, inferenceId }).toArray();
      return documents.flatMap((document) => {
        const { history, ...key } = fromDocument<LabelDocument>(document);
        return history.map((revision): Label => ({ ...key, ...revision }));
      }).sort(compareLabels);
    },
    count: (tenantId, deploymentUid) => all.countDocuments({ tenantId, deploymentUid }),
  };
}

/**
 * One conditional upsert a label: a new key inserts, a new statement is pushed, and a statement already there misses the filter and
 * meets its own _id. A miss may also be a lost race of two first labels, so misses are tried once more without inserting.
 */
async function put(all: Labels, labels: readonly Label[]): Promise<LabelReceipt> {
  if (labels.length === 0) return { accepted: 0, repeated: 0, revised: 0 };
  const first = await writeAll(all, labels.map((label) => operation(label, true)));
  const again = first.missed.map((index) => labels[index]).filter((label) => label !== undefined);
  const second = again.length === 0 ? null : await writeAll(all, again.map((label) => operation(label, false)));
  const revised = first.result.modifiedCount + (second?.result.modifiedCount ?? 0);
  return { accepted: first.result.upsertedCount, revised, repeated: labels.length - first.result.upsertedCount - revised };
}

async function writeAll(all: Labels, operations: AnyBulkWriteOperation<Stored<LabelDocument>>[]): Promise<{ result: BulkWriteResult; missed: readonly number[] }> {
  try {
    return { result: await all.bulkWrite(operations, { ordered: false }), missed: [] };
  } catch (error) {
    const missed = duplicatesOf(error);
    return { result: (error as MongoBulkWriteError).result, missed };
  }
}

function operation(label: Label, upsert: boolean): AnyBulkWriteOperation<Stored<LabelDocument>> {
  const { tenantId, deploymentUid, inferenceId, row, value, labelMs, receivedAtMs, source, propensity } = label;
  const revision: LabelRevision = { value, labelMs, receivedAtMs, source, ...(propensity === undefined ? {} : { propensity }) };
  return {
    updateOne: {
      filter: { _id: `${tenantId}/${deploymentUid}/${row}/${inferenceId}`, tenantId, history: { $not: { $elemMatch: { labelMs, value } } } },
      update: { $push: { history: revision }, $setOnInsert: { deploymentUid, inferenceId, row, schemaVersion: SCHEMA_VERSION } },
      upsert,
    },
  };
}
