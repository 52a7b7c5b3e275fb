import { ROUTES, type Answers, type ApiRoute, type Problem, type StreamEvent } from '../api/contract.ts';
import { newId } from '../config/ids.ts';
import { CATALOGUE, isLastmileError, LastmileError, type Code } from '../domain/errors.ts';
import { readEvents } from './sse.ts';
import { isAbort } from './system-error.ts';

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
  /** Whether a call of this client was answered. */
  isReached(): boolean;
  call<R extends Exclude<keyof Answers, 'events'>>(route: R, request?: CallRequest): Promise<Answers[R]>;
  /** Server-sent events until the server or the signal ends them; resumes behind `lastEventId`. */
  events(query: { readonly deployment?: string | undefined; readonly lastEventId?: string | undefined; readonly signal: AbortSignal }): AsyncGenerator<StreamEvent>;
}

export interface ClientOptions { readonly url: string; readonly key: string | null; readonly timeoutMs: number; readonly signal?: AbortSignal }

export function createClient(options: ClientOptions): Client {
  let reached = false;
  return {
    url: options.url, isReached: () => reached,
    async call(route, request = {}) {
      const answer = await callOnce(options, ROUTES[route], request);
      reached = true;
      return answer as never;
    },
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
  return { accept: 'application/json', 'user-agent': 'lastmile-cli', ...(key === null ? {} : { authorization: `Bearer ${key}` }) };
}

/** `{name}` in the path from params, undefined query values left out. */
export function address(base: string, route: Pick<ApiRoute, 'path'>, { params = {}, query = {} }: CallRequest): string {
  const path = route.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    const value = params[name];
    if (value === undefined) throw new LastmileError('LM_INVARIANT', `${route.path} was called without ${name}.`);
    return encodeURIComponent(value);
  });
  const pairs = Object.entries(query).flatMap(([name, value]): [string, string][] => (value === undefined ? [] : [[name, String(value)]]));
  return `${base.replace(/\/+$/, '')}${path}${pairs.length === 0 ? '' : `?${new URLSearchParams(pairs).toString()}`}`;
}

/** An RFC 9457 document to the error that it describes; any other body to what its status means. */
export function problemError(status: number, text: string, retryAfter: string | null): LastmileError {
  const { code, detail, title, details, requestId } = parseProblem(text);
  const options = { details: { ...details, status, ...(requestId === undefined ? {} : { requestId }) }, ...retryAfterOption(retryAfter) };
  if (code !== undefined && Object.hasOwn(CATALOGUE, code)) return new LastmileError(code, detail ?? title ?? code, options);
  return new LastmileError(codeOfStatus(status), `The API answered ${status}: ${detail ?? (text.slice(0, 300) || 'no text')}`, options);
}

/** Seconds, as our API writes Retry-After; the form with a date is not used by it. */
function retryAfterOption(header: string | null): { retryAfterMs?: number } {
  return header !== null && /^\d+$/.test(header) ? { retryAfterMs: Number(header) * 1_000 } : {};
}

function parseProblem(text: string): Partial<Problem> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return {};
  }
}

const CODE_OF_STATUS: Readonly<Record<number, Code>> = {
  401: 'LM_UNAUTHENTICATED', 403: 'LM_FORBIDDEN', 404: 'LM_NOT_FOUND', 409: 'LM_CONFLICT', 429: 'LM_BUSY', 502: 'LM_API_UNAVAILABLE', 503: 'LM_API_UNAVAILABLE', 504: 'LM_API_UNAVAILABLE',
};
function codeOfStatus(status: number): Code { return CODE_OF_STATUS[status] ?? (status >= 500 ? 'LM_INVARIANT' : 'LM_INVALID_REQUEST'); }

function transportError(error: unknown, { url, timeoutMs, signal }: ClientOptions, timedOut: boolean): unknown {
  if (isLastmileError(error)) return error;
  if (signal?.aborted === true) return error;
  if (timedOut) return new LastmileError('LM_TIMEOUT', `${url} did not answer within ${timeoutMs / 1_000} s. Try again, or give more time with --timeout.`, { cause: error });
  if (isAbort(error)) return error;
  return new LastmileError('LM_API_UNAVAILABLE', `No lastmile API answers at ${url}. Start one with \`npm start\`, or name yours with --api or LASTMILE_API_URL.`, { cause: error });
}
