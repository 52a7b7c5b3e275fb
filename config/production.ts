import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { LastmileError } from '../domain/errors.ts';
import type { Config, Listener } from './load.ts';
import type { Secret } from './schema.ts';

export type ProcessKind = 'api' | 'worker' | 'collector' | 'gateway' | 'modelhost';

const LOOPBACK = new Set(['127.0.0.1', '::1', 'localhost']);
const OTHERS = 0o007;
const PAYLOAD_KEY_BYTES = 32;
const PLACEHOLDER = /change.?me|secret|password|example|default|lastmile|service.?token|letmein/i;
/** Of 16 random bytes in hex one in five thousand million has fewer characters than this; ten would turn away one in ten thousand. */
const LEAST_DISTINCT = 7;
/** Of the runs of three characters in a random text nearly all differ; in one that was typed or repeated they do not. */
const LEAST_FRESH = 0.75;

/** In production a process does not start with default or weak secrets: LM_INVALID_CONFIG with every problem (risk API8 of OWASP's list of 2023). */
export function refuseWeakStart(name: ProcessKind, config: Config): void {
  if (config.environment !== 'production') return;
  const problems = productionProblems(name, config);
  if (problems.length === 0) return;
  const lines = problems.map((line) => `  ${line}`).join('\n');
  throw new LastmileError('LM_INVALID_CONFIG', `In production the ${name} process does not start like this; ${String(problems.length)} problem(s):\n${lines}`, { details: { problems } });
}

export function productionProblems(name: ProcessKind, config: Config): readonly string[] {
  return [tokenProblem(config), ...PROBLEMS[name](config)].filter((problem) => problem !== null);
}

type Problems = readonly (string | null)[];
const PROBLEMS: Readonly<Record<ProcessKind, (config: Config) => Problems>> = {
  api: (config) => [
    signingKeyProblem(config.signing.keyFile), developmentKeyProblem(config.dataDir), ...controlProblems(config), openProblem('LASTMILE_API_HOST', config.api, config),
    ...(config.audit.sinks.includes('webhook') ? [webhookProblem('LASTMILE_AUDIT_WEBHOOK_SECRET', config.audit.webhook)] : []),
  ],
  worker: controlProblems,
  collector: (config) => [openProblem('LASTMILE_COLLECTOR_HOST', config.collector, config), databaseProblem(config.mongodb.uri)],
  gateway: (config) => [openProblem('LASTMILE_GATEWAY_HOST', config.gateway, config), openProblem('LASTMILE_GATEWAY_ADMIN_HOST', config.gateway.admin, config)],
  modelhost: (config) => [openProblem('LASTMILE_MODELHOST_HOST', config.modelhost, config)],
};

/** What API and worker both need. */
function controlProblems({ payloadKey, otherPayloadKeys, notify, mongodb }: Config): Problems {
  return [
    payloadKeyProblem(payloadKey), ...otherPayloadKeys.map((key) => payloadKeyProblem(key)), databaseProblem(mongodb.uri),
    ...(notify.adapter === 'webhook' ? [webhookProblem('LASTMILE_NOTIFY_WEBHOOK_SECRET', notify)] : []),
  ];
}

function tokenProblem({ serviceToken, otherServiceTokens, dataDir }: Config): string | null {
  if (serviceToken === null) return 'LASTMILE_SERVICE_TOKEN is not set; give every process the same random text of at least 32 characters in LASTMILE_SERVICE_TOKEN_FILE';
  const tokens = [serviceToken, ...otherServiceTokens].map((each) => each.reveal());
  if (tokens.some(isGuessable)) return 'LASTMILE_SERVICE_TOKEN can be guessed: it is a placeholder, or repeats itself; make one with: openssl rand -base64 32';
  return tokens.includes(textOf(join(dataDir, 'keys', 'service-token')) ?? '') ? 'LASTMILE_SERVICE_TOKEN is the one that `npm start` made for development; make another with: openssl rand -base64 32' : null;
}

function payloadKeyProblem(key: Secret | null): string | null {
  if (key === null) return 'LASTMILE_PAYLOAD_KEY is not set, so workflow payloads would be stored in the clear; make one with: openssl rand -base64 32';
  const bytes = Buffer.from(key.reveal(), 'base64');
  if (bytes.length !== PAYLOAD_KEY_BYTES) return `LASTMILE_PAYLOAD_KEY is not the base64 of ${String(PAYLOAD_KEY_BYTES)} bytes`;
  return new Set(bytes).size < LEAST_DISTINCT ? 'LASTMILE_PAYLOAD_KEY can be guessed: its bytes repeat; make one with: openssl rand -base64 32' : null;
}

/** Unsigned, anyone could have sent the message. */
function webhookProblem(variable: string, { secret, otherSecrets }: { readonly secret: Secret | null; readonly otherSecrets: readonly Secret[] }): string | null {
  if (secret === null) return `${variable} is not set, so receivers could not tell our messages from forged ones; make one with: openssl rand -base64 32`;
  return [secret, ...otherSecrets].some((each) => isGuessable(each.reveal())) ? `${variable} can be guessed: it is a placeholder, or repeats itself; make one with: openssl rand -base64 32` : null;
}

/** Over a network a database without users is anybody's. Certificates name their user by themselves. */
function databaseProblem(uri: string): string | null {
  const authority = /^mongodb(?:\+srv)?:\/\/([^/?]*)/.exec(uri)?.[1] ?? '';
  if (authority.includes('@') || /authMechanism=MONGODB-(X509|OIDC|AWS)/i.test(uri)) return null;
  const isLocal = authority.split(',').every((host) => LOOPBACK.has(host.replace(/:\d+$/, '').replace(/^\[|\]$/g, '')));
  return isLocal ? null : 'MONGODB_URI names no user, so whoever reaches that server could change routes and evidence; give lastmile a user of its own';
}

function signingKeyProblem(file: string): string | null {
  if (!existsSync(file)) return `The signing key ${file} is not there, and in production none is made; set LASTMILE_SIGNING_KEY_FILE (compose/make-secrets.sh makes a pair)`;
  return (statSync(file).mode & OTHERS) === 0 ? null : `The signing key ${file} can be read by every user of this machine; chmod 400 ${file}`;
}

function developmentKeyProblem(dataDir: string): string | null {
  const file = join(dataDir, 'keys', 'dev-api-key');
  return existsSync(file) ? `The development API key lies in ${file}; revoke it (lastmile keys revoke) and remove the file` : null;
}

function openProblem(variable: string, { host }: Pick<Listener, 'host'>, { tlsInFront }: Pick<Config, 'tlsInFront'>): string | null {
  if (LOOPBACK.has(host) || tlsInFront) return null;
  return `${variable} is ${host}, where others can reach it in the clear; put TLS in front and say so with LASTMILE_TLS_IN_FRONT=yes`;
}

function isGuessable(token: string): boolean {
  const runs = Array.from({ length: token.length - 2 }, (_, i) => token.slice(i, i + 3));
  return PLACEHOLDER.test(token) || new Set(token).size < LEAST_DISTINCT || new Set(runs).size < LEAST_FRESH * runs.length;
}

function textOf(file: string): string | null {
  return existsSync(file) ? readFileSync(file, 'utf8').trim() : null;
}
