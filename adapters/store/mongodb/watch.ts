import { setTimeout as delay } from 'node:timers/promises';
import type { ChangeStream, Collection, Document } from 'mongodb';

const POLL_MS = 1_000;
const LONGEST_WAIT_MS = 5_000;

/** One change stream for all who listen to a collection, opened with the first and closed with the last. */
export interface Watcher {
  subscribe(changed: () => void): Promise<() => Promise<void>>;
  close(): Promise<void>;
}

/**
 * Calls the listeners soon after a change. A broken stream is opened again where it stopped; and because a stream may be out for a while,
 * `fingerprint` is compared once a second as well. Survives restarts of the primary; never throws outside a call.
 */
export function createWatcher(collection: Collection, fingerprint: () => Promise<string>): Watcher {
  const listeners = new Set<() => void>();
  let running: { stop(): Promise<void> } | null = null;
  const tell = (): void => {
    for (const listener of listeners) {
      try { listener(); } catch { /* A listener's failure is its own; the others still hear. */ }
    }
  };
  return {
    async subscribe(changed) {
      const listener = (): void => { changed(); };
      listeners.add(listener);
      running ??= start(collection, fingerprint, tell);
      return async () => {
        listeners.delete(listener);
        if (listeners.size > 0) return;
        const last = running;
        running = null;
        await last?.stop();
      };
    },
    async close() {
      listeners.clear();
      const last = running;
      running = null;
      await last?.stop();
    },
  };
}

function start(collection: Collection, fingerprint: () => Promise<string>, tell: () => void): { stop(): Promise<void> } {
  const ending = new AbortController();
  const done = Promise.all([follow(collection, tell, ending.signal), poll(fingerprint, tell, ending.signal)]);
  return { async stop() { ending.abort(); await done; } };
}

async function follow(collection: Collection, tell: () => void, ending: AbortSignal): Promise<void> {
  let token: Document | null = null;
  for (let failures = 0; !ending.aborted; failures += 1) {
    const stream: ChangeStream = collection.watch([], token === null ? {} : { resumeAfter: token });
    const close = (): void => { stream.close().catch(() => undefined); };
    ending.addEventListener('abort', close, { once: true });
    try {
      while (await stream.hasNext()) {
        token = (await stream.next() as { _id: Document })._id;
        failures = 0;
        tell();
      }
    } catch (error) {
      if (tokenIsLost(error)) token = null;
    } finally {
      ending.removeEventListener('abort', close);
      await stream.close().catch(() => undefined);
    }
    await pause(Math.min(LONGEST_WAIT_MS, 100 * 2 ** Math.min(failures, 6)), ending);
  }
}

/** ChangeStreamHistoryLost, ChangeStreamFatalError, or a token of another collection's life: begin anew; the poll covers the gap. */
function tokenIsLost(error: unknown): boolean {
  return error instanceof Error && 'code' in error && [286, 280, 260, 40_585].includes(Number(error.code));
}

async function poll(fingerprint: () => Promise<string>, tell: () => void, ending: AbortSignal): Promise<void> {
  let last: string | null = null;
  while (!ending.aborted) {
    try {
      const now = await fingerprint();
      if (last !== null && now !== last) tell();
      last = now;
    } catch { /* Away for now; the next look is in a second. */ }
    await pause(POLL_MS, ending);
  }
}

/** Ends early, and in peace, when the loop is to end. */
async function pause(ms: number, ending: AbortSignal): Promise<void> { await delay(ms, undefined, { signal: ending }).catch(() => undefined); }
