import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { Probe } from '../../scripts/supervisor/health.ts';

/** How one process is started. `isWell` null: it is one of ours and says `ready` on its log. */
export interface Launch {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly logFile: string;
  readonly isWell: Probe | null;
}

export interface Death { readonly pid: number; readonly atMs: number; readonly by: string; readonly wanted: boolean }

/** One process that is kept alive as the supervisor of `npm start` does, but by orders of a test killed, held still, or short of disk. */
export interface Managed {
  readonly name: string;
  pid(): number | null;
  /** All its ends, newest last; `wanted`: by an order of the test. */
  readonly deaths: readonly Death[];
  /** Starts it where it does not run, and resolves when it is well. */
  start(): Promise<void>;
  /** Sends the signal and waits for its end; it stays away until `start`. */
  end(signal: 'SIGKILL' | 'SIGTERM'): Promise<number>;
  pause(): number;
  resume(): void;
  /** No file may grow beyond `bytes` (null: any): a full disk without a disk. The process itself need not end of it. */
  limitFiles(bytes: number | null): Promise<number>;
  stop(): Promise<void>;
}

const READY_MS = 90_000;
const AGAIN_MS = 700;
const POLL_MS = 50;
const PATIENCE_MS = 20_000;

interface Running { readonly child: ChildProcess; readonly gone: Promise<void>; said: boolean }

export function managed(launch: Launch): Managed {
  const deaths: Death[] = [];
  let running: Running | null = null;
  let wanted = false;
  let ordered: string | null = null;
  let isOver = false;

  const launchNow = (): Running => {
    const child = spawn(launch.command, [...launch.args], { env: launch.env, stdio: ['ignore', 'pipe', 'pipe'] });
    const log = createWriteStream(launch.logFile, { flags: 'a' });
    const gone = new Promise<void>((resolve) => child.once('exit', (code, signal) => {
      deaths.push({ pid: child.pid ?? 0, atMs: Date.now(), by: ordered ?? signal ?? `code ${String(code)}`, wanted: ordered !== null });
      ordered = null;
      if (running?.child === child) running = null;
      resolve();
      if (wanted) void delay(AGAIN_MS).then(() => { if (wanted && running === null) running = launchNow(); });
    }));
    const mine: Running = { child, gone, said: false };
    const hear = (chunk: Buffer): void => { mine.said ||= chunk.includes('"message":"ready"'); log.write(chunk); };
    child.stdout.on('data', hear);
    child.stderr.on('data', hear);
    child.once('close', () => { log.end(); });
    return mine;
  };
  const isWell = async (): Promise<string | null> => running === null ? 'it does not run' : launch.isWell === null ? (running.said ? null : 'it has not said ready') : launch.isWell();
  const end = async (signal: 'SIGKILL' | 'SIGTERM'): Promise<number> => {
    wanted = false;
    const mine = running;
    if (mine === null) return 0;
    ordered = signal;
    mine.child.kill(signal);
    const forced = setTimeout(() => { mine.child.kill('SIGKILL'); }, PATIENCE_MS);
    await mine.gone;
    clearTimeout(forced);
    return mine.child.pid ?? 0;
  };
  return {
    name: launch.name, pid: () => running?.child.pid ?? null, deaths, end,
    async start() {
      // A run that is broken off while a fault is being healed leaves nobody behind.
      if (isOver) throw new Error(`${launch.name} is stopped for good`);
      wanted = true;
      running ??= launchNow();
      for (const until = Date.now() + READY_MS; ;) {
        const problem = await isWell();
        if (problem === null) return;
        if (Date.now() > until) throw new Error(`${launch.name} did not get well: ${problem}\n${(await readFile(launch.logFile, 'utf8').catch(() => '')).slice(-3_000)}`);
        await delay(POLL_MS);
      }
    },
    pause: () => { running?.child.kill('SIGSTOP'); return running?.child.pid ?? 0; },
    resume: () => { running?.child.kill('SIGCONT'); },
    async limitFiles(bytes) {
      const pid = running?.child.pid;
      if (pid === undefined) return 0;
      // The hard limit stays, so that the soft one can be lifted again.
      await promisify(execFile)('prlimit', ['--pid', String(pid), `--fsize=${bytes === null ? 'unlimited' : String(bytes)}:unlimited`]);
      return pid;
    },
    stop: async () => { isOver = true; await end('SIGTERM'); },
  };
}
