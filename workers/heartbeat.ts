import { rm, writeFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';

/** Often enough that a check which wants the file younger than half a minute forgives a slow look or two. */
export const BEAT_MS = 5_000;

/** Writes the time into `file` again and again while `well` says so: its age is the health of a process that listens on no port. */
export function startHeartbeat(file: string, well: () => Promise<boolean>, everyMs: number = BEAT_MS): { stop(): Promise<void> } {
  const stopped = new AbortController();
  const beat = async (): Promise<void> => {
    while (!stopped.signal.aborted) {
      if (await well().catch(() => false)) await writeFile(file, `${new Date().toISOString()}\n`).catch(() => undefined);
      await delay(everyMs, undefined, { signal: stopped.signal }).catch(() => undefined);
    }
  };
  const beating = beat();
  return {
    async stop() {
      stopped.abort();
      await beating;
      await rm(file, { force: true });
    },
  };
}
