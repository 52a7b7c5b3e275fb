import { spawn } from 'node:child_process';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createProgress } from './progress.ts';

const ROOT = join(import.meta.dirname, '..');
/** What two cores take side by side. */
const AT_ONCE = 2;
const NOT_OURS = new Set(['node_modules', 'dist', 'coverage', 'bin', 'docs']);

interface Check { readonly title: string; readonly script: readonly string[] }

function bin(path: string): string { return join(ROOT, 'node_modules', path); }

/** Every top-level folder that may hold source. */
function layers(): readonly string[] {
  return readdirSync(ROOT, { withFileTypes: true }).filter((entry) => entry.isDirectory() && !entry.name.startsWith('.') && !NOT_OURS.has(entry.name)).map(({ name }) => name);
}

function checks(withTests: boolean): readonly Check[] {
  return [
    { title: 'types', script: [bin('typescript/bin/tsc'), '--noEmit'] },
    { title: 'lint', script: [bin('eslint/bin/eslint.js'), '.'] },
    { title: 'import directions', script: [bin('dependency-cruiser/bin/dependency-cruiser.mjs'), '--config', '.dependency-cruiser.cjs', ...layers()] },
    // The quick tests hold the architecture checks too: workflow bundle, catalogues, generated pages.
    ...(withTests ? [{ title: 'quick tests', script: [bin('jest/bin/jest.js'), '--selectProjects', 'quick', '--maxWorkers=1', '--silent'] }] : []),
  ];
}

/** npm run verify [-- --no-tests] [--report=FILE]: every check, none skipped after a failure; code 0 only when all pass. */
export async function main(args: readonly string[]): Promise<number> {
  const progress = createProgress(process.stderr);
  const waiting = [...checks(!args.includes('--no-tests'))];
  let passed = 0;
  let failed = 0;
  const worker = async (): Promise<void> => {
    for (let check = waiting.shift(); check !== undefined; check = waiting.shift()) {
      const step = progress.step(check.title);
      const { code, output } = await run(check);
      if (code === 0) { passed += 1; step.done(); continue; }
      failed += 1;
      step.failed('');
      process.stderr.write(`${output.trimEnd()}\n`);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  progress.close();
  const report = args.find((arg) => arg.startsWith('--report='))?.slice('--report='.length);
  if (report !== undefined) {
    mkdirSync(join(report, '..'), { recursive: true });
    writeFileSync(report, JSON.stringify({ passed, failed }));
  }
  return failed === 0 ? 0 : 1;
}

function run({ script }: Check): Promise<{ code: number; output: string }> {
  const child = spawn(process.execPath, script, { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] });
  const chunks: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => { chunks.push(chunk); });
  return new Promise((resolve) => { child.once('close', (code) => { resolve({ code: code ?? 1, output: Buffer.concat(chunks).toString() }); }); });
}

if (import.meta.main) void main(process.argv.slice(2)).then((code) => process.exit(code));
