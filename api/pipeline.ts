import type { Request, Response } from 'express';
import { z } from 'zod';
import { authenticate } from './auth.ts';
import { checked, mediaType, readJson, type Body } from './body.ts';
import type { Answer, ApiPorts, Call, Handlers, Principal } from './call.ts';
import { ROUTES, type ApiRoute, type RouteName } from './contract.ts';
import { fingerprintOf, idempotencyKey, once, updateIdOf } from './idempotency.ts';
import { orDirectly } from './kill/soon.ts';
import type { RateLimit } from './rate-limit.ts';
import { bearerToken } from '../config/bearer.ts';

const NOBODY: Principal = { tenant: '', actor: { kind: 'service', name: 'nobody' }, scopes: [], roles: [], keyHash: '' };
const NO_QUERY = z.strictObject({});
/** Neither put off by the rate limit, nor left waiting for a database that is away. */
const URGENT: ReadonlySet<RouteName> = new Set(['kill', 'killDigest']);

/** What happens to every request of ROUTES, in order: key and scope, rate, query, body, idempotency, handler, answer. */
export function pipeline(name: RouteName, handlers: Handlers, ports: ApiPorts, rate: RateLimit): (request: Request, response: Response) => Promise<void> {
  const route: ApiRoute = ROUTES[name];
  const handler: (call: Call) => Promise<Answer> = handlers[name];
  return async (request, response) => {
    const nowMs = ports.clock();
    const principal = await principalOf(name, route, request, ports);
    if (!URGENT.has(name)) rate.take(principal.tenant, nowMs);
    const query = checked(route.query ?? NO_QUERY, request.query, 'query');
    const body = await bodyOf(name, route, request, ports);
    const key = route.idempotent === true ? idempotencyKey(request) : null;
    const call = {
      principal, params: request.params, query, body: body.value, updateId: updateIdOf(principal.tenant, key), keyed: key !== null, nowMs,
      via: /^lastmile-cli\b/.test(request.headers['user-agent'] ?? '') ? 'cli' : 'api', request,
    } as Call;
    if (key === null) { send(response, await handler(call)); return; }
    const { answer, replayed } = await once({ keys: ports.stores.keys, tenant: principal.tenant, key, fingerprint: fingerprintOf(request.method, request.originalUrl, body.digest), nowMs, requestId: requestIdOf(response) }, () => handler(call));
    if (replayed) response.setHeader('idempotency-replayed', 'true');
    send(response, answer);
  };
}

async function principalOf(name: RouteName, { scope }: ApiRoute, request: Request, { stores, clock }: ApiPorts): Promise<Principal> {
  if (scope === null) return NOBODY;
  const known = authenticate(stores.keys, bearerToken(request.headers.authorization), scope, clock());
  return URGENT.has(name) ? orDirectly(known) : known;
}

/** Labels as NDJSON are read by their handler, line by line. */
async function bodyOf(name: RouteName, route: ApiRoute, request: Request, { settings: { limits } }: ApiPorts): Promise<Body> {
  if (route.body === undefined || (name === 'pushLabels' && mediaType(request) === 'application/x-ndjson')) return { value: undefined, digest: '' };
  const body = await readJson(request, { bytes: name === 'pushLabels' ? limits.labelBytes : limits.bodyBytes, ms: limits.bodyMs });
  return { value: checked(route.body, body.value, 'body'), digest: body.digest };
}

export function requestIdOf(response: Response): string { return String(response.getHeader('x-request-id')); }

function send(response: Response, answer: Answer): void {
  if ('stream' in answer) { answer.stream(response); return; }
  response.statusCode = answer.status;
  response.setHeader('content-type', answer.status >= 400 ? 'application/problem+json' : 'application/json; charset=utf-8');
  response.setHeader('cache-control', 'no-store');
  response.end(JSON.stringify(answer.body));
}
