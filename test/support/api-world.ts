import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { generateKeyPairSync } from 'node:crypto';
import { artifactStores } from '../../adapters/artifact/index.ts';
import { checkpointSinks } from '../../adapters/checkpoint/index.ts';
import { stores as databases } from '../../adapters/store/index.ts';
import { createApi, type Api } from '../../api/app.ts';
import { hashKey, keyPrefix, newApiKey } from '../../api/auth.ts';
import { DEFAULT_LIMITS, type ApiLimits, type ApiPorts } from '../../api/call.ts';
import { createCheckpointing } from '../../api/checkpointing.ts';
import { createControlChannel, type ControlChannel } from '../../api/control-channel.ts';
import { createKillDriver, type KillDriver } from '../../api/kill/driver.ts';
import { createApiServer } from '../../api/server.ts';
import { newId } from '../../config/ids.ts';
import type { GatewayLine, KillView } from '../../api/contract.ts';
import type { Log } from '../../config/log.ts';
import { Secret } from '../../config/schema.ts';
import { keyIdOf, type SigningKey } from '../../config/signing.ts';
import type { DeploymentSpec } from '../../domain/deployment.ts';
import { LastmileError } from '../../domain/errors.ts';
import { parseRolloutId, rolloutId, type RolloutId } from '../../domain/ids.ts';
import type { KillRecord } from '../../domain/kill/kill.ts';
import type { SignedTable } from '../../domain/traffic/table.ts';
import { SCOPES, type Scope } from '../../ports/key-store.ts';
import type { Command, Orchestrator, StartRollout } from '../../ports/orchestrator.ts';
import type { Notice } from '../../ports/notifier.ts';
import type { Stores } from '../../ports/stores.ts';
import { killableBackend, type KillableBackend } from './killable-backend.ts';

export const SERVICE_TOKEN = 'service-token-of-the-tests-0123456789';
const START_MS = Date.UTC(2026, 10, 23);

/** Remembers what it was asked; answers a repeated update id as it did first, as the port promises. */
export interface ScriptedOrchestrator extends Orchestrator {
  readonly starts: StartRollout[];
  readonly commands: { readonly command: Command; readonly updateId: string }[];
  readonly schedules: { readonly deployment: string; readonly everyMs: number | null }[];
  away: boolean;
  /** Acts, and then does not answer. */
  mute: boolean;
  busyWith: RolloutId | null;
  /** Why a command is refused, as its workflow would say; null: it is taken. */
  refuses: (command: Command) => LastmileError | null;
  /** Calls wait for it while it is set. */
  gate: Promise<void> | null;
  /** Calls that have come to the gate. */
  waiting: number;
}

export function scriptedOrchestrator(): ScriptedOrchestrator {
  const answers = new Map<string, unknown>();
  const counts = new Map<string, number>();
  const refuseWhenAway = (): void => { if (self.away) throw new LastmileError('LM_ORCHESTRATOR_UNAVAILABLE', 'Temporal does not answer.'); };
  const once = async <T>(updateId: string, act: () => T): Promise<T> => {
    if (self.gate !== null) { self.waiting += 1; await self.gate; }
    refuseWhenAway();
    if (!answers.has(updateId)) answers.set(updateId, act());
    if (self.mute) throw new LastmileError('LM_ORCHESTRATOR_UNAVAILABLE', 'Temporal does not answer.');
    return answers.get(updateId) as T;
  };
  const self: ScriptedOrchestrator = {
    starts: [], commands: [], schedules: [], away: false, mute: false, busyWith: null, refuses: () => null, gate: null, waiting: 0,
    startRollout: (start, updateId) => once(updateId, () => {
      if (self.busyWith !== null) throw new LastmileError('LM_ROLLOUT_IN_PROGRESS', 'A rollout is running.', { details: { rollout: parseRolloutId(self.busyWith).n } });
      self.starts.push(start);
      const n = (counts.get(start.deploymentUid) ?? 0) + 1;
      counts.set(start.deploymentUid, n);
      return { rolloutId: rolloutId(start.deploymentUid, n), n, state: 'started' as const };
    }),
    command: (_target, command, updateId) => once(updateId, () => { const refusal = self.refuses(command); if (refusal !== null) throw refusal; self.commands.push({ command, updateId }); return { message: `${command.type} taken` }; }),
    async deliver() { /* Nobody listens. */ },
    async putSchedule({ deployment }, schedule) { refuseWhenAway(); self.schedules.push({ deployment, everyMs: schedule?.everyMs ?? null }); },
    async describe(workflowId) { return { workflowId, runId: null, status: 'RUNNING', link: `http://temporal.test/${encodeURIComponent(workflowId)}` }; },
    async healthy() { return !self.away; },
    async close() { /* Nothing open. */ },
  };
  return self;
}

