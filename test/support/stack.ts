import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { createWriteStream, existsSync, mkdtempSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { Client } from '../../cli/client.ts';
import { patient } from './rollouts.ts';

/** All processes of lastmile as `npm start` runs them, on ports, a database and a Temporal namespace of their own. */
export const PROCESSES = { api: 'api/main.ts', modelhost: 'modelhost/main.ts', collector: 'collector/main.ts', worker: 'workers/main.ts', 'gw-1': 'gateway/main.ts', 'gw-2': 'gateway/main.ts' } as const;
export type ProcessName = keyof typeof PROCESSES;

const ROOT = join(import.meta.dirname, '..', '..');
const SEARCH_ATTRIBUTES = ['Deployment', 'Tenant', 'Model', 'Stage', 'Verdict'];
const READY_MS = 60_000;

export interface Stack {
  readonly apiUrl: string;
  readonly gatewayUrl: string;
  readonly collectorUrl: string;
  readonly dataDir: string;
  readonly registryDir: string;
  readonly environment: Readonly<Record<string, string>>;
  /** The development key that the API made at its first start. */
  key(): string;
  start(name: ProcessName): Promise<void>;
  /** SIGKILL, and wait until it is gone. */
  kill(name: ProcessName): Promise<void>;
  /** SIGSTOP and SIGCONT: a process that is there and does nothing. */
  freeze(name: ProcessName): void;
  thaw(name: ProcessName): void;
  /** SIGTERM to all, then to nothing. */
  stop(): Promise<void>;
  logOf(name: ProcessName): string;
}

export function needed(name: string): string {
  const value = process.env[name];
  if (value === undefined || value === '') throw new Error(`${name} is not set: run this suite through npm test, which starts the servers`);
  return value;
}

/** `change`: other values than the stack's own, from what it would have, such as the address of a proxy. */
export async function startStack(change: (environment: Readonly<Record<string, string>>) => Promise<Readonly<Record<string, string>>> = async () => ({})): Promise<Stack> {
  const dataDir = mkdtempSync(join(tmpdir(), 'lastmile-stack-'));
  const planned = await stackEnvironment(dataDir);
  const environment = { ...planned, ...await change(planned) };
  const running = new Map<ProcessName, ChildProcess>();
  const logOf = (name: ProcessName): string => (existsSync(join(dataDir, `${name}.log`)) ? readFileSync(join(dataDir, `${name}.log`), 'utf8') : '');
  const start = async (name: ProcessName): Promise<void> => {
    const before = logOf(name).length;
    const child = spawn(process.execPath, [PROCESSES[name]], { cwd: ROOT, env: { ...environment, LASTMILE_GATEWAY_ID: name.startsWith('gw') ? name : 'gw-1' }, stdio: ['ignore', 'pipe', 'pipe'] });
    const log = createWriteStream(join(dataDir, `${name}.log`), { flags: 'a' });
    child.stdout.pipe(log, { end: false });
    child.stderr.pipe(log, { end: false });
    running.set(name, child);
    const until = Date.now() + READY_MS;
    while (!logOf(name).slice(before).includes('"message":"ready"')) {
      if (child.exitCode !== null || Date.now() > until) throw new Error(`${name} did not get ready:\n${logOf(name).slice(-4_000)}`);
      await delay(50);
    }
  };
  const end = async (name: ProcessName, signal: NodeJS.Signals): Promise<void> => {
    const child = running.get(name);
    running.delete(name);
    if (child?.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill(signal);
    const forced = setTimeout(() => child.kill('SIGKILL'), 15_000);
    await gone;
    clearTimeout(forced);
  };
  await start('api');
  await Promise.all((Object.keys(PROCESSES) as ProcessName[]).filter((name) => name !== 'api').map(start));
  return {
    apiUrl: environment.LASTMILE_API_URL!, gatewayUrl: environment.LASTMILE_GATEWAY_URL!, collectorUrl: environment.LASTMILE_COLLECTOR_URL!,
    dataDir, registryDir: join(dataDir, 'registry'), environment,
    key: () => readFileSync(join(dataDir, 'keys', 'dev-api-key'), 'utf8').trim(),
    start, logOf, kill: (name) => end(name, 'SIGKILL'),
    freeze: (name) => { running.get(name)?.kill('SIGSTOP'); }, thaw: (name) => { running.get(name)?.kill('SIGCONT'); },
    stop: async () => { await Promise.all([...running.keys()].map((name) => end(name, 'SIGTERM'))); },
  };
}

async function stackEnvironment(dataDir: string): Promise<Record<string, string>> {
  const [api, gateway, collector, modelhost] = await freePorts(4);
  const namespace = `lm-${randomUUID().slice(0, 8)}`;
  await createNamespace(namespace);
  const inherited = Object.fromEntries(Object.entries(process.env).filter(([name, value]) => value !== undefined && !name.startsWith('LASTMILE_'))) as Record<string, string>;
  return {
    ...inherited,
    LASTMILE_DATA_DIR: dataDir, LASTMILE_SERVICE_TOKEN: randomUUID() + randomUUID(), LASTMILE_LEASE_MS: '5000',
    MONGODB_URI: needed('TEST_MONGODB_URI'), LASTMILE_MONGODB_DATABASE: `stack_${randomUUID().slice(0, 8)}`,
    LASTMILE_TEMPORAL_ADDRESS: needed('TEST_TEMPORAL_ADDRESS'), LASTMILE_TEMPORAL_NAMESPACE: namespace,
    LASTMILE_API_PORT: String(api), LASTMILE_GATEWAY_PORT: String(gateway), LASTMILE_COLLECTOR_PORT: String(collector), LASTMILE_MODELHOST_PORT: String(modelhost),
    LASTMILE_API_URL: `http://127.0.0.1:${String(api)}`, LASTMILE_GATEWAY_URL: `http://127.0.0.1:${String(gateway)}`,
    LASTMILE_COLLECTOR_URL: `http://127.0.0.1:${String(collector)}`, LASTMILE_MODELHOST_URL: `http://127.0.0.1:${String(modelhost)}`,
  };
}

/** A namespace of its own keeps two stacks on one Temporal server apart; it is usable a moment after it is made. */
export async function createNamespace(namespace: string): Promise<void> {
  const temporal = (args: string[]): Promise<unknown> => promisify(execFile)(needed('TEST_TEMPORAL_CLI'), [...args, '--address', needed('TEST_TEMPORAL_ADDRESS'), '--namespace', namespace]);
  await temporal(['operator', 'namespace', 'create']);
  const flags = SEARCH_ATTRIBUTES.flatMap((name) => ['--name', name, '--type', 'Keyword']);
  for (let attempt = 0; ; attempt += 1) {
    try { await temporal(['operator', 'search-attribute', 'create', ...flags]); return; } catch (error) {
      if (attempt >= 40) throw error;
      await delay(250);
    }
  }
}

export async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(Array.from({ length: count }, () => new Promise<ReturnType<typeof createServer>>((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => { resolve(server); });
  })));
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

const OBEY_MS = 60_000;

/** Waits until both gateways of a stack obey every route, and says when that was seen. Heard from since: until its lease ends, the registry still holds what one said before it was killed. */
export async function bothObey(client: Client, sinceMs: number): Promise<number> {
  for (const limit = Date.now() + OBEY_MS; ;) {
    const { gateways } = await patient(() => client.call('gateways'));
    if (gateways.filter(({ seenAtMs, behind }) => seenAtMs > sinceMs && behind.length === 0).length === 2) return Date.now();
    if (Date.now() > limit) throw new Error(`the gateways do not obey: ${JSON.stringify(gateways.map(({ gatewayId, seenAtMs, behind }) => [gatewayId, seenAtMs, behind]))}`);
    await delay(200);
  }
}
