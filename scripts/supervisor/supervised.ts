import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, statSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { LastmileError } from '../../domain/errors.ts';
import { textSince, type Probe } from './health.ts';

/** One process to keep alive. */
export interface ProcessSpec {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly logFile: string;
  /** `logOffset`: where the log of this incarnation begins. */
  readonly probe: (logOffset: () => number) => Probe;
}

export interface Supervised {
  readonly name: string;
  pid(): number | null;
  /** Starts it and waits until it is well; LM_PROCESS_FAILED with the end of its log when it ends or stays unwell. */
  start(): Promise<void>;
  /** SIGTERM, SIGKILL to its whole process group after `patienceMs`. Never restarts it again. */
  stop(patienceMs: number): Promise<void>;
  kill(): void;
}

export interface Watcher {
  /** Told at each start and each end of the process, for the run file. */
  changed(): void;
  say(line: string): void;
}

const READY_MS = 60_000;
const POLL_MS = 60;
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 15_000;
/** A process that lived so long has earned a fresh start of its back-off. */
const STEADY_MS = 30_000;
const LOG_LINES = 20;

/** Pause before the n-th restart in a row (n from 0). */
export function restartPauseMs(n: number): number { return Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** n); }

export function supervise(spec: ProcessSpec, watcher: Watcher): Supervised { return new SupervisedProcess(spec, watcher); }

class SupervisedProcess implements Supervised {
  readonly #spec: ProcessSpec;
  readonly #watcher: Watcher;
  readonly #stopped = new AbortController();
  #child: ChildProcess | null = null;
  #isSteady = false;
  #failures = 0;
  #logOffset = 0;

  constructor(spec: ProcessSpec, watcher: Watcher) {
    this.#spec = spec;
    this.#watcher = watcher;
  }

  get name(): string { return this.#spec.name; }
  pid(): number | null { return this.#child?.pid ?? null; }

  async start(): Promise<void> {
    await this.#untilWell(this.#launch());
    this.#isSteady = true;
  }

  async stop(patienceMs: number): Promise<void> {
    this.#stopped.abort();
    const child = this.#child;
    if (child?.pid === undefined) return;
    const gone = once(child, 'exit');
    const timer = setTimeout(() => { signalGroup(child, 'SIGKILL'); }, patienceMs);
    child.kill('SIGTERM');
    if (child.exitCode === null && child.signalCode === null) await gone;
    clearTimeout(timer);
    // What it may have left behind: children of its own.
    signalGroup(child, 'SIGKILL');
  }

  kill(): void {
    this.#stopped.abort();
    if (this.#child !== null) signalGroup(this.#child, 'SIGKILL');
  }

  #launch(): ChildProcess {
    const { command, args, env, logFile } = this.#spec;
    this.#logOffset = sizeOf(logFile);
    const output = openSync(logFile, 'a', 0o600);
    // Its own process group: Ctrl-C at the terminal reaches the supervisor alone, which ends the rest in order.
    const child = spawn(command, args, { env: { ...env }, stdio: ['ignore', output, output], detached: true });
    closeSync(output);
    const since = performance.now();
    child.once('error', () => { this.#ended(child, since); });
    child.once('exit', () => { this.#ended(child, since); });
    this.#child = child;
    this.#watcher.changed();
    return child;
  }

  #ended(child: ChildProcess, since: number): void {
    if (this.#child !== child) return;
    this.#child = null;
    this.#watcher.changed();
    if (this.#stopped.signal.aborted || !this.#isSteady) return;
    this.#failures = performance.now() - since > STEADY_MS ? 1 : this.#failures + 1;
    const pauseMs = restartPauseMs(this.#failures - 1);
    this.#watcher.say(`  ! ${this.name} ended (${exitOf(child)}); it starts again in ${(pauseMs / 1_000).toFixed(1)} s. Its log: ${this.#spec.logFile}`);
    void this.#restart(pauseMs);
  }

  async #restart(pauseMs: number): Promise<void> {
    await sleep(pauseMs, undefined, { signal: this.#stopped.signal }).catch(() => undefined);
    if (this.#stopped.signal.aborted) return;
    await this.#untilWell(this.#launch()).then(
      () => { this.#watcher.say(`  ✓ ${this.name} is back`); },
      (error: unknown) => { if (this.#child !== null && !this.#stopped.signal.aborted) this.#watcher.say(`  ! ${error instanceof Error ? error.message : String(error)}`); },
    );
  }

  async #untilWell(child: ChildProcess): Promise<void> {
    const probe = this.#spec.probe(() => this.#logOffset);
    const deadline = performance.now() + READY_MS;
    for (let problem = await probe(); problem !== null; problem = await probe()) {
      if (this.#stopped.signal.aborted) throw new LastmileError('LM_PROCESS_FAILED', `${this.name} was stopped while it started.`);
      if (this.#child !== child) throw await this.#failure(`${this.name} ended before it was ready (${exitOf(child)})`);
      if (performance.now() > deadline) throw await this.#failure(`${this.name} is not ready after ${String(READY_MS / 1_000)} s: ${problem}`);
      await sleep(POLL_MS);
    }
  }

  async #failure(what: string): Promise<LastmileError> {
    const { name, logFile } = this.#spec;
    const tail = (await textSince(logFile, this.#logOffset)).trimEnd().split('\n').slice(-LOG_LINES).map((line) => `    ${line}`).join('\n');
    return new LastmileError('LM_PROCESS_FAILED', `${what}. The end of ${logFile}:\n${tail}`, { details: { process: name } });
  }
}

function signalGroup({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try { process.kill(-pid, signal); } catch { /* the group is gone */ }
}

function exitOf({ exitCode, signalCode }: ChildProcess): string {
  return signalCode ?? `code ${String(exitCode)}`;
}

function sizeOf(file: string): number { try { return statSync(file).size; } catch { return 0; } }