/** The fields of any answer that tests read; null where the answer is no JSON. */
export interface AnswerBody {
  readonly code: string; readonly detail: string; readonly details: Readonly<Record<string, unknown>>; readonly status: number | string; readonly requestId: string;
  readonly spec: DeploymentSpec; readonly notes: readonly string[]; readonly changes: readonly string[];
  readonly id: string; readonly key: string; readonly next: string | null; readonly items: readonly unknown[]; readonly title: string; readonly openapi: string;
  readonly accepted: number; readonly repeated: number; readonly refused: readonly { readonly line: number; readonly problem: string }[];
  readonly gateways: readonly GatewayLine[]; readonly table: SignedTable | null; readonly leaseMs: number;
  readonly kill: KillRecord; readonly kills: readonly KillView[]; readonly sentence: string; readonly digest: string; readonly toSilentMs: number | null; readonly token: string; readonly message: string;
}
export interface Answer { readonly status: number; readonly headers: IncomingHttpHeaders; readonly text: string; readonly json: AnswerBody }
export interface Ask { readonly key?: string | null; readonly body?: unknown; readonly raw?: string | Uint8Array; readonly headers?: Readonly<Record<string, string>> }

export interface World {
  readonly api: Api;
  readonly url: string;
  readonly port: number;
  readonly stores: Stores;
  readonly orchestrator: ScriptedOrchestrator;
  readonly channel: ControlChannel;
  readonly kills: KillDriver;
  /** The backends memory (managed) and oip (not ours). */
  readonly backend: KillableBackend;
  readonly notices: Notice[];
  readonly ports: ApiPorts;
  readonly signing: SigningKey;
  readonly publicKey: SigningKey;
  readonly logged: { readonly level: string; readonly message: string }[];
  now(): number;
  pass(ms: number): void;
  /** A new key; every scope and tenant default unless told. */
  key(of?: { readonly tenant?: string; readonly scopes?: readonly Scope[]; readonly kind?: 'person' | 'service'; readonly name?: string; readonly roles?: readonly string[] }): Promise<string>;
  call(method: string, path: string, ask?: Ask): Promise<Answer>;
  close(): Promise<void>;
}

export function signingPair(): { readonly signing: SigningKey; readonly publicKey: SigningKey } {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const keyId = keyIdOf(publicKey);
  return { signing: { keyId, key: privateKey }, publicKey: { keyId, key: publicKey } };
}

