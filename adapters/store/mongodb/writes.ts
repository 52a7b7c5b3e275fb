import { MongoBulkWriteError, type Collection, type Filter, type OptionalUnlessRequiredId, type WithoutId } from 'mongodb';
import { isDuplicateKey } from './errors.ts';
import { withoutId, type Stored } from './documents.ts';

/** Inserts; false when the _id or another unique key is taken. */
export async function insertOnce<T>(into: Collection<Stored<T>>, document: Stored<T>): Promise<boolean> {
  try {
    await into.insertOne(document as OptionalUnlessRequiredId<Stored<T>>);
    return true;
  } catch (error) {
    if (isDuplicateKey(error)) return false;
    throw error;
  }
}

/** Inserts what is not there yet and leaves the rest; returns how many were new. */
export async function insertMissing<T>(into: Collection<Stored<T>>, documents: readonly Stored<T>[]): Promise<number> {
  if (documents.length === 0) return 0;
  try {
    const result = await into.insertMany(documents as readonly OptionalUnlessRequiredId<Stored<T>>[], { ordered: false });
    return result.insertedCount;
  } catch (error) {
    duplicatesOf(error);
    return (error as MongoBulkWriteError).insertedCount;
  }
}

/** Positions of the operations that met a taken key; throws when anything else went wrong. */
export function duplicatesOf(error: unknown): readonly number[] {
  if (!(error instanceof MongoBulkWriteError) || error.result.getWriteConcernError() !== undefined) throw error;
  const failures = error.result.getWriteErrors();
  if (failures.length === 0 || failures.some((failure) => failure.code !== 11_000)) throw error;
  return failures.map((failure) => failure.index);
}

/**
 * Replaces the document under its _id when `older` matches what is stored, inserts it when there is none, and leaves it otherwise.
 * One filter decides on the server. A lost race of two inserts is tried again as a replacement, so that the newer one wins.
 */
export async function replaceOlder<T>(into: Collection<Stored<T>>, document: Stored<T>, older: Filter<Stored<T>>): Promise<void> {
  const filter = { ...older, _id: document._id, tenantId: document.tenantId } as Filter<Stored<T>>;
  const replacement = withoutId(document) as unknown as WithoutId<Stored<T>>;
  try {
    await into.replaceOne(filter, replacement, { upsert: true });
  } catch (error) {
    if (!isDuplicateKey(error)) throw error;
    await into.replaceOne(filter, replacement);
  }
}
