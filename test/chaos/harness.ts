import { randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ensurePrimary, mongodArguments, temporalArguments } from '../../scripts/supervisor/servers.ts';
import { assertPortsFree } from '../../scripts/supervisor/ports.ts';
import { tcpProbe } from '../../scripts/supervisor/health.ts';
import { faultProxy, type FaultProxy } from '../support/fault-proxy.ts';
import { managed, type Launch, type Managed } from './managed.ts';

/** Everything of lastmile for real, on one machine: each process with an address that a fault proxy stands before. */
export const PROCESS_NAMES = ['mongod', 'temporal', 'api', 'modelhost', 'collector', 'worker', 'gw-1', 'gw-2'] as const;
export type ProcessName = (typeof PROCESS_NAMES)[number];
/** What others reach through a proxy. Callers of models go to the gateways' shared port itself: their network is not ours. */
export const PROXY_NAMES = ['mongod', 'temporal', 'api', 'modelhost', 'collector', 'gateways', 'gw-1-admin', 'gw-2-admin'] as const;
export type ProxyName = (typeof PROXY_NAMES)[number];

const ROOT = join(import.meta.dirname, '..', '..');
const ENTRIES = { api: 'api/main.ts', modelhost: 'modelhost/main.ts', collector: 'collector/main.ts', worker: 'workers/main.ts', 'gw-1': 'gateway/main.ts', 'gw-2': 'gateway/main.ts' } as const;
export type OwnProcess = keyof typeof ENTRIES;
const OFFSETS: Readonly<Record<ProxyName, number>> = { mongod: 0, temporal: 1, api: 2, modelhost: 3, collector: 4, gateways: 5, 'gw-1-admin': 6, 'gw-2-admin': 7 };
const PORTS_USED = 16;
const INSIDE = pathToFileURL(join(import.meta.dirname, 'inside.mjs')).href;
/** Several times what any of them needs; small enough to be full within seconds. */
const HEAP_MB = 768;
const PRIMARY_MS = 20_000;

export interface Harness {
  readonly apiUrl: string;
  readonly gatewayUrl: string;
  /** The mongod itself, past its proxy: for what looks on. */
  readonly mongodbUri: string;
  readonly database: string;
  readonly temporalAddress: string;
  readonly registryDir: string;
  readonly dataDir: string;
  readonly processes: Readonly<Record<ProcessName, Managed>>;
  readonly proxies: Readonly<Record<ProxyName, FaultProxy>>;
  /** An order to one of our processes, in words of test/chaos/inside.mjs; null takes it back. */
  order(process: OwnProcess, order: string | null): void;
  /** The development key, as the API wrote it. */
  key(): string;
  stop(): Promise<void>;
}

export interface HarnessOptions {
  readonly tools: { readonly mongod: string; readonly temporal: string };
  /** First of the ports to try; below the range that the system gives to outgoing connections, so that a port stays ours while its process is dead. */
  readonly portBase: number;
  readonly webhookUrl: string;
}

export async function startHarness(options: HarnessOptions): Promise<Harness> {
  const base = await freeRow(options.portBase);
  const dataDir = mkdtempSync(join(tmpdir(), 'lastmile-chaos-'));
  for (const folder of ['mongod', 'temporal', 'logs', 'registry', 'orders']) mkdirSync(join(dataDir, folder));
  const behind = (name: ProxyName): number => base + OFFSETS[name];
  const front = (name: ProxyName): number => base + PORTS_USED / 2 + OFFSETS[name];
  const proxies = Object.fromEntries(await Promise.all(PROXY_NAMES.map(async (name) => [name, await faultProxy({ targetPort: behind(name), port: front(name) })]))) as Record<ProxyName, FaultProxy>;
  const database = 'chaos';
  const environment = environmentOf({ options, dataDir, database, behind, front });
  const processes = Object.fromEntries(PROCESS_NAMES.map((name) => [name, managed(launchOf(name, { options, dataDir, environment, behind, front }))])) as Record<ProcessName, Managed>;
  const stop = async (): Promise<void> => {
    for (const group of [['gw-1', 'gw-2', 'api', 'worker', 'collector', 'modelhost'], ['mongod', 'temporal']] as const) await Promise.all(group.map((name) => processes[name].stop()));
    await Promise.all(Object.values(proxies).map((proxy) => proxy.close()));
    rmSync(dataDir, { recursive: true, force: true });
  };
  try {
    await Promise.all([processes.mongod.start(), processes.temporal.start()]);
    await processes.api.start();
    await Promise.all((['modelhost', 'collector', 'worker', 'gw-1', 'gw-2'] as const).map((name) => processes[name].start()));
  } catch (error) { await stop(); throw error; }
  return {
    apiUrl: local(front('api')), gatewayUrl: local(behind('gateways')), mongodbUri: `mongodb://127.0.0.1:${String(behind('mongod'))}/?directConnection=true`, database,
    order: (process, order) => { if (order === null) rmSync(ordersOf(dataDir, process), { force: true }); else writeFileSync(ordersOf(dataDir, process), order); },
    temporalAddress: `127.0.0.1:${String(behind('temporal'))}`, registryDir: join(dataDir, 'registry'), dataDir, processes, proxies,
    key: () => readFileSync(join(dataDir, 'keys', 'dev-api-key'), 'utf8').trim(), stop,
  };
}

