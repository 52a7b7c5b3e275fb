import { setTimeout as sleep } from 'node:timers/promises';
import { inheritedEnvironment } from '../config/environment.ts';
import type { Config } from '../config/load.ts';
import { LastmileError } from '../domain/errors.ts';
import type { Interruption } from './interrupt.ts';
import type { Progress } from './progress.ts';
import { dataDirAt, emptyDataDir, ensureSecrets, prepareDataDir, rotateLog, type DataDir } from './supervisor/data-dir.ts';
import { allOf, httpProbe } from './supervisor/health.ts';
import { assertPortsFree } from './supervisor/ports.ts';
import { commandLineOf, endProcesses } from './supervisor/process-table.ts';
import { planStack, type StackPlan } from './supervisor/processes.ts';
import { leftovers, readRunFile, removeRunFile, whileSupervised, writeRunFile } from './supervisor/run-file.ts';
import { supervise, type ProcessSpec, type Supervised } from './supervisor/supervised.ts';
import { ensureTools } from './tools.ts';

export interface StackOptions {
  readonly config: Config;
  readonly progress: Progress;
  /** Empty the data folder first. */
  readonly fresh: boolean;
  /** Use what already runs from this data folder instead of refusing to start beside it. */
  readonly reuse: boolean;
  /** `end` breaks the start off cleanly; `kill` ends every process at once, at any time. */
  readonly interruption: Pick<Interruption, 'end' | 'kill'>;
}

/** Everything that `npm start` runs on one machine. */
export interface Stack {
  /** False when it ran before: then `stop` leaves it alone. */
  readonly started: boolean;
  /** Notes a process of the caller's own, so that the next start finds it should this one be killed. */
  note(name: string, process_: { readonly pid: number; readonly command: string }): void;
  /** Ends every process in reverse order, within about ten seconds. */
  stop(): Promise<void>;
}

const LEFTOVER_MS = 5_000;
const REUSE_MS = 60_000;
const POLL_MS = 200;
const SETTLE_MS = 20_000;

/** Tools, servers and our own processes, each started once what it needs is well. A second start goes on from the same data. */
export async function startStack(options: StackOptions): Promise<Stack> {
  const { config, progress } = options;
  const dataDir = dataDirAt(config.dataDir);
  if (await isRunning(options, dataDir)) return { started: false, note: () => undefined, stop: () => Promise.resolve() };
  await endLeftovers(dataDir, progress);
  if (options.fresh) emptyDataDir(dataDir);
  prepareDataDir(dataDir);
  const serviceToken = ensureSecrets(config);
  const tools = {
    temporal: config.temporal.external ? null : (await ensureTools(['temporal'], { config, progress })).temporal,
    mongod: config.mongodb.external ? null : (await ensureTools(['mongod'], { config, progress })).mongod,
  };
  const plan = planStack({ config, dataDir, serviceToken, tools, environment: inheritedEnvironment() });
  await assertPortsFree(plan.ports, config.portBase);
  return launch(plan, dataDir, options);
}

/** True when the stack of this folder runs and may be reused; LM_CONFLICT when it runs and may not. */
async function isRunning({ config, reuse, fresh, interruption }: StackOptions, dataDir: DataDir): Promise<boolean> {
  const run = whileSupervised(readRunFile(dataDir.runFile));
  if (run === null) return false;
  if (reuse && !fresh && run.apiUrl === config.api.url && await becomesWell(config, dataDir, interruption.end)) return true;
  throw new LastmileError('LM_CONFLICT', [
    `lastmile runs already from ${dataDir.root}: process ${String(run.supervisor.pid)}, since ${run.startedAt}, at ${run.apiUrl}.`,
    'End it there with Ctrl-C, or run a second one beside it:',
    `  LASTMILE_DATA_DIR=.data-2 LASTMILE_PORT_BASE=${String(config.portBase + 100)} npm start`,
  ].join('\n'));
}

