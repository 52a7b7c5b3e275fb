import { MongoClient, type Collection, type Db } from 'mongodb';
import { LastmileError } from '../../../domain/errors.ts';
import type { Stored } from './documents.ts';

/** How long a call waits for a primary, for a free connection, for an answer, and for the majority. Nothing hangs when mongod is away. */
const SELECTION_MS = 3_000;
const QUEUE_MS = 5_000;
const ANSWER_MS = 8_000;
const MAJORITY_MS = 5_000;

/** One client and its database. Connects with the first call. */
export interface Database { readonly client: MongoClient; readonly db: Db }

/**
 * Majority writes and majority reads: what was acknowledged or read survives a change of the primary.
 * The driver retries a write once it is sure that it is not applied twice. Throws LM_INVALID_CONFIG for an address that cannot be read.
 */
export function connect({ uri, database }: { readonly uri: string; readonly database: string }): Database {
  try {
    const client = new MongoClient(uri, {
      appName: 'lastmile', serverSelectionTimeoutMS: SELECTION_MS, connectTimeoutMS: SELECTION_MS, waitQueueTimeoutMS: QUEUE_MS, socketTimeoutMS: ANSWER_MS,
      retryWrites: true, retryReads: true, writeConcern: { w: 'majority', wtimeoutMS: MAJORITY_MS }, readConcern: { level: 'majority' }, readPreference: 'primary',
      ignoreUndefined: true, maxPoolSize: 20,
    });
    return { client, db: client.db(database) };
  } catch (error) {
    throw new LastmileError('LM_INVALID_CONFIG', 'MONGODB_URI is not an address that the MongoDB driver can read; write for example mongodb://127.0.0.1:27017/?replicaSet=rs0.', { cause: error });
  }
}

export function collection<T>({ db }: Database, name: string): Collection<Stored<T>> { return db.collection<Stored<T>>(name); }
