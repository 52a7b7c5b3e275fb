import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { commandLineOf } from './process-table.ts';

/** What runs from one data folder: the supervisor, and every process that it started. */
export interface RunFile {
  readonly supervisor: { readonly pid: number; readonly command: string };
  readonly startedAt: string;
  readonly apiUrl: string;
  readonly processes: Readonly<Record<string, { readonly pid: number; readonly command: string }>>;
}

export function readRunFile(file: string): RunFile | null {
  if (!existsSync(file)) return null;
  try { return JSON.parse(readFileSync(file, 'utf8')) as RunFile; } catch { return null; }
}

/** Whole or not at all: a reader never sees half of it. */
export function writeRunFile(file: string, run: RunFile): void {
  writeFileSync(`${file}.new`, `${JSON.stringify(run, null, 2)}\n`, { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

export function removeRunFile(file: string): void { rmSync(file, { force: true }); }

/** The run, when its supervisor still lives. A process that merely has its number now is not it. */
export function whileSupervised(run: RunFile | null): RunFile | null {
  return run !== null && commandLineOf(run.supervisor.pid) === run.supervisor.command ? run : null;
}

/** Processes that outlived their supervisor: same number and the very same command line. */
export function leftovers(run: RunFile | null): readonly { readonly name: string; readonly pid: number }[] {
  return Object.entries(run?.processes ?? {}).flatMap(([name, { pid, command }]) => commandLineOf(pid) === command ? [{ name, pid }] : []);
}
