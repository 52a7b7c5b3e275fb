import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { EXIT } from '../cli/exit-codes.ts';
import { runCommand } from './run-command.ts';

const FOLDER = join(import.meta.dirname, '..', 'bench');

/** What can be measured: each file of bench/ by its name. */
export function benches(): readonly string[] {
  return readdirSync(FOLDER, { withFileTypes: true }).filter((entry) => entry.isFile() && entry.name.endsWith('.ts')).map(({ name }) => name.slice(0, -'.ts'.length)).sort();
}

/** npm run bench [-- NAME [arguments]]: runs one in a process of its own and ends as it does; without a name, says which there are. */
export async function main([name, ...args]: readonly string[]): Promise<number> {
  if (name === undefined) {
    process.stdout.write(`${benches().map((one) => `npm run bench -- ${one}`).join('\n')}\n`);
    return EXIT.good;
  }
  if (!benches().includes(name)) {
    process.stderr.write(`There is no bench "${name}"; there is ${benches().join(', ')}.\n`);
    return EXIT.usage;
  }
  const child = spawn(process.execPath, [join(FOLDER, `${name}.ts`), ...args], { stdio: 'inherit' });
  const [code] = await once(child, 'close') as [number | null];
  return code ?? EXIT.error;
}

if (import.meta.main) runCommand(main);
