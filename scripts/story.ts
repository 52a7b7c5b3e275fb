import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { inheritedEnvironment } from '../config/environment.ts';
import type { Config } from '../config/load.ts';

const CLI = join(import.meta.dirname, '..', 'cli', 'main.ts');

export interface Story { readonly ended: Promise<number>; readonly process: { readonly pid: number; readonly command: string } | null; end(): void; kill(): void }

/** Runs `lastmile demo` against what runs at the addresses of `config`; its exit code. Its output is its own. */
export function tellStory(config: Config, args: readonly string[]): Story {
  const env = { ...inheritedEnvironment(), LASTMILE_PORT_BASE: String(config.portBase), LASTMILE_DATA_DIR: config.dataDir };
  const command = [process.execPath, CLI, 'demo', ...args];
  // Its own process group: Ctrl-C at the terminal reaches the caller alone, which passes it on once (a second one would cut the story short).
  const child = spawn(process.execPath, command.slice(1), { stdio: ['ignore', 'inherit', 'inherit'], env, detached: true });
  const ended = new Promise<number>((resolve) => {
    child.once('error', () => { resolve(1); });
    child.once('exit', (code, signal) => { resolve(code ?? (signal === null ? 1 : 130)); });
  });
  return {
    ended, process: child.pid === undefined ? null : { pid: child.pid, command: command.join(' ') },
    end: () => { child.kill('SIGINT'); }, kill: () => { child.kill('SIGKILL'); },
  };
}
