import { z } from 'zod';
import { parseAllow } from './egress.ts';

/** Prints as [secret] wherever it is shown. */
export class Secret {
  readonly #value: string;
  constructor(value: string) { this.#value = value; }
  reveal(): string { return this.#value; }
  toString(): string { return '[secret]'; }
  toJSON(): string { return '[secret]'; }
}

const secret = (minimum: number): z.ZodType<Secret, string> => z.string().min(minimum).transform((value) => new Secret(value));
/** The one in use, and behind commas those that are taken beside it while it is rotated (docs/operations.md). None of our secrets has a comma in it. */
const secrets = (minimum: number): z.ZodType<readonly Secret[], string> => z.string().transform((value) => value.split(',').map((each) => each.trim()))
  .pipe(z.array(z.string().min(minimum, `at least ${String(minimum)} characters each`)).max(3, 'at most three')).transform((values) => values.map((value) => new Secret(value)));
const port = z.coerce.number().int().min(1).max(65_535);
const url = z.url();
const allowList = z.string().transform((text, context) => parseAllow(text) ?? (context.addIssue({ code: 'custom', message: 'each entry is a host, an address or a network' }), z.NEVER));
const milliseconds = z.coerce.number().int().min(1);

/** One variable: its schema, and the line of .env.example that explains it. Optional ones have no default. `byFile`: NAME_FILE may name a file that holds it. */
export interface Variable { readonly schema: z.ZodType; readonly about: string; readonly default?: string; readonly byFile?: true }

/** Every environment variable that lastmile reads. .env.example is generated from it; a test compares them. */
export const VARIABLES = {
  LASTMILE_ENVIRONMENT: { schema: z.enum(['development', 'production']), about: 'development or production; in production no process starts with default or weak secrets (default: production where NODE_ENV is production, else development).' },
  LASTMILE_TLS_IN_FRONT: { schema: z.enum(['yes', 'no']), default: 'no', about: 'yes: what stands before the API and the gateways terminates TLS. Production refuses to listen on another address than loopback without it.' },
  LASTMILE_PORT_BASE: { schema: port, default: '7300', about: 'First of ten ports: +0 API, +1 gateways, +2 collector, +3 modelhost, +4 Temporal, +5 Temporal UI, +6 mongod, +7 to +9 admin ports of the first three gateways.' },
  LASTMILE_DATA_DIR: { schema: z.string(), default: '.data', about: 'Where `npm start` keeps databases, artifacts, registry, keys and logs.' },
  LASTMILE_STATE_DIR: { schema: z.string(), about: 'Where the CLI keeps what it needs to kill without the API: addresses and a token (default ~/.local/state/lastmile).' },
  LASTMILE_TOOLS_DIR: { schema: z.string(), default: '.tools', about: 'Where the Temporal server, its test server and mongod are kept after the first fetch.' },
  LASTMILE_TEMPORAL_ADDRESS: { schema: z.string().regex(/^[^/\s]+:\d+$/, 'host:port'), about: 'A Temporal server that runs already (host:port); then none is started.' },
  LASTMILE_TEMPORAL_NAMESPACE: { schema: z.string(), default: 'default', about: 'Temporal namespace; one per environment.' },
  LASTMILE_TEMPORAL_UI_URL: { schema: url, about: 'Temporal Web UI, for deep links.' },
  LASTMILE_TEMPORAL_PATH: { schema: z.string(), about: 'A temporal CLI binary to start the server with.' },
  LASTMILE_TEMPORAL_TEST_SERVER_PATH: { schema: z.string(), about: 'A Temporal time-skipping test server binary, for the tests.' },
  LASTMILE_MONGOD_PATH: { schema: z.string(), about: 'A mongod binary to start.' },
  MONGODB_URI: { schema: z.string().regex(/^mongodb(\+srv)?:\/\//, 'mongodb://…'), byFile: true, about: 'A MongoDB replica set that runs already; then none is started.' },
  LASTMILE_MONGODB_DATABASE: { schema: z.string().regex(/^[A-Za-z0-9_-]{1,38}$/), default: 'lastmile', about: 'Database name.' },
  LASTMILE_API_HOST: { schema: z.string(), default: '127.0.0.1', about: 'Address that the API listens on.' },
  LASTMILE_API_PORT: { schema: port, about: 'Port of the API (default PORT_BASE + 0).' },
  LASTMILE_API_URL: { schema: url, about: 'Where CLI, gateways and workers find the API (default from host and port).' },
  LASTMILE_API_KEY: { schema: secret(16), byFile: true, about: 'API key of the CLI (default: the development key of `npm start`).' },
  LASTMILE_GATEWAY_HOST: { schema: z.string(), default: '127.0.0.1', about: 'Address that the gateways listen on. Any but loopback needs caller keys.' },
  LASTMILE_GATEWAY_PORT: { schema: port, about: 'Port of the gateways (default PORT_BASE + 1).' },
  LASTMILE_GATEWAY_PROCESSES: { schema: z.coerce.number().int().min(1).max(64), default: '2', about: 'Gateway processes that `npm start` runs on one port.' },
  LASTMILE_GATEWAY_URL: { schema: url, about: 'Where callers find the gateways (default from host and port).' },
  LASTMILE_GATEWAY_ID: { schema: z.string().regex(/^[A-Za-z0-9_-]{1,64}$/), default: 'gw-1', about: 'Name of a gateway process; unique among gateways.' },
  LASTMILE_GATEWAY_ADMIN_HOST: { schema: z.string(), default: '127.0.0.1', about: 'Address of the admin listener that each gateway process has of its own: break-glass kills, and probes of this very process.' },
  LASTMILE_GATEWAY_ADMIN_PORT: { schema: port, about: 'Its port (default any free one; `npm start` gives the first three gateways PORT_BASE + 7 to + 9).' },
  LASTMILE_GATEWAY_ADMIN_URL: { schema: url, about: 'Where API and command line find it, when that is not host and port, as in containers.' },
  LASTMILE_COLLECTOR_HOST: { schema: z.string(), default: '127.0.0.1', about: 'Address that the collector listens on.' },
  LASTMILE_COLLECTOR_PORT: { schema: port, about: 'Port of the collector (default PORT_BASE + 2).' },
  LASTMILE_COLLECTOR_URL: { schema: url, about: 'Where gateways send records (default from host and port).' },
  LASTMILE_MODELHOST_HOST: { schema: z.string(), default: '127.0.0.1', about: 'Address that modelhost listens on.' },
  LASTMILE_MODELHOST_PORT: { schema: port, about: 'Port of modelhost (default PORT_BASE + 3).' },
  LASTMILE_MODELHOST_URL: { schema: url, about: 'Where gateways and workers find modelhost (default from host and port).' },
  LASTMILE_SERVICE_TOKEN: { schema: secrets(32), byFile: true, about: 'Shared secret between API, gateways, collector, modelhost and workers, at least 32 characters. NEW,OLD while it is rotated: the first is sent, all are taken.' },
  LASTMILE_SIGNING_KEY_FILE: { schema: z.string(), about: 'Ed25519 private key (PEM) that signs route tables; the API alone reads it (default DATA_DIR/keys/routes.pem).' },
  LASTMILE_SIGNING_PUBLIC_KEY_FILE: { schema: z.string(), about: 'Its public key (PEM), for gateways and modelhost (default DATA_DIR/keys/routes.pub.pem). Several PEM blocks while it is rotated: what any of them signed is taken.' },
  LASTMILE_ARTIFACT_DIR: { schema: z.string(), about: 'Content-addressed store of packages (default DATA_DIR/artifacts).' },
  LASTMILE_REGISTRY_DIR: { schema: z.string(), about: 'Root of the filesystem registry: NAME/VERSION/files (default DATA_DIR/registry).' },
  LASTMILE_PAYLOAD_KEY: { schema: secrets(44), byFile: true, about: 'Base64 of 32 bytes: encrypts workflow payloads with AES-256-GCM. Without it they are plain ids and digests. NEW,OLD while it is rotated: the first encrypts, all decrypt.' },
  LASTMILE_WORKER_HEARTBEAT_FILE: { schema: z.string(), about: 'A file that the worker touches every five seconds while it polls Temporal and reaches MongoDB; for health checks (default: none).' },
  LASTMILE_LEASE_MS: { schema: milliseconds, default: '15000', about: 'How long a gateway without contact to the API may go on sending challengers their share.' },
  LASTMILE_NOTIFY: { schema: z.enum(['log', 'webhook']), default: 'log', about: 'Where notices of verdicts go.' },
  LASTMILE_NOTIFY_WEBHOOK_URL: { schema: url, about: 'Address for LASTMILE_NOTIFY=webhook.' },
  LASTMILE_NOTIFY_WEBHOOK_SECRET: { schema: secrets(24), byFile: true, about: 'Secret that signs webhook notices (HMAC-SHA256). NEW,OLD while it is rotated: each signs.' },
  LASTMILE_EGRESS_ALLOW: { schema: allowList, default: '', about: 'Hosts (mlserver, .models.example.com) and networks (10.1.0.0/16) that files may name as model servers and metric sources, and webhooks that are not public https. Loopback is allowed in development; cloud metadata and link-local addresses never.' },
  LASTMILE_METRIC_CREDENTIALS: { schema: secret(2), byFile: true, about: 'JSON that the workers ask metric sources with: {"NAME": {"origin", "bearer"} or {"origin", "user", "password"}}, each with optional "tenants". Files name them by NAME.' },
  LASTMILE_AUDIT_CHECKPOINTS: { schema: z.string().regex(/^(none|(file|webhook)(,(file|webhook))?)$/, 'file, webhook, both with a comma, or none'), default: 'file', about: 'Where signed checkpoints of the audit chain go: file (DATA_DIR/audit), webhook, both with a comma, or none.' },
  LASTMILE_AUDIT_CHECKPOINT_MS: { schema: milliseconds, default: '60000', about: 'Longest time that a new audit record waits for a checkpoint.' },
  LASTMILE_AUDIT_CHECKPOINT_RECORDS: { schema: z.coerce.number().int().min(1), default: '100', about: 'After so many new audit records a checkpoint is made at once.' },
  LASTMILE_AUDIT_WEBHOOK_URL: { schema: url, about: 'Address for checkpoints; LASTMILE_AUDIT_CHECKPOINTS=webhook needs it.' },
  LASTMILE_AUDIT_WEBHOOK_SECRET: { schema: secrets(24), byFile: true, about: 'Secret that signs them on the way (HMAC-SHA256). NEW,OLD while it is rotated: each signs.' },
  LASTMILE_LOG_LEVEL: { schema: z.enum(['debug', 'info', 'warn', 'error']), default: 'info', about: 'Least level that is logged.' },
  LASTMILE_ELEC2: { schema: z.string(), about: 'Path of elec2.csv for the end-to-end test; without it the test runs on a generated stream.' },
} as const satisfies Readonly<Record<string, Variable>>;
export type VariableName = keyof typeof VARIABLES;
