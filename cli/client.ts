import { ROUTES, type ApiRoute, type Problem, type StreamEvent } from '../api/contract.ts';
import { newId } from '../config/ids.ts';
import { CATALOGUE, LastmileError, type Code } from '../domain/errors.ts';
import type { Answers } from './answers.ts';
import { readEvents } from './sse.ts';

export interface CallRequest {
  readonly params?: Readonly<Record<string, string | number>>;
  readonly query?: Readonly<Record<string, string | number | undefined>>;
  readonly body?: unknown;
  /** The same key makes a repeated write one write; made anew where none is given. */
  readonly idempotencyKey?: string;
  readonly signal?: AbortSignal | undefined;
}

/** The API as a caller sees it. Throws only LastmileError: the code of the problem document, LM_API_UNAVAILABLE, or LM_TIMEOUT. */
export interface Client {
  readonly url: string;
  call<R extends keyof Answers>(route: R, request?: CallRequest): Promise<Answers[R]>;
  /** Server-sent events until the server or the signal ends them; resumes behind `lastEventId`. */
  events(query: { readonly deployment?: string | undefined; readonly lastEventId?: string | undefined; readonly signal: AbortSignal }): AsyncGenerator<StreamEvent>;
}

export interface ClientOptions { readonly url: string; readonly key: string | null; readonly timeoutMs: number; readonly signal?: AbortSignal }

export function createClient(options: ClientOptions): Client {
  return {
    url: options.url,
    call: async (route, request = {}) => (await callOnce(options, ROUTES[route], request)) as never,
    events: (query) => streamEvents(options, query),
  };
}

async function callOnce(options: ClientOptions, route: ApiRoute, request: CallRequest): Promise<unknown> {
  const limit = AbortSignal.timeout(options.timeoutMs);
  const signal = AbortSignal.any([limit, ...[request.signal, options.signal].filter((each) => each !== undefined)]);
  const headers = { ...ownHeaders(options), ...(request.body === undefined ? {} : { 'content-type': 'application/json' }), ...(route.idempotent === true ? { 'idempotency-key': request.idempotencyKey ?? newId('req') } : {}) };
  try {
    const response = await fetch(address(options.url, route, request), { method: route.method.toUpperCase(), headers, signal, ...(request.body === undefined ? {} : { body: JSON.stringify(request.body) }) });
    const text = await response.text();
    if (!response.ok) throw problemError(response.status, text, response.headers.get('retry-after'));
    return text === '' ? {} : JSON.parse(text);
  } catch (error) {
    throw transportError(error, options, limit.aborted);
  }
}

async function* streamEvents(options: ClientOptions, query: Parameters<Client['events']>[0]): AsyncGenerator<StreamEvent> {
  const headers = { ...ownHeaders(options), accept: 'text/event-stream', ...(query.lastEventId === undefined ? {} : { 'last-event-id': query.lastEventId }) };
  let response: Response;
  try {
    response = await fetch(address(options.url, ROUTES.events, { query: { deployment: query.deployment } }), { headers, signal: query.signal });
    if (!response.ok || response.body === null) throw problemError(response.status, await response.text(), null);
  } catch (error) {
    throw transportError(error, options, false);
  }
  yield* readEvents(response.body);
}

function ownHeaders({ key }: ClientOptions): Record<string, string> {
  return { accept: 'application/json', 'user-agent': 'lastmile-cli', 'x-lastmile-via': 'cli', ...(key === null ? {} : { authorization: `Bearer ${key}` }) };
}

/** `{name}` in the path from params, undefined query values left out. */
export function address(base: string, route: Pick<ApiRoute, 'path'>, { params = {}, query = {} }: CallRequest): string {
  const path = route.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    const value = params[name];
    if (value === undefined) throw new LastmileError('LM_INVARIANT', `${route.path} was called without ${name}.`);
    return encodeURIComponent(value);
  });
  const pairs = Object.entries(query).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]]));
  return `${base.replace(/\/+$/, '')}${path}${pairs.length === 0 ? '' : `?${new URLSearchParams(pairs).toString()}`}`;
}

/** An RFC 9457 document to the error that it describes; any other body to what its status means. */
export function problemError(status: number, text: string, retryAfter: string | null): LastmileError {
  const problem = parseProblem(text);
  const retryAfterMs = retryAfter === null || !/^\d+$/.test(retryAfter) ? undefined : Number(retryAfter) * 1_000;
  const options = { details: { ...problem?.details, status, ...(problem?.requestId === undefined ? {} : { requestId: problem.requestId }) }, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
  if (problem?.code !== undefined && Object.hasOwn(CATALOGUE, problem.code)) return new LastmileError(problem.code as Code, problem.detail ?? problem.title ?? problem.code, options);
  return new LastmileError(codeOfStatus(status), `The API answered ${status}: ${problem?.detail ?? (text.slice(0, 300) || 'no text')}`, options);
}

function parseProblem(text: string): Partial<Problem> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : null;
  } catch {
    return null;
  }
}

function codeOfStatus(status: number): Code {
  if (status === 401) return 'LM_UNAUTHENTICATED';
  if (status === 403) return 'LM_FORBIDDEN';
  if (status === 404) return 'LM_NOT_FOUND';
  if (status === 409) return 'LM_CONFLICT';
  if (status === 429) return 'LM_BUSY';
  if (status === 502 || status === 503 || status === 504) return 'LM_API_UNAVAILABLE';
  return status >= 500 ? 'LM_INVARIANT' : 'LM_INVALID_REQUEST';
}

function transportError(error: unknown, { url, timeoutMs, signal }: ClientOptions, timedOut: boolean): unknown {
  if (error instanceof LastmileError) return error;
  if (signal?.aborted === true) return error;
  if (timedOut) return new LastmileError('LM_TIMEOUT', `${url} did not answer within ${timeoutMs / 1_000} s. Try again, or give more time with --timeout.`, { cause: error });
  if (error instanceof Error && error.name === 'AbortError') return error;
  return new LastmileError('LM_API_UNAVAILABLE', `No lastmile API answers at ${url}. Start one with \`npm start\`, or name yours with --api or LASTMILE_API_URL.`, { cause: error });
}
