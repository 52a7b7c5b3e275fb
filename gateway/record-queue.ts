import { RECORD_VERSION, type DropCount, type LegRecord, type RecordBatch } from '../domain/record.ts';
import type { GatewayClock } from './clock.ts';

/** A request that was received and whose legs are not all recorded yet. Close it exactly when nothing more can come. */
export interface OpenInference {
  /** Gateway time of the request, shared by all its legs. */
  readonly atMs: number;
  add(record: LegRecord): void;
  close(): void;
}

/** Records in memory between answer and collector, with a cap in bytes; what is over it is lost and counted. */
export interface RecordQueue {
  open(): OpenInference;
  drop(of: Omit<DropCount, 'count'>): void;
  /** Takes the next batch, empty where there is nothing. Numbers grow by one; a batch once cut is never changed. */
  cut(): RecordBatch;
  pending(): number;
  lost(): number;
  /** Records that were cut but that the collector will not take. */
  lose(count: number): void;
}

export const BATCH_RECORDS = 500;
const BATCH_BYTES = 2 * 1024 * 1024;
/** A record without its texts, roughly. */
const RECORD_BYTES = 512;

export function createRecordQueue(of: { readonly gatewayId: string; readonly incarnation: number; readonly capBytes: number; readonly clock: GatewayClock }): RecordQueue {
  /** In order of atMs, since the clock never goes back: the first is the oldest. */
  const open = new Set<OpenInference>();
  const drops = new Map<string, DropCount>();
  let queue: LegRecord[] = [];
  let bytes = 0;
  let lost = 0;
  let seq = 0;
  let completeToMs = 0;

  const add = (record: LegRecord): void => {
    const size = sizeOf(record);
    if (bytes + size > of.capBytes) { lost += 1; return; }
    bytes += size;
    queue.push(record);
  };
  return {
    open() {
      const inference: OpenInference = { atMs: of.clock.utcMs(), add, close: () => { open.delete(inference); } };
      open.add(inference);
      return inference;
    },
    drop(reason) {
      const key = `${reason.deploymentUid} ${reason.variantId} ${reason.reason}`;
      drops.set(key, { ...reason, count: (drops.get(key)?.count ?? 0) + 1 });
    },
    cut() {
      const records = queue.slice(0, batchLength(queue));
      queue = queue.slice(records.length);
      bytes -= records.reduce((sum, record) => sum + sizeOf(record), 0);
      completeToMs = Math.max(completeToMs, mark(of.clock.utcMs(), open, queue));
      seq += 1;
      const batch = { v: RECORD_VERSION, gatewayId: of.gatewayId, incarnation: of.incarnation, seq, completeToMs, records, drops: [...drops.values()] };
      drops.clear();
      return batch;
    },
    pending: () => queue.length,
    lost: () => lost,
    lose(count) { lost += count; },
  };
}

/**
 * The last millisecond of which everything is in this batch or an earlier one (ADR 0003): the one before now, before the oldest
 * request under way, and before the oldest record that still waits.
 */
function mark(nowMs: number, open: ReadonlySet<OpenInference>, waiting: readonly LegRecord[]): number {
  const [oldest] = open;
  const started = Math.min(nowMs, oldest?.atMs ?? nowMs);
  return waiting.reduce((least, { atMs }) => Math.min(least, atMs), started) - 1;
}

function batchLength(queue: readonly LegRecord[]): number {
  let bytes = 0;
  const end = queue.slice(0, BATCH_RECORDS).findIndex((record) => { bytes += sizeOf(record); return bytes > BATCH_BYTES; });
  return end === -1 ? Math.min(queue.length, BATCH_RECORDS) : Math.max(1, end);
}

function sizeOf({ response, request }: LegRecord): number { return RECORD_BYTES + (response?.length ?? 0) + (request?.length ?? 0); }