/** Another run may still be starting: waits for its last process, a gateway. */
async function becomesWell(config: Config, dataDir: DataDir, signal: AbortSignal): Promise<boolean> {
  const probe = allOf([httpProbe(`${config.api.url}/api/v1/health`), httpProbe(`${config.gateway.url}/v2/health/live`)]);
  const deadline = performance.now() + REUSE_MS;
  while (performance.now() < deadline && whileSupervised(readRunFile(dataDir.runFile)) !== null) {
    signal.throwIfAborted();
    if (await probe() === null) return true;
    await sleep(POLL_MS);
  }
  return false;
}

async function endLeftovers(dataDir: DataDir, progress: Progress): Promise<void> {
  const left = leftovers(readRunFile(dataDir.runFile));
  if (left.length > 0) {
    progress.say(`  ${left.map(({ name }) => name).join(', ')} outlived an earlier run; ending ${left.length === 1 ? 'it' : 'them'} first`);
    await endProcesses(left.map(({ pid }) => pid), LEFTOVER_MS);
  }
  removeRunFile(dataDir.runFile);
}

async function launch(plan: StackPlan, dataDir: DataDir, { config, progress, interruption }: StackOptions): Promise<Stack> {
  const startedAt = new Date().toISOString();
  const supervisor = { pid: process.pid, command: commandLineOf(process.pid) ?? '' };
  const all: { spec: ProcessSpec; supervised: Supervised }[] = [];
  const noted = new Map<string, { pid: number; command: string }>();
  const changed = (): void => {
    const processes = all.flatMap(({ spec, supervised }) => {
      const pid = supervised.pid();
      return pid === null ? [] : [[spec.name, { pid, command: [spec.command, ...spec.args].join(' ') }] as const];
    });
    writeRunFile(dataDir.runFile, { supervisor, startedAt, apiUrl: config.api.url, processes: Object.fromEntries([...processes, ...noted]) });
  };
  const groups = plan.groups.map(({ processes, patienceMs }) => ({ patienceMs, processes: processes.map((spec) => {
    rotateLog(spec.logFile);
    const supervised = supervise(spec, { changed, say: (line) => { progress.say(line); } });
    all.push({ spec, supervised });
    return supervised;
  }) }));
  const stop = async (): Promise<void> => {
    for (const { processes, patienceMs } of [...groups].reverse()) await Promise.all(processes.map((process_) => process_.stop(patienceMs)));
    removeRunFile(dataDir.runFile);
  };
  const interrupted = (): void => { void stop(); };
  interruption.kill.addEventListener('abort', () => { for (const { supervised } of all) supervised.kill(); });
  interruption.end.addEventListener('abort', interrupted);
  try {
    interruption.end.throwIfAborted();
    for (const { processes } of groups) await Promise.all(processes.map((process_) => startOne(process_, progress)));
    await settle(plan, progress, interruption.end);
  } catch (error) { await stop(); throw error; } finally { interruption.end.removeEventListener('abort', interrupted); }
  const note: Stack['note'] = (name, process_) => { noted.set(name, process_); changed(); };
  return { started: true, note, stop };
}

/** Not fatal: the processes are well one by one; what is missing is said. */
async function settle({ settled }: StackPlan, progress: Progress, signal: AbortSignal): Promise<void> {
  const step = progress.step('all together');
  const deadline = performance.now() + SETTLE_MS;
  let problem = await settled();
  while (problem !== null && performance.now() < deadline) {
    signal.throwIfAborted();
    await sleep(POLL_MS);
    problem = await settled();
  }
  if (problem === null) step.done(); else step.failed(problem);
}

async function startOne(process_: Supervised, progress: Progress): Promise<void> {
  const step = progress.step(process_.name);
  try {
    await process_.start();
    step.done();
  } catch (error) {
    step.failed(error instanceof LastmileError ? error.message.split('. ')[0] ?? '' : '');
    throw error;
  }
}
