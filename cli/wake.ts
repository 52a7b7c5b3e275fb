import { setTimeout as delay } from 'node:timers/promises';
import type { Client } from './client.ts';

/** Waits for something to happen to a deployment: an event of the stream, or the time given, whichever is first. */
export interface Wake { wait(ms: number): Promise<void> }

const RECONNECT_MS = 3_000;

/** Listens in the background until the signal; where the stream cannot be had, `wait` is a plain timer. */
export function listen(client: Client, deployment: string, signal: AbortSignal): Wake {
  let pending = false;
  let release: (() => void) | null = null;
  const wake = (): void => { pending = true; release?.(); };
  void follow(client, { deployment, signal, wake });
  signal.addEventListener('abort', wake, { once: true });
  return {
    wait: async (ms) => {
      if (!pending) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, ms);
          release = () => { clearTimeout(timer); resolve(); };
        });
        release = null;
      }
      pending = signal.aborted;
    },
  };
}

async function follow(client: Client, { deployment, signal, wake }: { deployment: string; signal: AbortSignal; wake: () => void }): Promise<void> {
  let lastEventId: string | undefined;
  while (!signal.aborted) {
    try {
      for await (const event of client.events({ deployment, lastEventId, signal })) {
        lastEventId = event.id === '' ? lastEventId : event.id;
        wake();
      }
    } catch { /* the caller polls meanwhile */ }
    await delay(RECONNECT_MS, undefined, { signal }).catch(() => undefined);
  }
}
