import { homedir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';
import { LastmileError } from '../domain/errors.ts';
import { nearest } from '../domain/nearest.ts';
import type { EgressRules } from './egress.ts';
import { VARIABLES, type Secret, type Variable, type VariableName } from './schema.ts';
import { FILE_NAMES, withSecretFiles, type Environment } from './secret-files.ts';

/** Typed values of one process; paths are absolute, addresses complete. */
export interface Config {
  readonly environment: 'development' | 'production';
  readonly tlsInFront: boolean;
  readonly portBase: number;
  readonly dataDir: string;
  /** What the CLI remembers of its contacts. */
  readonly stateDir: string;
  readonly toolsDir: string;
  readonly temporal: { readonly address: string; readonly namespace: string; readonly uiUrl: string | null; readonly external: boolean };
  readonly mongodb: { readonly uri: string; readonly database: string; readonly external: boolean };
  readonly api: Listener;
  readonly apiKey: Secret | null;
  /** `admin`: the listener of one gateway process; port 0 takes any free one, `url` null follows from host and port. */
  readonly gateway: Listener & { readonly processes: number; readonly id: string; readonly admin: { readonly host: string; readonly port: number; readonly url: string | null } };
  readonly collector: Listener;
  readonly modelhost: Listener;
  /** Sent; `otherServiceTokens` are taken beside it while it is rotated. */
  readonly serviceToken: Secret | null;
  readonly otherServiceTokens: readonly Secret[];
  readonly signing: { readonly keyFile: string; readonly publicKeyFile: string };
  readonly artifactDir: string;
  readonly registryDir: string;
  /** Encrypts; the others only decrypt. */
  readonly payloadKey: Secret | null;
  readonly otherPayloadKeys: readonly Secret[];
  readonly workerHeartbeatFile: string | null;
  readonly leaseMs: number;
  readonly notify: { readonly adapter: 'log' | 'webhook'; readonly url: string | null; readonly secret: Secret | null; readonly otherSecrets: readonly Secret[] };
  readonly egress: EgressRules;
  /** JSON of metric-credentials.ts. */
  readonly metricCredentials: Secret | null;
  readonly audit: { readonly sinks: readonly ('file' | 'webhook')[]; readonly dir: string; readonly everyMs: number; readonly everyRecords: number; readonly webhook: { readonly url: string | null; readonly secret: Secret | null; readonly otherSecrets: readonly Secret[] } };
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error';
  readonly paths: { readonly temporal: string | null; readonly testServer: string | null; readonly mongod: string | null; readonly elec2: string | null };
}
export interface Listener { readonly host: string; readonly port: number; readonly url: string }

/** Environment, and the files that its NAME_FILE variables name, in; Config or one LM_INVALID_CONFIG with every problem out. Relative paths are taken from `cwd`. */
export function load(env: Environment, cwd: string): Config {
  const problems: string[] = [];
  const values = parseAll(withSecretFiles(env, cwd, problems), problems);
  if (problems.length > 0) {
    throw new LastmileError('LM_INVALID_CONFIG', `The environment has ${String(problems.length)} problem(s):\n${problems.map((line) => `  ${line}`).join('\n')}`, { details: { problems } });
  }
  return build(values, cwd, env.NODE_ENV === 'production' ? 'production' : 'development');
}

type Values = Readonly<Partial<Record<VariableName, unknown>>>;

function parseAll(env: Environment, problems: string[]): Values {
  for (const name of Object.keys(env)) {
    if (name.startsWith('LASTMILE_') && !(name in VARIABLES) && !FILE_NAMES.has(name)) problems.push(`${name} is not a variable of lastmile${suggestion(name)}`);
  }
  const values: Partial<Record<VariableName, unknown>> = {};
  for (const [name, variable] of Object.entries(VARIABLES) as [VariableName, Variable][]) {
    const text = env[name] === '' ? undefined : env[name] ?? variable.default;
    if (text === undefined) continue;
    const parsed = variable.schema.safeParse(text);
    if (parsed.success) values[name] = parsed.data;
    else problems.push(`${name}: ${parsed.error.issues.map((issue) => issue.message).join('; ')}. ${variable.about}`);
  }
  return values;
}

function build(values: Values, cwd: string, environment: Config['environment']): Config {
  const text = (name: VariableName): string | null => (values[name] as string | undefined) ?? null;
  const hidden = (name: VariableName): Secret | null => (values[name] as Secret | undefined) ?? null;
  const path = (name: VariableName, fallback: string): string => { const value = text(name); return value === null ? fallback : isAbsolute(value) ? value : resolve(cwd, value); };
  const base = values.LASTMILE_PORT_BASE as number;
  const dataDir = path('LASTMILE_DATA_DIR', cwd);
  const listener = (process: 'API' | 'GATEWAY' | 'COLLECTOR' | 'MODELHOST', offset: number): Listener => {
    const host = text(`LASTMILE_${process}_HOST`) ?? '127.0.0.1';
    const port = (values[`LASTMILE_${process}_PORT`] as number | undefined) ?? base + offset;
    return { host, port, url: text(`LASTMILE_${process}_URL`) ?? `http://${host === '0.0.0.0' ? '127.0.0.1' : host}:${String(port)}` };
  };
  const kind = (values.LASTMILE_ENVIRONMENT as Config['environment'] | undefined) ?? environment;
  const [tokens, payloadKeys] = [rotating(values, 'LASTMILE_SERVICE_TOKEN'), rotating(values, 'LASTMILE_PAYLOAD_KEY')];
  const [webhookSecrets, auditSecrets] = [rotating(values, 'LASTMILE_NOTIFY_WEBHOOK_SECRET'), rotating(values, 'LASTMILE_AUDIT_WEBHOOK_SECRET')];
  const modelhost = listener('MODELHOST', 3);
  return {
    environment: kind, tlsInFront: values.LASTMILE_TLS_IN_FRONT === 'yes',
    portBase: base, dataDir, stateDir: path('LASTMILE_STATE_DIR', join(homedir(), '.local', 'state', 'lastmile')), toolsDir: path('LASTMILE_TOOLS_DIR', cwd),
    temporal: {
      address: text('LASTMILE_TEMPORAL_ADDRESS') ?? `127.0.0.1:${String(base + 4)}`, namespace: text('LASTMILE_TEMPORAL_NAMESPACE') ?? 'default',
      uiUrl: text('LASTMILE_TEMPORAL_UI_URL') ?? (text('LASTMILE_TEMPORAL_ADDRESS') === null ? `http://127.0.0.1:${String(base + 5)}` : null),
      external: text('LASTMILE_TEMPORAL_ADDRESS') !== null,
    },
    mongodb: { uri: text('MONGODB_URI') ?? `mongodb://127.0.0.1:${String(base + 6)}/?replicaSet=rs0`, database: text('LASTMILE_MONGODB_DATABASE') ?? 'lastmile', external: text('MONGODB_URI') !== null },
    api: listener('API', 0), apiKey: hidden('LASTMILE_API_KEY'),
    gateway: {
      ...listener('GATEWAY', 1), processes: values.LASTMILE_GATEWAY_PROCESSES as number, id: text('LASTMILE_GATEWAY_ID') ?? 'gw-1',
      admin: { host: text('LASTMILE_GATEWAY_ADMIN_HOST') ?? '127.0.0.1', port: (values.LASTMILE_GATEWAY_ADMIN_PORT as number | undefined) ?? 0, url: text('LASTMILE_GATEWAY_ADMIN_URL') },
    },
    collector: listener('COLLECTOR', 2), modelhost,
    serviceToken: tokens.current, otherServiceTokens: tokens.others,
    signing: { keyFile: path('LASTMILE_SIGNING_KEY_FILE', join(dataDir, 'keys', 'routes.pem')), publicKeyFile: path('LASTMILE_SIGNING_PUBLIC_KEY_FILE', join(dataDir, 'keys', 'routes.pub.pem')) },
    artifactDir: path('LASTMILE_ARTIFACT_DIR', join(dataDir, 'artifacts')), registryDir: path('LASTMILE_REGISTRY_DIR', join(dataDir, 'registry')),
    payloadKey: payloadKeys.current, otherPayloadKeys: payloadKeys.others, workerHeartbeatFile: text('LASTMILE_WORKER_HEARTBEAT_FILE'), leaseMs: values.LASTMILE_LEASE_MS as number,
    notify: { adapter: values.LASTMILE_NOTIFY as 'log' | 'webhook', url: text('LASTMILE_NOTIFY_WEBHOOK_URL'), secret: webhookSecrets.current, otherSecrets: webhookSecrets.others },
    egress: egressOf(values, kind, modelhost),
    metricCredentials: hidden('LASTMILE_METRIC_CREDENTIALS'),
    audit: {
      sinks: (text('LASTMILE_AUDIT_CHECKPOINTS') ?? '').split(',').filter((sink) => sink === 'file' || sink === 'webhook'), dir: join(dataDir, 'audit'),
      everyMs: values.LASTMILE_AUDIT_CHECKPOINT_MS as number, everyRecords: values.LASTMILE_AUDIT_CHECKPOINT_RECORDS as number, webhook: { url: text('LASTMILE_AUDIT_WEBHOOK_URL'), secret: auditSecrets.current, otherSecrets: auditSecrets.others },
    },
    logLevel: values.LASTMILE_LOG_LEVEL as Config['logLevel'],
    paths: { temporal: text('LASTMILE_TEMPORAL_PATH'), testServer: text('LASTMILE_TEMPORAL_TEST_SERVER_PATH'), mongod: text('LASTMILE_MONGOD_PATH'), elec2: text('LASTMILE_ELEC2') },
  };
}

function rotating(values: Values, name: VariableName): { readonly current: Secret | null; readonly others: readonly Secret[] } {
  const [current = null, ...others] = (values[name] as readonly Secret[] | undefined) ?? [];
  return { current, others };
}

function egressOf(values: Values, environment: Config['environment'], { url }: Listener): EgressRules {
  return { allow: (values.LASTMILE_EGRESS_ALLOW as readonly string[] | undefined) ?? [], loopback: environment === 'development', own: [URL.parse(url)?.origin ?? url] };
}

function suggestion(name: string): string {
  const near = nearest(name, [...Object.keys(VARIABLES), ...FILE_NAMES]);
  return near === null ? '; see .env.example for the known ones' : `; did you mean ${near}?`;
}
