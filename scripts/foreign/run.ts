import { spawn } from 'node:child_process';

/** Runs a command to its end; `progress` hears its newest line. Rejects with that line when it ends otherwise than well. */
export function run(command: string, args: readonly string[], { progress = () => undefined, cwd }: { readonly progress?: (line: string) => void; readonly cwd?: string } = {}): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], ...(cwd === undefined ? {} : { cwd }) });
    let last = '';
    const heard = (chunk: Buffer): void => { last = chunk.toString().trim() || last; if (last !== '') progress(last); };
    child.stdout.on('data', heard);
    child.stderr.on('data', heard);
    child.on('error', reject);
    child.on('close', (code) => { if (code === 0) resolve(); else reject(new Error(`${command} ${args.slice(0, 3).join(' ')} ended with code ${String(code)}: ${last}`)); });
  });
}
