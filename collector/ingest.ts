import type { Log } from '../config/log.ts';
import type { LegRecord, RecordBatch, StoredLeg } from '../domain/record.ts';
import type { RecordStore } from '../ports/record-store.ts';
import { extractLeg } from './extract.ts';
import type { FindReader } from './readers.ts';

export interface IngestAnswer { readonly stored: number; readonly repeated: boolean; readonly refused: number }
export type Ingest = (batch: RecordBatch) => Promise<IngestAnswer>;

export interface IngestOptions { readonly records: RecordStore; readonly findReader: FindReader; readonly now: () => number; readonly log: Log; readonly arrived: () => void }

/** Reads every leg by its contract and stores the batch. A leg that nobody can read is left out and counted; the others are kept. */
export function createIngest({ records, findReader, now, log, arrived }: IngestOptions): Ingest {
  return async (batch) => {
    const receivedAtMs = now();
    const legs: StoredLeg[] = [];
    const refused = new Map<string, number>();
    const refuse = ({ deploymentUid }: LegRecord, why: string): void => { refused.set(`${deploymentUid} ${why}`, (refused.get(`${deploymentUid} ${why}`) ?? 0) + 1); };
    for (const record of batch.records) {
      const reader = await findReader(record);
      if (typeof reader === 'string') refuse(record, reader);
      else legs.push(extractLeg(record, reader, receivedAtMs));
    }
    const { gatewayId, incarnation, seq, completeToMs, drops } = batch;
    const { stored, repeated } = await records.putBatch({ gatewayId, incarnation, seq, completeToMs, receivedAtMs, legs, drops });
    if (refused.size > 0) log.warn('records of unknown deployments or variants were left out', { gatewayId, seq, refused: Object.fromEntries(refused) });
    arrived();
    return { stored, repeated, refused: batch.records.length - legs.length };
  };
}
