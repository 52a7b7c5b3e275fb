import { setTimeout as delay } from 'node:timers/promises';

/** Resolves with the work or after the limit, whichever is first. */
export async function firstOf(work: Promise<unknown>, limitMs: number): Promise<void> {
  const over = new AbortController();
  await Promise.race([work, delay(limitMs, undefined, { signal: over.signal }).catch(() => undefined)]);
  over.abort();
}
