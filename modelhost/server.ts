import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { z } from 'zod';
import type { Log } from '../config/log.ts';
import type { Secret } from '../config/schema.ts';
import { isServiceToken } from '../config/service-token.ts';
import { verifyBreakGlass, type SigningKey } from '../config/signing.ts';
import { LastmileError } from '../domain/errors.ts';
import type { DirectBackendKillAnswer } from '../domain/kill/break-glass.ts';
import type { Host } from './host.ts';
import { errorBody, STATUS } from './protocol-errors.ts';
import { VARIANT_ID, VariantRequestBody } from './variant-request.ts';
import { toldError } from './told-error.ts';
import { bearerToken } from '../config/bearer.ts';

/** 64 MiB: a batch of a few hundred images. */
const LARGEST_BODY = 64 * 1_024 * 1_024;
const NAME = 'lastmile-modelhost';

interface Reply { readonly status: number; readonly body: string | Buffer }
type Handler = (request: IncomingMessage) => Promise<Reply> | Reply;

/** `tokens`: any of them is taken. `breakGlassKeys`: who signs break-glass tokens; none while the installation has no key yet. */
export interface Credentials { readonly tokens: readonly Secret[]; readonly breakGlassKeys: () => readonly SigningKey[] }

/** Open Inference Protocol v2 at /v2, and the admin routes, which need the service token; killing takes a break-glass token too. */
export function createModelServer(host: Host, credentials: Credentials, log: Log): Server {
  const server = createServer((request, response) => {
    void answer(request, route(request, host, credentials)).then((reply) => { send(response, reply); }, (error: unknown) => { sendError(response, error, log); });
  });
  // Longer than any client keeps an idle connection, so that the client is the one to close it.
  server.keepAliveTimeout = 75_000;
  return server;
}

async function answer(request: IncomingMessage, handler: Handler): Promise<Reply> { return handler(request); }

function route(request: IncomingMessage, host: Host, credentials: Credentials): Handler {
  const [path = ''] = (request.url ?? '').split('?', 1);
  const method = request.method ?? '';
  if (path.startsWith('/v2/models/')) return modelRoute(method, path.slice('/v2/models/'.length).split('/'), host);
  if (path.startsWith('/admin/')) return () => adminRoute(request, { path, method }, { host, credentials });
  return serverRoute(method, path, host);
}

function serverRoute(method: string, path: string, host: Host): Handler {
  if (method !== 'GET') return notFound;
  switch (path) {
    case '/v2': case '/v2/': return () => json({ name: NAME, version: '1', extensions: [] });
    case '/v2/health/live': return () => json({ live: true });
    case '/v2/health/ready': return () => (host.restored ? json({ ready: true }) : { status: 503, body: JSON.stringify({ ready: false, error: 'Models that ran before are still loading.' }) });
    default: return notFound;
  }
}

/** [variantId, …verb] or [variantId, 'versions', version, …verb]; the version must be the one that answers call themselves. */
function modelRoute(method: string, [variantId = '', ...rest]: readonly string[], host: Host): Handler {
  const versioned = rest[0] === 'versions' && rest.length >= 2;
  const verb = (versioned ? rest.slice(2) : rest).join('/');
  const checkVersion = (): void => {
    if (!versioned || host.metadata(variantId).versions.includes(decoded(rest[1] ?? ''))) return;
    throw new LastmileError('LM_VARIANT_NOT_FOUND', `Variant ${variantId} is version ${host.metadata(variantId).versions.join(', ')}, not ${rest[1] ?? ''}.`);
  };
  if (method === 'POST' && verb === 'infer') return async (request) => { checkVersion(); return infer(host, variantId, request); };
  if (method === 'GET' && verb === '') return () => { checkVersion(); return json(host.metadata(variantId)); };
  if (method === 'GET' && verb === 'ready') return () => { checkVersion(); return json({ name: host.metadata(variantId).name, ready: true }); };
  return notFound;
}

/** Empty, which no version is called, when it is no percent-encoded UTF-8. */
function decoded(segment: string): string {
  try { return decodeURIComponent(segment); } catch { return ''; }
}

async function infer(host: Host, variantId: string, request: IncomingMessage): Promise<Reply> {
  const { headers } = request;
  if (headers['inference-header-content-length'] !== undefined) throw new LastmileError('LM_INVALID_REQUEST', 'modelhost takes tensors as JSON; the binary tensor data extension is not supported.');
  if (headers['content-encoding'] !== undefined && headers['content-encoding'] !== 'identity') throw new LastmileError('LM_INVALID_REQUEST', `modelhost takes plain bodies, not content-encoding ${headers['content-encoding']}.`);
  return host.infer(variantId, await readBody(request));
}

