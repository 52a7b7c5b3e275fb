import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inheritedEnvironment } from '../../config/environment.ts';
import { LastmileError } from '../../domain/errors.ts';
import { run } from '../foreign/run.ts';
import type { Group } from './groups.ts';

/** Kept out of package.json: only those who measure the tests need its 180 packages. */
const VERSION = '10.0.0';
const PACKAGES = [`@stryker-mutator/core@${VERSION}`, `@stryker-mutator/jest-runner@${VERSION}`] as const;

/** Where Stryker is installed, from the npm registry once. LM_TOOL_UNAVAILABLE when it cannot be had. */
export async function ensureStryker(toolsDir: string, progress: (line: string) => void): Promise<string> {
  const folder = join(toolsDir, `stryker-${VERSION}`);
  const stamp = join(folder, '.complete');
  if (existsSync(stamp)) return folder;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{"private":true}\n');
  progress(`Stryker: installing ${PACKAGES.join(' ')}`);
  try {
    await run('npm', ['install', '--no-audit', '--no-fund', '--save-exact', ...PACKAGES], { cwd: folder, progress });
  } catch (error) {
    throw new LastmileError('LM_TOOL_UNAVAILABLE', 'Stryker cannot be had: check that the npm registry can be reached.', { cause: error });
  }
  writeFileSync(stamp, `${PACKAGES.join('\n')}\n`);
  return folder;
}

export interface Survivor { readonly file: string; readonly line: number; readonly mutator: string; readonly source: string; readonly replacement: string }
/** Mutants by what became of them; `unreached`: no test of the group runs them. Ignored ones are in static code, which runs once for all tests. */
export interface Tally { readonly killed: number; readonly timedOut: number; readonly survived: number; readonly unreached: number; readonly ignored: number; readonly survivors: readonly Survivor[] }

interface Report { readonly files: Readonly<Record<string, { readonly source: string; readonly mutants: readonly { readonly status: string; readonly mutatorName: string; readonly replacement?: string; readonly location: { readonly start: { readonly line: number } } }[] }>> }

/** Mutates one group in a copy of the repository; its own output goes to the terminal. Throws LM_INVARIANT where Stryker ends without a report. */
export async function mutate(stryker: string, { root, name, group, concurrency }: { readonly root: string; readonly name: string; readonly group: Group; readonly concurrency: number }): Promise<Tally> {
  const folder = join(root, '.build', 'mutation');
  const [configFile, report] = [join(folder, `${name}.config.json`), join(folder, `${name}.json`)];
  mkdirSync(folder, { recursive: true });
  rmSync(report, { force: true });
  writeFileSync(configFile, JSON.stringify({
    testRunner: 'jest', plugins: [join(stryker, 'node_modules', '@stryker-mutator', 'jest-runner', 'dist', 'src', 'index.js')],
    jest: { projectType: 'custom', configFile: 'scripts/mutation/jest.config.mjs', enableFindRelatedTests: false },
    mutate: group.mutate, coverageAnalysis: 'perTest', ignoreStatic: true, concurrency, timeoutMS: 5_000, dryRunTimeoutMinutes: 30, allowConsoleColors: false,
    tempDirName: join('.build', 'mutation', 'copy'), ignorePatterns: ['.tools', '.data', '.build', 'dist'], reporters: ['json', 'progress-append-only'], jsonReporter: { fileName: report },
  }));
  const env = { ...inheritedEnvironment(), LASTMILE_MUTATION_TESTS: group.tests.join(' ') };
  const child = spawn(process.execPath, [join(stryker, 'node_modules', '@stryker-mutator', 'core', 'bin', 'stryker.js'), 'run', configFile], { cwd: root, env, stdio: ['ignore', 'inherit', 'inherit'] });
  await once(child, 'close');
  if (!existsSync(report)) throw new LastmileError('LM_INVARIANT', `Stryker ended without a report of ${name}; its output above says why.`);
  return tallyOf(JSON.parse(readFileSync(report, 'utf8')) as Report);
}

function tallyOf({ files }: Report): Tally {
  const all = Object.entries(files).flatMap(([file, { source, mutants }]) => mutants.map((mutant) => ({ file, lines: source.split('\n'), ...mutant })));
  const count = (status: string): number => all.filter((mutant) => mutant.status === status).length;
  const survivors = all.filter(({ status }) => status === 'Survived' || status === 'NoCoverage').map(({ file, lines, mutatorName, replacement = '', location: { start: { line } } }) => ({ file, line, mutator: mutatorName, source: (lines[line - 1] ?? '').trim(), replacement }));
  return { killed: count('Killed'), timedOut: count('Timeout'), survived: count('Survived'), unreached: count('NoCoverage'), ignored: count('Ignored'), survivors };
}
