import { join } from 'node:path';
import type { Config } from '../../config/load.ts';
import type { DataDir } from './data-dir.ts';
import { allOf, apiProbe, httpProbe, primaryProbe, readyLineProbe, tcpProbe, type Probe } from './health.ts';
import type { PortUse } from './ports.ts';
import { mongodArguments, temporalArguments } from './servers.ts';
import type { ProcessSpec } from './supervised.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const UI_OFFSET = 5;
/** Admin ports of the first gateways; the ten ports of a base end there, and further gateways take any free one. */
const ADMIN_OFFSETS = [7, 8, 9];

/** `patienceMs`: how long its processes may take to end before they are killed. */
export interface ProcessGroup { readonly processes: readonly ProcessSpec[]; readonly patienceMs: number }

export interface StackPlan {
  /** Started group by group; within a group at once. Stopped in reverse. */
  readonly groups: readonly ProcessGroup[];
  readonly ports: readonly PortUse[];
  /** The API finds everything well: store, Temporal, and gateways that it has heard from. */
  readonly settled: Probe;
}

export interface PlanInput {
  readonly config: Config;
  readonly dataDir: DataDir;
  readonly serviceToken: string;
  /** Binaries of the servers that are ours to start. */
  readonly tools: { readonly temporal: string | null; readonly mongod: string | null };
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** What runs on one machine, as plain data. */
export function planStack(input: PlanInput): StackPlan {
  const { config } = input;
  const servers = [mongod(input), temporal(input)].filter((spec) => spec !== null);
  const own = ownProcess(input);
  const health = (name: string, url: string): ProcessSpec => own(name, `${name}/main.ts`, (offset) => allOf([ready(input, name, offset), httpProbe(url)]));
  const control = [
    health('api', `${config.api.url}/api/v1/health`),
    health('modelhost', `${config.modelhost.url}/v2/health/ready`),
    health('collector', `${config.collector.url}/health`),
    own('worker', 'workers/main.ts', (offset) => ready(input, 'worker', offset)),
  ];
  const gateways = Array.from({ length: config.gateway.processes }, (_, index) => {
    const id = `gw-${String(index + 1)}`;
    // All gateways share one port: only its own log tells that this one is up.
    const admin = { LASTMILE_GATEWAY_ADMIN_PORT: String(adminPorts(config)[index] ?? ''), LASTMILE_GATEWAY_ADMIN_URL: '' };
    return own(id, 'gateway/main.ts', (offset) => allOf([ready(input, id, offset), httpProbe(`${config.gateway.url}/v2/health/live`)]), { LASTMILE_GATEWAY_ID: id, ...admin });
  });
  // Ten seconds in all. An activity that is cut short is tried again at the next start.
  const groups = [{ processes: servers, patienceMs: 3_000 }, { processes: control, patienceMs: 5_000 }, { processes: gateways, patienceMs: 2_000 }];
  return { groups: groups.filter(({ processes }) => processes.length > 0), ports: portsOf(config), settled: apiProbe(config.api.url) };
}

function ready({ dataDir }: PlanInput, name: string, offset: () => number): Probe { return readyLineProbe(dataDir.logOf(name), offset); }

function ownProcess({ config, dataDir, serviceToken, environment }: PlanInput) {
  return (name: string, entry: string, probe: ProcessSpec['probe'], env: Readonly<Record<string, string>> = {}): ProcessSpec => ({
    name, command: process.execPath, args: [join(ROOT, entry)], logFile: dataDir.logOf(name), probe,
    env: { ...environment, LASTMILE_PORT_BASE: String(config.portBase), LASTMILE_DATA_DIR: config.dataDir, LASTMILE_TOOLS_DIR: config.toolsDir, LASTMILE_SERVICE_TOKEN: serviceToken, LASTMILE_SERVICE_TOKEN_FILE: '', ...env },
  });
}

function mongod({ config, dataDir, tools, environment }: PlanInput): ProcessSpec | null {
  if (config.mongodb.external || tools.mongod === null) return null;
  const port = portOf(config.mongodb.uri.replace('mongodb://', 'http://'));
  return { name: 'mongod', command: tools.mongod, args: mongodArguments({ port, dbPath: dataDir.mongod, socketDir: dataDir.mongod }), env: environment, logFile: dataDir.logOf('mongod'), probe: () => primaryProbe(port) };
}

function temporal({ config, dataDir, tools, environment }: PlanInput): ProcessSpec | null {
  if (config.temporal.external || tools.temporal === null) return null;
  const port = portOf(`http://${config.temporal.address}`);
  const uiPort = config.portBase + UI_OFFSET;
  return {
    name: 'temporal', command: tools.temporal, env: environment, logFile: dataDir.logOf('temporal'),
    args: temporalArguments({ port, uiPort, namespace: config.temporal.namespace, databaseFile: dataDir.temporalDatabase }),
    probe: () => allOf([tcpProbe('127.0.0.1', port), httpProbe(`http://127.0.0.1:${String(uiPort)}/`)]),
  };
}

function portOf(url: string): number { return Number(new URL(url).port); }

function adminPorts({ gateway, portBase }: Config): readonly number[] { return ADMIN_OFFSETS.slice(0, gateway.processes).map((offset) => portBase + offset); }

function portsOf(config: Config): readonly PortUse[] {
  const local = (title: string, port: number): PortUse => ({ title, host: '127.0.0.1', port });
  return [
    { title: 'API', ...config.api }, { title: 'gateways', ...config.gateway }, { title: 'collector', ...config.collector }, { title: 'modelhost', ...config.modelhost },
    ...adminPorts(config).map((port, index) => ({ title: `admin port of gw-${String(index + 1)}`, host: config.gateway.admin.host, port })),
    ...(config.temporal.external ? [] : [local('Temporal', portOf(`http://${config.temporal.address}`)), local('Temporal UI', config.portBase + UI_OFFSET)]),
    ...(config.mongodb.external ? [] : [local('mongod', portOf(config.mongodb.uri.replace('mongodb://', 'http://')))]),
  ].map(({ title, host, port }) => ({ title, host, port }));
}
