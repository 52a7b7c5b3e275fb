import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { isAlive } from '../tools/lock.ts';

/** The command line of a running process, its arguments joined by spaces; null when there is none of this number. */
export function commandLineOf(pid: number): string | null {
  if (!isAlive(pid)) return null;
  try {
    return readFileSync(`/proc/${String(pid)}/cmdline`, 'utf8').split('\0').join(' ').trim();
  } catch {
    try { return execFileSync('ps', ['-ww', '-o', 'command=', '-p', String(pid)], { encoding: 'utf8' }).trim(); } catch { return null; }
  }
}

const LISTEN = '0A';

/** Which process listens on a TCP port of this machine, where the system tells (Linux /proc; elsewhere lsof). */
export function listenerOf(port: number): number | null {
  try {
    const inode = listeningInode(port);
    return inode === null ? null : ownerOfSocket(inode);
  } catch { return listenerByLsof(port); }
}

function listeningInode(port: number): string | null {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  for (const table of ['/proc/net/tcp', '/proc/net/tcp6']) {
    for (const line of readFileSync(table, 'utf8').split('\n').slice(1)) {
      const [, local, , state, , , , , , inode] = line.trim().split(/\s+/);
      if (local?.endsWith(suffix) === true && state === LISTEN) return inode ?? null;
    }
  }
  return null;
}

function ownerOfSocket(inode: string): number | null {
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const folder = `/proc/${pid}/fd`;
      if (readdirSync(folder).some((fd) => readlink(`${folder}/${fd}`) === `socket:[${inode}]`)) return Number(pid);
    } catch { /* another user's process, or one that just ended */ }
  }
  return null;
}

function readlink(path: string): string { try { return readlinkSync(path); } catch { return ''; } }

function listenerByLsof(port: number): number | null {
  try {
    const pid = Number.parseInt(execFileSync('lsof', ['-nP', `-iTCP:${String(port)}`, '-sTCP:LISTEN', '-t'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }), 10);
    return Number.isInteger(pid) ? pid : null;
  } catch { return null; }
}

const POLL_MS = 50;

/** SIGTERM, then SIGKILL after `patienceMs`; resolves when none is left. For processes that are not our children any more. */
export async function endProcesses(pids: readonly number[], patienceMs: number): Promise<void> {
  for (const pid of pids) signal(pid, 'SIGTERM');
  const deadline = performance.now() + patienceMs;
  while (pids.some(isRunning)) {
    if (performance.now() > deadline) for (const pid of pids.filter(isRunning)) signal(pid, 'SIGKILL');
    await sleep(POLL_MS);
  }
}

/** A zombie has ended: only its parent has not looked yet. */
function isRunning(pid: number): boolean {
  if (!isAlive(pid)) return false;
  try { return !/^\d+ \(.*\) Z/s.test(readFileSync(`/proc/${String(pid)}/stat`, 'utf8')); } catch { return isAlive(pid); }
}

function signal(pid: number, name: NodeJS.Signals): void { try { process.kill(pid, name); } catch { /* it ended meanwhile */ } }