/** The API on a real socket over memory stores, or those given. */
export async function createWorld(options: { readonly limits?: Partial<ApiLimits>; readonly leaseMs?: number; readonly gatewayUrl?: string; readonly stores?: Stores; readonly otherServiceTokens?: readonly string[]; readonly formerKeys?: readonly SigningKey[] } = {}): Promise<World> {
  let offset = START_MS - Date.now();
  const now = (): number => Date.now() + offset;
  const logged: { level: string; message: string }[] = [];
  const write = (level: string) => (message: string): void => { logged.push({ level, message }); };
  const log: Log = { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') };
  const stores = options.stores ?? databases.memory.create({});
  const orchestrator = scriptedOrchestrator();
  const { signing, publicKey } = signingPair();
  const leaseMs = options.leaseMs ?? 3_000;
  const settings = {
    apiUrl: 'http://api.test', gatewayUrl: options.gatewayUrl ?? 'http://127.0.0.1:1', temporalUiUrl: 'http://temporal.test', leaseMs, serviceToken: new Secret(SERVICE_TOKEN), otherServiceTokens: (options.otherServiceTokens ?? []).map((each) => new Secret(each)), egress: { allow: [], loopback: true, own: [] }, version: '0.0.0-test',
    registries: ['filesystem', 'memory'], backends: ['memory', 'modelhost', 'oip'], breakGlassBackends: [{ name: 'modelhost', url: 'http://modelhost.test' }], limits: { ...DEFAULT_LIMITS, pollMs: 20, keyCheckMs: 50, ...options.limits },
  };
  const backend = killableBackend();
  const notices: Notice[] = [];
  const checkpoints = createCheckpointing({ audit: stores.audit, sinks: { memory: checkpointSinks.memory.create({}) }, key: signing, clock: now, log, everyMs: 60_000, everyRecords: 100 });
  const ports: ApiPorts = {
    stores, orchestrator, artifacts: artifactStores.memory.create({}), backends: { memory: backend, oip: killableBackend({ managed: false }) }, notifier: { async send(notice) { notices.push(notice); } }, signing, formerKeys: options.formerKeys ?? [], checkpoints, log, clock: now, settings,
  };
  const kills = createKillDriver(ports);
  const channel = createControlChannel({ stores, kills, key: signing, leaseMs, clock: now, log });
  await channel.start();
  kills.start();
  const api = createApi(ports, channel, kills);
  const server = createApiServer(api.app);
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  const { port } = server.address() as AddressInfo;
  return {
    api, url: `http://127.0.0.1:${String(port)}`, port, stores, orchestrator, channel, kills, backend, notices, ports, signing, publicKey, logged, now,
    pass(ms) { offset += ms; },
    async key({ tenant = 'default', scopes = SCOPES, kind = 'person', name = 'ada', roles = [] } = {}) {
      const secret = newApiKey();
      await stores.keys.put({ id: newId('key'), hash: hashKey(secret), prefix: keyPrefix(secret), tenantId: tenant, actor: { kind, name }, scopes, roles, createdAtMs: now(), expiresAtMs: null, revokedAtMs: null });
      return secret;
    },
    call: (method, path, ask = {}) => call(port, method, path, ask),
    async close() {
      api.stop();
      await channel.stop();
      await kills.stop();
      server.closeAllConnections();
      await new Promise<void>((resolve) => { server.close(() => { resolve(); }); });
      await stores.close();
    },
  };
}

function call(port: number, method: string, path: string, { key = null, body, raw, headers = {} }: Ask): Promise<Answer> {
  const content = raw ?? (body === undefined ? undefined : JSON.stringify(body));
  return new Promise((resolve, reject) => {
    const request = httpRequest({
      host: '127.0.0.1', port, method, path, agent: false,
      headers: { ...(key === null ? {} : { authorization: `Bearer ${key}` }), ...(content === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(content) }), ...headers },
    }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => { chunks.push(chunk); });
      response.on('error', reject);
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString('utf8');
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text, json: ((response.headers['content-type'] ?? '').includes('json') ? JSON.parse(text) : null) as AnswerBody });
      });
    });
    request.on('error', reject);
    request.end(content);
  });
}

/** The smallest file of the documentation. */
export function smallFile(name = 'churn', spec: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return { apiVersion: 'lastmile.dev/v1alpha1', kind: 'ModelDeployment', metadata: { name }, spec: { model: 'filesystem:churn@7', labels: { delay: '30d' }, ...spec } };
}
