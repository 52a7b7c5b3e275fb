import { setTimeout as delay } from 'node:timers/promises';
import { Agent, request } from 'undici';
import type { Log } from '../config/log.ts';
import type { RecordBatch } from '../domain/record.ts';
import { BATCH_RECORDS, type RecordQueue } from './record-queue.ts';

export interface ShippingOptions { readonly queue: RecordQueue; readonly collectorUrl: string; readonly serviceToken: string; readonly log: Log; readonly elapsedMs: () => number }
export interface Shipping {
  /** Sends what is there, for at most `flushMs`; then gives up what is left. */
  stop(flushMs: number): Promise<void>;
}

const POLL_MS = 200;
/** An idle gateway says so once a second: its mark is what lets blocks seal (ADR 0003). */
const IDLE_MS = 1_000;
const SEND_MS = 10_000;
const BACK_OFF_MS = { first: 100, most: 2_000 };

/** One batch at a time, in order, again and again with the same number until the collector has it. */
export function startShipping({ queue, collectorUrl, serviceToken, log, elapsedMs }: ShippingOptions): Shipping {
  const agent = new Agent({ connections: 1, keepAliveTimeout: 4_000 });
  const stopped = new AbortController();
  const flushed = new AbortController();
  let sentMs = -Infinity;

  const send = async (batch: RecordBatch): Promise<'taken' | 'later' | 'refused'> => {
    try {
      const answer = await request(new URL('/v1/records', collectorUrl), {
        method: 'POST', dispatcher: agent, body: JSON.stringify(batch), headers: { 'content-type': 'application/json', authorization: `Bearer ${serviceToken}` },
        signal: AbortSignal.any([flushed.signal, AbortSignal.timeout(SEND_MS)]),
      });
      await answer.body.dump();
      return outcomeOf(answer.statusCode);
    } catch { return 'later'; }
  };
  const deliver = async (batch: RecordBatch): Promise<void> => {
    for (let waitMs = BACK_OFF_MS.first; !flushed.signal.aborted; waitMs = Math.min(2 * waitMs, BACK_OFF_MS.most)) {
      const outcome = await send(batch);
      if (outcome === 'taken') return;
      if (outcome === 'refused') {
        queue.lose(batch.records.length);
        log.error('the collector refuses a batch; its records are lost', { seq: batch.seq, records: batch.records.length });
        return;
      }
      await delay(waitMs, undefined, { signal: flushed.signal }).catch(() => undefined);
    }
    queue.lose(batch.records.length);
  };
  const run = async (): Promise<void> => {
    while (!stopped.signal.aborted) {
      if (queue.pending() < BATCH_RECORDS) await delay(POLL_MS, undefined, { signal: stopped.signal }).catch(() => undefined);
      if (queue.pending() === 0 && elapsedMs() - sentMs < IDLE_MS) continue;
      await deliver(queue.cut());
      sentMs = elapsedMs();
    }
    do await deliver(queue.cut()); while (queue.pending() > 0 && !flushed.signal.aborted);
  };
  const running = run();
  return {
    async stop(flushMs) {
      stopped.abort();
      const timer = setTimeout(() => { flushed.abort(); }, flushMs);
      await running;
      clearTimeout(timer);
      await agent.destroy();
    },
  };
}

/** A batch that the collector can never take must not stand in the way of the next; a missing token or a broken store can be mended. */
function outcomeOf(status: number): 'taken' | 'later' | 'refused' {
  if (status >= 200 && status < 300) return 'taken';
  return status === 400 || status === 413 || status === 422 ? 'refused' : 'later';
}
