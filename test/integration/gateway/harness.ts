import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { mkdtempSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { ensureKeyPair, loadPublicKeys, loadSigningKey, signTable, type SigningKey } from '../../../config/signing.ts';
import type { Log } from '../../../config/log.ts';
import { digestOfJson } from '../../../domain/digest.ts';
import type { LegRecord, RecordBatch } from '../../../domain/record.ts';
import type { Route, RouteCommand, RouteVariant } from '../../../domain/traffic/route.ts';
import type { CallerKey, GatewaySync, SignedTable, TableRoute } from '../../../domain/traffic/table.ts';
import { applyCommand } from '../../../domain/traffic/commands.ts';
import { startGateway, type GatewayOptions } from '../../../gateway/gateway.ts';
import { newRoute } from '../../support/traffic-arbitraries.ts';
import { toThisMachine } from '../../support/egress.ts';

export const TOKEN = 'a-service-token-of-more-than-32-characters';

/** Real servers around a real gateway; everything is closed by `closeAll`. */
const closing: (() => Promise<unknown>)[] = [];
export async function closeAll(): Promise<void> { for (const close of closing.splice(0).reverse()) await close(); }

async function listening(server: Server, port = 0): Promise<number> {
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}
async function closed(server: Server): Promise<void> {
  if (!server.listening) return;
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
}
async function textOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

export interface Seen { readonly path: string; readonly headers: IncomingMessage['headers']; readonly body: Buffer; readonly atMs: number }
export interface ModelServer { readonly variant: RouteVariant; readonly seen: Seen[]; answer: (seen: Seen, response: ServerResponse) => void | Promise<void>; readonly port: number; readonly close: () => Promise<void>; /** On the port that it had. */ readonly reopen: () => Promise<void> }

export const answerOf = (n: number): string => JSON.stringify({ model_name: `m${n}`, outputs: [{ name: 'score', datatype: 'FP64', shape: [1], data: [n / 10] }] });
export const ok = (n: number) => (_seen: Seen, response: ServerResponse): void => {
  response.writeHead(200, { 'content-type': 'application/json', 'x-model': `m${n}` }).end(answerOf(n));
};
export const silent = (): void => undefined;

/** An OIP model server for one variant: metadata, ready, and an `infer` that a test can change. */
export async function modelServer(n: number): Promise<ModelServer> {
  const seen: Seen[] = [];
  const server = createServer((request, response) => {
    void textOf(request).then((body) => {
      const path = request.url ?? '';
      if (path.endsWith('/ready')) { response.end('{}'); return; }
      if (!path.endsWith('/infer')) { response.end(JSON.stringify({ name: `m${n}`, platform: 'onnx', versions: [String(n)], inputs: [], outputs: [] })); return; }
      const one = { path, headers: request.headers, body, atMs: Date.now() };
      seen.push(one);
      void made.answer(one, response);
    }, () => undefined);
  });
  const port = await listening(server);
  const made: ModelServer = {
    port, seen, answer: ok(n), close: () => closed(server), reopen: async () => { await listening(server, port); },
    variant: { variantId: `var_${n}`, version: String(n), artifactDigest: `sha256:${n}`, endpoint: { url: `http://127.0.0.1:${port}`, modelName: `m${n}`, modelVersion: null } },
  };
  closing.push(made.close);
  return made;
}

/** The API's control channel and the collector, as far as a gateway sees them. */
export interface Control {
  readonly url: string;
  readonly keys: readonly SigningKey[];
  readonly keyFile: string;
  readonly signingKeyFile: string;
  readonly syncs: GatewaySync[];
  /** Called in the step in which a sync arrives. */
  onSync: (sync: GatewaySync) => void;
  readonly goodbyes: string[];
  /** Every POST of records, taken or not. */
  readonly posts: RecordBatch[];
  readonly taken: RecordBatch[];
  collector: 'up' | 'down' | 'lost-answer' | 'refuses';
  leaseMs: number;
  publish(routes: readonly (Route & Pick<TableRoute, 'revivedKills'>)[], callers?: readonly CallerKey[]): SignedTable;
  /** Gives out any bytes as a table. */
  give(table: SignedTable): void;
  stop(): Promise<void>;
  start(): Promise<void>;
  records(): LegRecord[];
}

function withoutLog(route: Route & Pick<TableRoute, 'revivedKills'>): TableRoute {
  const { applied, ...rest } = route;
  expect(applied.length).toBeLessThanOrEqual(200);
  return rest;
}

export async function control(): Promise<Control> {
  const folder = mkdtempSync(join(tmpdir(), 'lastmile-gateway-'));
  const [keyFile, publicKeyFile] = [join(folder, 'routes.pem'), join(folder, 'routes.pub.pem')];
  ensureKeyPair(keyFile, publicKeyFile);
  let current: { signed: SignedTable; digest: string } | null = null;
  let port = 0;
  const answerSync = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const sync = JSON.parse((await textOf(request)).toString()) as GatewaySync;
    made.syncs.push(sync);
    made.onSync(sync);
    for (let waited = 0; waited < sync.waitMs && !response.closed && (current === null || current.digest === sync.tableDigest); waited += 20) await delay(20);
    response.end(JSON.stringify({ table: current === null || current.digest === sync.tableDigest ? null : current.signed, leaseMs: made.leaseMs }));
  };
  const answerRecords = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const batch = JSON.parse((await textOf(request)).toString()) as RecordBatch;
    made.posts.push(batch);
    if (made.collector === 'down') { response.writeHead(503).end('{}'); return; }
    if (made.collector === 'refuses') { response.writeHead(400).end('{}'); return; }
    made.taken.push(batch);
    if (made.collector === 'lost-answer') { response.destroy(); return; }
    response.end(JSON.stringify({ stored: batch.records.length, repeated: false }));
  };
  const open = async (): Promise<Server> => {
    const server = createServer((request, response) => {
      if (request.headers.authorization !== `Bearer ${TOKEN}`) { response.writeHead(401).end('{}'); return; }
      if (request.url === '/v1/records') void answerRecords(request, response).catch(() => undefined);
      else if (request.method === 'DELETE') { made.goodbyes.push(request.url ?? ''); response.writeHead(204).end(); }
      else void answerSync(request, response).catch(() => undefined);
    });
    port = await listening(server, port);
    return server;
  };
  let server: Server | null = null;
  const give = (signed: SignedTable): void => {
    const { routes, callers } = JSON.parse(signed.table) as { routes: never; callers: never };
    current = { signed, digest: digestOfJson({ routes, callers }) };
  };
  let issuedAtMs = 1;
  const made: Control = {
    url: '', keys: loadPublicKeys(publicKeyFile), keyFile: publicKeyFile, signingKeyFile: keyFile, syncs: [], onSync: () => undefined, goodbyes: [], posts: [], taken: [], collector: 'up', leaseMs: 12_000, give,
    publish(routes, callers = []) {
      const signed = signTable({ v: 1, issuedAtMs: issuedAtMs += 1, routes: routes.map(withoutLog), callers }, loadSigningKey(keyFile));
      give(signed);
      return signed;
    },
    stop: async () => { if (server !== null) await closed(server); server = null; },
    start: async () => { server ??= await open(); },
    records: () => made.taken.flatMap((batch) => batch.records),
  };
  await made.start();
  closing.push(() => made.stop());
  return Object.assign(made, { url: `http://127.0.0.1:${port}` });
}

