import { setTimeout as delay } from 'node:timers/promises';
import type { Log } from '../config/log.ts';
import type { Orchestrator } from '../ports/orchestrator.ts';
import type { Outbox, OutboxMessage } from '../ports/outbox.ts';

const BATCH = 100;
/** News that no watch told of is found this soon. */
const POLL_MS = 1_000;
const RETRY_MS = 2_000;

/**
 * Carries the outbox to the workflows, at least once and in order of age (decision D7). Several workers may do it at once:
 * a message delivered twice is one message to its workflow. Stops between two batches.
 */
export async function startRelay(outbox: Outbox, orchestrator: Orchestrator, log: Log): Promise<{ stop(): Promise<void> }> {
  const stopped = new AbortController();
  let wake: () => void = () => undefined;
  const unwatch = await outbox.watch(() => { wake(); });
  const nextNews = (ms: number): Promise<void> => new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    wake = () => { clearTimeout(timer); resolve(); };
    stopped.signal.addEventListener('abort', wake, { once: true });
  });
  const run = async (): Promise<void> => {
    while (!stopped.signal.aborted) {
      try {
        const messages = await outbox.pending(BATCH);
        if (messages.length === 0) await nextNews(POLL_MS);
        else await outbox.delivered(await deliverAll(messages, orchestrator, log));
      } catch (error) {
        log.warn('the outbox waits', { error });
        await delay(RETRY_MS, undefined, { signal: stopped.signal }).catch(() => undefined);
      }
    }
  };
  const running = run();
  return { async stop() { stopped.abort(); await running; await unwatch(); } };
}

/** One message that cannot be delivered does not hold up the others; it stays in the outbox. All failing is the caller's to wait out. */
async function deliverAll(messages: readonly OutboxMessage[], orchestrator: Orchestrator, log: Log): Promise<string[]> {
  const results = await Promise.allSettled(messages.map((message) => orchestrator.deliver(message)));
  const done = messages.filter((_, i) => results[i]?.status === 'fulfilled').map(({ id }) => id);
  const failed = results.find((result): result is PromiseRejectedResult => result.status === 'rejected');
  if (failed !== undefined && done.length === 0) throw failed.reason;
  if (failed !== undefined) log.warn('some of the outbox waits', { error: failed.reason, undelivered: messages.length - done.length });
  return done;
}
