import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import { access, chmod, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { inheritedEnvironment } from '../config/environment.ts';
import type { Config } from '../config/load.ts';
import { LastmileError } from '../domain/errors.ts';
import { megabytes, type Progress, type Step } from './progress.ts';
import { withLock } from './tools/lock.ts';
import { platformOf, PLATFORMS, type Platform } from './tools/platform.ts';
import { fetchArchive, reason } from './tools/source-fetch.ts';
import { sourcesOf, type Source, type ToolName } from './tools/sources.ts';
import { unpackBinary } from './tools/unpack.ts';

const run = promisify(execFile);
const CHECK_MS = 20_000;

/** What a person can do about each tool; `oldest` is the least version taken from the PATH. */
const FACTS: Readonly<Record<ToolName, { variable: string; elsewhere: string; pathOf: (config: Config) => string | null; oldest: readonly [number, number] | null }>> = {
  temporal: { variable: 'LASTMILE_TEMPORAL_PATH', elsewhere: 'name a running server in LASTMILE_TEMPORAL_ADDRESS', pathOf: ({ paths }) => paths.temporal, oldest: [1, 8] },
  'temporal-test-server': { variable: 'LASTMILE_TEMPORAL_TEST_SERVER_PATH', elsewhere: 'run `npm run test:quick`, which needs no server', pathOf: ({ paths }) => paths.testServer, oldest: null },
  mongod: { variable: 'LASTMILE_MONGOD_PATH', elsewhere: 'name a running replica set in MONGODB_URI', pathOf: ({ paths }) => paths.mongod, oldest: [6, 0] },
};

export interface ToolSearch {
  readonly config: Config;
  readonly progress: Progress;
  /** For tests; default: what the platform has published. */
  readonly sources?: (tool: ToolName) => readonly Source[];
  /** Folders to look in before anything is fetched; default: the PATH. */
  readonly searchPath?: readonly string[];
}

/**
 * The absolute path of each tool: named by the environment, on the PATH, fetched before, or fetched now from the first source that has it.
 * LM_TOOL_UNAVAILABLE lists what was tried and the ways out; LM_INVALID_CONFIG when a named binary cannot run.
 */
export async function ensureTools<Name extends ToolName>(names: readonly Name[], search: ToolSearch): Promise<Readonly<Record<Name, string>>> {
  const found = new Map<Name, string>();
  const missing: Name[] = [];
  for (const name of names) {
    const path = await atHand(name, search);
    if (path === null) missing.push(name); else found.set(name, path);
  }
  if (missing.length > 0) {
    const sources = await availableSources(search);
    announce(missing, search, sources);
    const lock = join(search.config.toolsDir, 'fetch.lock');
    await withLock(lock, async () => { for (const name of missing) found.set(name, await fetched(name, search) ?? await fetchTool(name, search, sources(name))); },
      () => { search.progress.say('  another run is fetching tools; waiting for it'); });
  }
  return Object.fromEntries(found) as Record<Name, string>;
}

async function atHand(name: ToolName, search: ToolSearch): Promise<string | null> {
  const { variable, pathOf } = FACTS[name];
  const named = pathOf(search.config);
  if (named !== null) {
    const problem = await whyNotRunning(named);
    if (problem !== null) throw new LastmileError('LM_INVALID_CONFIG', `${variable} names ${named}, which cannot run: ${problem}`);
    return named;
  }
  return await onPath(name, search) ?? fetched(name, search);
}

async function onPath(name: ToolName, search: ToolSearch): Promise<string | null> {
  const folders = search.searchPath ?? (inheritedEnvironment().PATH ?? '').split(delimiter);
  for (const folder of folders) {
    const path = join(folder, name);
    if (folder === '' || !(await isExecutable(path)) || await whyNotRunning(path) !== null) continue;
    const { oldest } = FACTS[name];
    if (oldest === null || await isNewEnough(path, oldest)) return path;
    search.progress.say(`  ${path} is older than ${oldest.join('.')}; it is not used`);
  }
  return null;
}

async function isNewEnough(path: string, [major, minor]: readonly [number, number]): Promise<boolean> {
  const { stdout } = await run(path, ['--version'], { timeout: CHECK_MS }).catch(() => ({ stdout: '' }));
  const match = /v?(\d+)\.(\d+)/.exec(stdout);
  if (match === null) return false;
  const actual = [Number(match[1]), Number(match[2])] as const;
  return actual[0] > major || (actual[0] === major && actual[1] >= minor);
}

/** What lies beside a fetched binary: which source it came from, so that a changed pin fetches anew. */
interface Receipt { readonly source: string; readonly sha256: string }

async function fetched(name: ToolName, search: ToolSearch): Promise<string | null> {
  const path = join(search.config.toolsDir, name);
  const text = await readFile(`${path}.json`, 'utf8').catch(() => null);
  if (text === null || !(await isExecutable(path))) return null;
  const sources = await availableSources(search);
  const receipt = JSON.parse(text) as Receipt;
  return sources(name).some((source) => pinOf(source) === receipt.sha256) ? path : null;
}

async function fetchTool(name: ToolName, search: ToolSearch, sources: readonly Source[]): Promise<string> {
  const tried: string[] = [];
  for (const source of sources) {
    const step = search.progress.step(`${name} ${source.version}`);
    try {
      const path = await install(name, search, { source, step });
      step.done(`from ${source.label}`);
      return path;
    } catch (error) {
      const why = `${source.label}: ${reason(error)}`;
      tried.push(why);
      step.failed(tried.length < sources.length ? `${why} Trying the next source.` : why);
    }
  }
  throw unavailable(name, tried);
}

async function install(name: ToolName, { config }: ToolSearch, { source, step }: { source: Source; step: Step }): Promise<string> {
  await mkdir(config.toolsDir, { recursive: true });
  const folder = await mkdtemp(join(config.toolsDir, `.fetch-${name}-`));
  try {
    const archive = join(folder, 'archive');
    const binary = join(folder, name);
    await fetchArchive(source, archive, (text) => { step.note(text); });
    step.note('unpacking');
    await unpackBinary(archive, source.format, name, binary);
    await chmod(binary, 0o755);
    const problem = await whyNotRunning(binary);
    if (problem !== null) throw new LastmileError('LM_TOOL_UNAVAILABLE', `it does not run on this machine: ${problem}`);
    const path = join(config.toolsDir, name);
    await rename(binary, path);
    await writeFile(`${path}.json`, `${JSON.stringify({ version: source.version, source: source.label, sha256: pinOf(source) })}\n`);
    return path;
  } finally { await rm(folder, { recursive: true, force: true }); }
}

function pinOf({ sha256 }: Source): string { return typeof sha256 === 'string' ? sha256 : `${sha256.listSha256}:${sha256.file}`; }

async function isExecutable(path: string): Promise<boolean> { return access(path, constants.X_OK).then(() => true, () => false); }

/** Null when the binary starts at all; else why not (no such file, another platform, a library that is missing). */
async function whyNotRunning(path: string): Promise<string | null> {
  try {
    await run(path, ['--version'], { timeout: CHECK_MS });
    return null;
  } catch (error) {
    const { code, stderr = '' } = error as { code?: string | number; stderr?: string };
    // The test server takes a port and nothing else: it ends with a stack trace of its own, which shows that it runs.
    const started = typeof code === 'number' && code !== 126 && code !== 127;
    return started ? null : stderr.trim().split('\n').at(-1) ?? String(code);
  }
}

async function availableSources(search: ToolSearch): Promise<(tool: ToolName) => readonly Source[]> {
  if (search.sources !== undefined) return search.sources;
  const platform: Platform | null = platformOf(process.platform, process.arch);
  const osRelease = await readFile('/etc/os-release', 'utf8').catch(() => '');
  return (tool) => platform === null ? [] : sourcesOf(tool, platform, osRelease);
}

function announce(names: readonly ToolName[], { config, progress }: ToolSearch, sources: (tool: ToolName) => readonly Source[]): void {
  const bytes = names.reduce((sum, name) => sum + (sources(name)[0]?.bytes ?? 0), 0);
  if (bytes > 0) progress.say(`Fetching ${names.join(', ')}: about ${megabytes(bytes)} to download, ${megabytes(bytes * 3)} on disk in ${config.toolsDir}, once.`);
}

function unavailable(name: ToolName, tried: readonly string[]): LastmileError {
  const { variable, elsewhere } = FACTS[name];
  const why = tried.length === 0
    ? [`  nothing is published for ${process.platform}-${process.arch}; published for: ${PLATFORMS.join(', ')} (on Windows use WSL 2)`]
    : tried.map((line) => `  ${line}`);
  return new LastmileError('LM_TOOL_UNAVAILABLE', [
    `${name} can be had from none of its sources:`, ...why,
    'Ways out:',
    `  install ${name} and put it on the PATH, or name it in ${variable}`,
    `  ${elsewhere}`,
    '  copy the .tools folder of a machine that has it, or point LASTMILE_TOOLS_DIR at it',
  ].join('\n'), { details: { tool: name, tried } });
}
