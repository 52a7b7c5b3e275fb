import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const POLL_MS = 250;

/** Runs `work` while no other process of this machine holds `file`; a lock whose process is gone is taken over. */
export async function withLock<T>(file: string, work: () => Promise<T>, onWait: () => void = () => undefined): Promise<T> {
  await mkdir(dirname(file), { recursive: true });
  for (let waiting = false; !(await take(file)); waiting = true) {
    if (!waiting) onWait();
    await sleep(POLL_MS);
  }
  try { return await work(); } finally { await rm(file, { force: true }); }
}

async function take(file: string): Promise<boolean> {
  try {
    await writeFile(file, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
    const holder = Number.parseInt(await readFile(file, 'utf8').catch(() => ''), 10);
    if (Number.isInteger(holder) && !isAlive(holder)) await rm(file, { force: true });
    return false;
  }
}

/** True while a process of this number runs, whoever owns it. */
export function isAlive(pid: number): boolean {
  try { process.kill(pid, 0); return true; } catch (error) { return codeOf(error) === 'EPERM'; }
}

/** The system's name of an error; asked of its shape, since instanceof does not hold across module realms. */
function codeOf(error: unknown): unknown { return (error as { code?: unknown } | null)?.code; }