async function adminRoute(request: IncomingMessage, { path, method }: { path: string; method: string }, { host, credentials }: { host: Host; credentials: Credentials }): Promise<Reply> {
  if (method === 'POST' && path === '/admin/kills') return json(await kill(request, host, credentials));
  authenticate(request, credentials.tokens);
  if (method === 'DELETE' && path.startsWith('/admin/kills/')) return json(await revive(host, path.slice('/admin/kills/'.length)));
  if (method === 'GET' && path === '/admin/variants') return json({ variants: host.list() });
  const id = path.startsWith('/admin/variants/') ? path.slice('/admin/variants/'.length) : '';
  if (!VARIANT_ID.test(id)) return notFound();
  if (method === 'GET') return json(host.status(id));
  if (method === 'PUT') return json(await host.put({ ...parseBody(await readBody(request)), variantId: id }));
  if (method !== 'DELETE') return notFound();
  await host.remove(id);
  return json(host.status(id));
}

const KillRequest = z.strictObject({ variantIds: z.array(z.string().regex(VARIANT_ID)).min(1).max(1_000) });

/** All at once: the slowest does not hold up the others. The bearer of a break-glass token reaches the variants of its own tenant only. */
async function kill(request: IncomingMessage, host: Host, { tokens, breakGlassKeys }: Credentials): Promise<DirectBackendKillAnswer> {
  const tenant = isOurs(request, tokens) ? null : breakGlassTenant(request, breakGlassKeys());
  const parsed = KillRequest.safeParse(parseJson(await readBody(request)));
  if (!parsed.success) throw new LastmileError('LM_INVALID_REQUEST', `The request to kill is wrong: ${z.prettifyError(parsed.error)}`);
  const ended = await Promise.all([...new Set(parsed.data.variantIds)].map(async (id) => [id, { state: 'gone' as const, ...await host.kill(id, tenant) }] as const));
  return { variants: Object.fromEntries(ended) };
}

function breakGlassTenant(request: IncomingMessage, keys: readonly SigningKey[]): string {
  const claims = verifyBreakGlass(bearerToken(request.headers.authorization) ?? '', keys, Date.now());
  if (claims === null) throw new LastmileError('LM_UNAUTHENTICATED', 'Killing here needs the service token, or a break-glass token of this installation that has not expired.');
  return claims.tenantId;
}

async function revive(host: Host, id: string): Promise<object> {
  if (!VARIANT_ID.test(id)) throw new LastmileError('LM_VARIANT_NOT_FOUND', 'That is no variant id.');
  await host.revive(id);
  return host.status(id);
}

function isOurs(request: IncomingMessage, tokens: readonly Secret[]): boolean { return isServiceToken(bearerToken(request.headers.authorization), tokens.map((token) => token.reveal())); }

function authenticate(request: IncomingMessage, tokens: readonly Secret[]): void {
  if (isOurs(request, tokens)) return;
  throw new LastmileError('LM_UNAUTHENTICATED', 'The admin routes of modelhost need the service token: authorization: Bearer <LASTMILE_SERVICE_TOKEN>.');
}

function parseBody(body: Buffer): z.output<typeof VariantRequestBody> {
  const parsed = VariantRequestBody.safeParse(parseJson(body));
  if (!parsed.success) throw new LastmileError('LM_INVALID_REQUEST', `The request to load a variant is wrong: ${z.prettifyError(parsed.error)}`);
  return parsed.data;
}

function parseJson(body: Buffer): unknown {
  try { return JSON.parse(body.toString('utf8')); } catch (error) { throw new LastmileError('LM_INVALID_REQUEST', 'The request body is not JSON.', { cause: error }); }
}

function readBody(request: IncomingMessage): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const parts: Buffer[] = [];
    let size = 0;
    request.on('data', (part: Buffer) => {
      size += part.byteLength;
      if (size <= LARGEST_BODY) parts.push(part);
      else { parts.length = 0; reject(new LastmileError('LM_INVALID_REQUEST', `The request body is larger than ${LARGEST_BODY} bytes.`)); }
    });
    request.on('end', () => { resolve(parts.length === 1 && parts[0] !== undefined ? parts[0] : Buffer.concat(parts)); });
    request.on('error', reject);
  });
}

function json(value: unknown): Reply { return { status: 200, body: JSON.stringify(value) }; }
function notFound(): Reply { return { status: 404, body: '{"error":"There is no such route.","code":"LM_NOT_FOUND"}' }; }

function send(response: ServerResponse, { status, body }: Reply): void {
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': typeof body === 'string' ? Buffer.byteLength(body) : body.byteLength });
  response.end(body);
}

function sendError(response: ServerResponse, thrown: unknown, log: Log): void {
  const error = toldError(thrown);
  if (error !== thrown) log.error('request failed', { error });
  if (error.retryAfterMs !== undefined) response.setHeader('retry-after', String(Math.ceil(error.retryAfterMs / 1_000)));
  send(response, { status: STATUS[error.kind], body: errorBody(error) });
}