type PortOf = (name: ProxyName) => number;
interface Plan { readonly options: HarnessOptions; readonly dataDir: string; readonly environment: Readonly<Record<string, string>>; readonly behind: PortOf; readonly front: PortOf }

/** Each listens on the port behind, and is named to the others by the port of its proxy. */
function environmentOf({ options, dataDir, database, behind, front }: Omit<Plan, 'environment'> & { readonly database: string }): Record<string, string> {
  const inherited = Object.fromEntries(Object.entries(process.env).filter(([name, value]) => value !== undefined && !/^(LASTMILE_|MONGODB_URI|NODE_OPTIONS|JEST_)/.test(name))) as Record<string, string>;
  return {
    ...inherited, NODE_ENV: 'development',
    LASTMILE_DATA_DIR: dataDir, LASTMILE_SERVICE_TOKEN: randomUUID() + randomUUID(), LASTMILE_LEASE_MS: '5000',
    MONGODB_URI: `mongodb://127.0.0.1:${String(front('mongod'))}/?replicaSet=rs0`, LASTMILE_MONGODB_DATABASE: database, LASTMILE_TEMPORAL_ADDRESS: `127.0.0.1:${String(front('temporal'))}`,
    LASTMILE_API_PORT: String(behind('api')), LASTMILE_GATEWAY_PORT: String(behind('gateways')), LASTMILE_COLLECTOR_PORT: String(behind('collector')), LASTMILE_MODELHOST_PORT: String(behind('modelhost')),
    LASTMILE_API_URL: local(front('api')), LASTMILE_GATEWAY_URL: local(front('gateways')), LASTMILE_COLLECTOR_URL: local(front('collector')), LASTMILE_MODELHOST_URL: local(front('modelhost')),
    LASTMILE_NOTIFY: 'webhook', LASTMILE_NOTIFY_WEBHOOK_URL: options.webhookUrl,
  };
}

function launchOf(name: ProcessName, plan: Plan): Launch {
  const { options: { tools }, dataDir, environment, behind, front } = plan;
  const logFile = join(dataDir, 'logs', `${name}.log`);
  if (name === 'mongod') {
    const dbPath = join(dataDir, 'mongod');
    return {
      name, command: tools.mongod, args: mongodArguments({ port: behind('mongod'), dbPath, socketDir: dataDir }), env: environment, logFile,
      // The replica set names its member by the proxy, so that every driver goes through it.
      isWell: async () => await tcpProbe('127.0.0.1', behind('mongod'))() ?? ensurePrimary(front('mongod'), PRIMARY_MS).then(() => null, (error: unknown) => String(error)),
    };
  }
  if (name === 'temporal') {
    const args = temporalArguments({ port: behind('temporal'), uiPort: null, namespace: 'default', databaseFile: join(dataDir, 'temporal', 'temporal.db') });
    return { name, command: tools.temporal, args, env: environment, logFile, isWell: tcpProbe('127.0.0.1', behind('temporal')) };
  }
  const gateway = name === 'gw-1' || name === 'gw-2' ? { LASTMILE_GATEWAY_ID: name, LASTMILE_GATEWAY_ADMIN_PORT: String(behind(`${name}-admin`)), LASTMILE_GATEWAY_ADMIN_URL: local(front(`${name}-admin`)) } : {};
  return { name, command: process.execPath, args: [join(ROOT, ENTRIES[name])], env: { ...environment, ...gateway, NODE_OPTIONS: `--max-old-space-size=${String(HEAP_MB)} --import ${INSIDE}`, CHAOS_ORDERS: ordersOf(dataDir, name) }, logFile, isWell: null };
}

function ordersOf(dataDir: string, process: OwnProcess): string { return join(dataDir, 'orders', process); }
function local(port: number): string { return `http://127.0.0.1:${String(port)}`; }

async function freeRow(from: number): Promise<number> {
  for (let base = from; base < from + 3_000; base += PORTS_USED) {
    const uses = Array.from({ length: PORTS_USED }, (_, index) => ({ title: 'any', host: '127.0.0.1', port: base + index }));
    if (await assertPortsFree(uses, base).then(() => true, () => false)) return base;
  }
  throw new Error(`no ${String(PORTS_USED)} free ports in a row from ${String(from)} on`);
}