const quiet: Log = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
export interface TestGateway { readonly port: number; readonly adminUrl: string; readonly stop: () => Promise<void>; readonly url: string; readonly options: GatewayOptions }

export async function gateway(of: Control, options: Partial<GatewayOptions> = {}): Promise<TestGateway> {
  const full: GatewayOptions = {
    gatewayId: 'gw-t', host: '127.0.0.1', port: 0, address: 'http://test', admin: { host: '127.0.0.1', port: 0, url: null }, apiUrl: of.url, collectorUrl: of.url, serviceToken: TOKEN, egress: toThisMachine, keys: of.keys,
    tablePath: join(mkdtempSync(join(tmpdir(), 'lastmile-table-')), 'route-table.json'), leaseMs: 1_000, log: quiet, ...options,
    limits: { firstSyncMs: 1_000, drainMs: 2_000, flushMs: 1_000, ...options.limits },
  };
  const running = await startGateway(full);
  let stopping: Promise<void> | null = null;
  const stop = (): Promise<void> => stopping ??= running.stop();
  closing.push(stop);
  return { port: running.port, adminUrl: `http://127.0.0.1:${running.adminPort}`, stop, url: `http://127.0.0.1:${running.port}`, options: full };
}

let n = 0;
export type CommandBody = RouteCommand extends infer C ? (C extends RouteCommand ? Omit<C, 'commandId' | 'atMs'> : never) : never;
export function act(route: Route, ...bodies: CommandBody[]): Route {
  return bodies.reduce((held, body) => {
    const { route: next, result } = applyCommand(held, { ...body, commandId: `cmd_${n += 1}`, atMs: 0 });
    expect(result).toMatchObject({ outcome: 'applied' });
    return next;
  }, route);
}

/** A champion; with a challenger in shadow, and in canary when its share is above zero. */
export function routeOf(champion: RouteVariant, challenger: RouteVariant | null = null, of: { share?: number; sample?: number; deadlineMs?: number; settings?: Partial<Route> } = {}): Route {
  const first = act({ ...newRoute(), ...of.settings }, { type: 'setChampion', variant: champion, expectedChampion: null, by: 'automation' });
  if (challenger === null) return first;
  const ifRollout = `${first.deploymentUid}/1`;
  const shadowed = act(first, { type: 'setShadows', shadows: [{ variantId: challenger.variantId, variant: challenger, samplePer10k: of.sample ?? 10_000, deadlineMs: of.deadlineMs ?? 500 }], ifRollout });
  return of.share === undefined ? shadowed : act(shadowed, { type: 'setShare', variant: challenger, sharePer10k: of.share, ifRollout });
}

/** Version 2 decides, version 1 is last good. */
export function promotedRoute(one: ModelServer, two: ModelServer, settings: Partial<Route> = {}): Route {
  return act(routeOf(one.variant, null, { settings }), { type: 'setChampion', variant: two.variant, expectedChampion: one.variant.variantId, by: 'automation' });
}

export const BODY = JSON.stringify({ inputs: [{ name: 'x', datatype: 'FP64', shape: [1, 1], data: [1] }] });
export function predict(url: string, headers: Record<string, string> = {}, body: string | Buffer = BODY, path = '/v2/models/churn/infer'): Promise<Response> {
  return fetch(`${url}${path}`, { method: 'POST', body: body as never, headers: { 'content-type': 'application/json', ...headers } });
}

export async function until(what: string, holds: () => boolean | Promise<boolean>, withinMs = 30_000): Promise<void> {
  const end = Date.now() + withinMs;
  while (!await holds()) {
    if (Date.now() > end) throw new Error(`not within ${withinMs} ms: ${what}`);
    await delay(10);
  }
}
