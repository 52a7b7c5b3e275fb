import { spawnSync } from 'node:child_process';
import { MongoClient } from 'mongodb';
import { setTimeout as delay } from 'node:timers/promises';
import { PROCESS_NAMES, type Harness, type OwnProcess, type ProcessName, type ProxyName } from './harness.ts';
import type { NetworkMode } from '../support/fault-proxy.ts';
import type { Dice } from './seed.ts';

/** The kinds of process, as a report counts them. */
export const PROCESS_KINDS = ['gateway', 'modelhost', 'collector', 'worker', 'api', 'mongod', 'temporal'] as const;
export type ProcessKind = (typeof PROCESS_KINDS)[number];

/** One thing that goes wrong at a named point, and how it is made good. `heal` resolves when the process is well by its own word. */
export interface Fault {
  readonly name: string;
  readonly kind: 'kill' | 'restart' | 'pause' | 'blackhole' | 'reset' | 'latency' | 'drip' | 'disk-full' | 'step-down' | 'clock' | 'memory';
  readonly at: ProcessKind;
  /** The process that is hit; null where only the network is. */
  readonly process: ProcessName | null;
  /** How long it may last, least and most, ms. */
  readonly lasts: readonly [number, number];
  inject(harness: Harness): Promise<void>;
  heal(harness: Harness): Promise<void>;
}

export function kindOf(process: ProcessName): ProcessKind { return process === 'gw-1' || process === 'gw-2' ? 'gateway' : process; }

const kill = (process: ProcessName): Fault => ({
  name: `kill ${process}`, kind: 'kill', at: kindOf(process), process, lasts: [100, 3_000],
  inject: async ({ processes }) => { await processes[process].end('SIGKILL'); },
  heal: ({ processes }) => processes[process].start(),
});

const restart = (process: 'mongod' | 'temporal' | 'api' | 'worker' | 'gw-1'): Fault => ({
  name: `restart ${process}`, kind: 'restart', at: kindOf(process), process, lasts: [0, 500],
  inject: async ({ processes }) => { await processes[process].end('SIGTERM'); },
  heal: ({ processes }) => processes[process].start(),
});

/** Longer than a lease at times: what it held when it was stopped it goes on with afterwards. */
const pause = (process: ProcessName): Fault => ({
  name: `pause ${process}`, kind: 'pause', at: kindOf(process), process, lasts: [500, process.startsWith('gw') ? 7_000 : 4_000],
  inject: async ({ processes }) => { processes[process].pause(); },
  heal: async ({ processes }) => { processes[process].resume(); await processes[process].start(); },
});

const AT: Readonly<Record<ProxyName, ProcessKind>> = { mongod: 'mongod', temporal: 'temporal', api: 'api', modelhost: 'modelhost', collector: 'collector', gateways: 'gateway', 'gw-1-admin': 'gateway', 'gw-2-admin': 'gateway' };

const network = (proxy: ProxyName, mode: Exclude<NetworkMode, { kind: 'pass' }>): Fault => ({
  name: `${mode.kind} before ${proxy}`, kind: mode.kind, at: AT[proxy], process: null, lasts: [500, 5_000],
  inject: async ({ proxies }) => { proxies[proxy].set(mode); },
  heal: async ({ proxies }) => { proxies[proxy].set({ kind: 'pass' }); },
});

const SMALL_BYTES = 64;
/** Every write of a file beyond 64 bytes fails with EFBIG, as on a disk that is full; some processes end of it, as they should (crash-only). */
const diskFull = (process: 'gw-1' | 'modelhost' | 'mongod'): Fault => ({
  name: `disk full at ${process}`, kind: 'disk-full', at: kindOf(process), process, lasts: [500, 3_000],
  inject: async ({ processes }) => { await processes[process].limitFiles(SMALL_BYTES); },
  heal: async ({ processes }) => { await processes[process].limitFiles(null).catch(() => 0); await processes[process].start(); },
});

/** The primary gives up its place for a second and takes no writes until it is elected again. */
const stepDown: Fault = {
  name: 'step-down of mongod', kind: 'step-down', at: 'mongod', process: null, lasts: [0, 500],
  async inject({ mongodbUri }) {
    const client = new MongoClient(mongodbUri, { serverSelectionTimeoutMS: 5_000 });
    // The answer may be lost with the connections that a step-down ends.
    try { await client.db('admin').command({ replSetStepDown: 1, secondaryCatchUpPeriodSecs: 0, force: true }).catch(() => null); } finally { await client.close(); }
  },
  heal: ({ processes }) => processes.mongod.start(),
};

const OWN: readonly OwnProcess[] = ['api', 'modelhost', 'collector', 'worker', 'gw-1', 'gw-2'];
const MINUTES_MS = 60_000;

/** The wall clock of one process jumps, and jumps back. Only ours: the servers' clocks are the machine's. */
const clock = (process: OwnProcess, minutes: number): Fault => ({
  name: `clock of ${process} ${minutes > 0 ? '+' : ''}${String(minutes)} min`, kind: 'clock', at: kindOf(process), process, lasts: [1_000, 8_000],
  inject: async (harness) => { harness.order(process, `skew ${String(minutes * MINUTES_MS)}`); },
  heal: async (harness) => { harness.order(process, null); await harness.processes[process].start(); },
});

const MEMORY_MS = 120_000;
/** Its heap is full: the process ends of it, in the middle of whatever it does. */
const memory = (process: OwnProcess): Fault => ({
  name: `out of memory at ${process}`, kind: 'memory', at: kindOf(process), process, lasts: [0, 500],
  async inject(harness) {
    const { deaths } = harness.processes[process];
    const before = deaths.length;
    harness.order(process, 'memory');
    for (const until = Date.now() + MEMORY_MS; deaths.length === before;) {
      if (Date.now() > until) throw new Error(`${process} did not run out of memory`);
      await delay(50);
    }
    harness.order(process, null);
  },
  heal: ({ processes }) => processes[process].start(),
});

export const CATALOGUE: readonly Fault[] = [
  ...PROCESS_NAMES.map(kill), ...PROCESS_NAMES.map(pause), ...(['mongod', 'temporal', 'api', 'worker', 'gw-1'] as const).map(restart),
  ...(['mongod', 'temporal', 'api', 'modelhost', 'collector', 'gw-1-admin', 'gw-2-admin'] as const).flatMap((proxy) => [network(proxy, { kind: 'blackhole' }), network(proxy, { kind: 'reset' })]),
  ...(['mongod', 'api', 'modelhost', 'collector'] as const).map((proxy) => network(proxy, { kind: 'latency', ms: 80 })),
  ...(['api', 'modelhost', 'collector'] as const).map((proxy) => network(proxy, { kind: 'drip', everyMs: 2 })),
  ...OWN.flatMap((process) => [clock(process, 5), clock(process, -5), memory(process)]),
  stepDown, ...(canLimit() ? (['gw-1', 'modelhost', 'mongod'] as const).map(diskFull) : []),
];

/** What this machine does not allow, and is said to be not done. */
export const NOT_DONE: readonly string[] = [
  ...(canLimit() ? [] : ['disk full: no prlimit on this machine']),
  'clocks of mongod and Temporal, which are those of the machine', 'a lost packet', 'a corrupted file',
];

function canLimit(): boolean { return spawnSync('prlimit', ['--version']).status === 0; }

/** `only`: names of kinds; empty: any. */
export function randomFault(dice: Dice, at: ProcessKind | null, only: readonly string[] = []): Fault {
  return dice.pick(CATALOGUE.filter((fault) => (at === null || fault.at === at) && (only.length === 0 || only.includes(fault.kind))));
}
