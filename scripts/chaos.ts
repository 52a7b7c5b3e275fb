import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { EXIT } from '../cli/exit-codes.ts';
import { runCommand } from './run-command.ts';

const ENTRY = join(import.meta.dirname, '..', 'test', 'chaos', 'run.ts');

/** npm run chaos [-- arguments]: the fault harness in a process of its own; nothing of the product knows it. */
export async function main(args: readonly string[]): Promise<number> {
  const child = spawn(process.execPath, [ENTRY, ...args], { stdio: 'inherit' });
  const [code] = await once(child, 'close') as [number | null];
  return code ?? EXIT.error;
}

if (import.meta.main) runCommand(main);
