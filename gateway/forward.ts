import type { IncomingHttpHeaders } from 'node:http';
import { Pool, type Dispatcher } from 'undici';
import type { Egress } from '../config/egress.ts';
import { isLastmileError } from '../domain/errors.ts';
import type { LegError } from '../domain/record.ts';
import type { Endpoint } from '../domain/variant.ts';
import type { Leg } from './fence.ts';

/** One request to one variant. `path` follows /v2/models/{name}[/versions/{version}]: `/infer`, `/ready` or nothing. */
export interface Outgoing {
  readonly endpoint: Endpoint;
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer | null;
  readonly deadlineMs: number;
  /** Its place in the fence: a kill ends it, and nothing is sent to a killed variant. Finished here. */
  readonly leg: Leg;
  /** Asked before the one retry; a killed variant is not tried again whatever it says. */
  readonly mayRetry: () => boolean;
}

/** A failed or late answer is a value: it is recorded like any other. */
export type Answer =
  | { readonly ok: true; readonly status: number; readonly headers: IncomingHttpHeaders; readonly body: Buffer; readonly latencyMs: number }
  | { readonly ok: false; readonly error: Exclude<LegError, 'status'>; readonly detail: string; readonly latencyMs: number };

/** Ended, or never sent, because the variant was killed: no result of the variant. */
export interface Killed { readonly ok: false; readonly error: 'killed'; readonly latencyMs: number }

/** Keep-alive connections to the model servers. The serving path and the mirrors each have their own (promise 7). */
export interface Upstreams { send(request: Outgoing): Promise<Answer | Killed>; close(): Promise<void> }

export function createUpstreams(of: { readonly connections: number; readonly answerBytes: number; readonly elapsedMs: () => number; readonly egress: Egress }): Upstreams {
  const pools = new Map<string, Pool>();
  const poolOf = (origin: string): Pool => {
    const pool = pools.get(origin) ?? newPool(origin, of);
    pools.set(origin, pool);
    return pool;
  };
  return {
    async send(request) {
      const startMs = of.elapsedMs();
      const { leg } = request;
      try {
        const { origin, path } = addressOf(request);
        const pool = orDenied(() => poolOf(origin));
        if ('ok' in pool) return { ...pool, latencyMs: of.elapsedMs() - startMs };
        const attempt = (): Promise<Attempt> => exchange(pool, { ...request, path, deadlineMs: request.deadlineMs - (of.elapsedMs() - startMs) });
        let made = await attempt();
        // A pooled socket that the server closed in the same moment, or a server that restarts: nothing came, so nothing was decided.
        if (cameNothing(made) && request.mayRetry() && of.elapsedMs() - startMs < request.deadlineMs) made = await attempt();
        if (cameNothing(made) && !leg.lives()) made = KILLED;
        return { ...made, latencyMs: of.elapsedMs() - startMs };
      } finally { leg.finish(); }
    },
    async close() { await Promise.all([...pools.values()].map((pool) => pool.destroy())); },
  };
}

/** Idle sockets are given up before common servers do (uvicorn: 5 s), which makes the race above rare. */
function newPool(origin: string, of: { readonly connections: number; readonly answerBytes: number; readonly egress: Egress }): Pool {
  return new Pool(origin, {
    connections: of.connections, pipelining: 1, allowH2: false, keepAliveTimeout: 4_000, keepAliveMaxTimeout: 60_000, connectTimeout: 5_000,
    headersTimeout: 0, bodyTimeout: 0, maxResponseSize: of.answerBytes,
    connect: { lookup: of.egress.admit(origin) },
  });
}

/** A server that may not be called is one that cannot be reached. */
function orDenied(open: () => Pool): Pool | { readonly ok: false; readonly error: 'connect'; readonly detail: string } {
  try { return open(); } catch (error) {
    if (isLastmileError(error)) return { ok: false, error: 'connect', detail: error.message };
    throw error;
  }
}

function addressOf({ endpoint, path }: Outgoing): { origin: string; path: string } {
  const url = new URL(endpoint.url);
  const version = endpoint.modelVersion === null ? '' : `/versions/${encodeURIComponent(endpoint.modelVersion)}`;
  return { origin: url.origin, path: `${url.pathname.replace(/\/$/, '')}/v2/models/${encodeURIComponent(endpoint.modelName)}${version}${path}` };
}

type Attempt =
  | { readonly ok: true; readonly status: number; readonly headers: IncomingHttpHeaders; readonly body: Buffer }
  | { readonly ok: false; readonly error: Exclude<LegError, 'status'>; readonly detail: string } | typeof KILLED;
const KILLED = { ok: false, error: 'killed' } as const;

function cameNothing(made: Attempt): boolean { return !made.ok && made.error === 'connect'; }

/**
 * One exchange with a total deadline, by undici's handler interface: no streams, one buffer. A request may wait in the pool for a connection;
 * `onRequestStart` comes in the step in which its first byte is written, and there the fence is asked.
 */
function exchange(pool: Pool, request: Outgoing): Promise<Attempt> {
  const { leg } = request;
  if (!leg.lives()) return Promise.resolve(KILLED);
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let head: { status: number; headers: IncomingHttpHeaders } | null = null;
    let began = false;
    let running: Dispatcher.DispatchController | null = null;
    let settled = false;
    const settle = (attempt: Attempt): void => {
      if (settled) return;
      settled = true;
      clearTimeout(timer);
      leg.end = null;
      resolve(attempt);
    };
    const giveUp = (attempt: Attempt): void => { settle(attempt); running?.abort(new Error('given up')); };
    const timer = setTimeout(() => { giveUp({ ok: false, error: 'timeout', detail: `no whole answer within ${Math.round(request.deadlineMs)} ms` }); }, Math.max(0, request.deadlineMs));
    leg.end = () => { giveUp(KILLED); };
    const options = { path: request.path, method: request.method, headers: { ...request.headers }, body: request.body, idempotent: true };
    pool.dispatch(options, {
      onRequestStart(controller) {
        running = controller;
        if (settled || !leg.send()) giveUp(KILLED);
      },
      onResponseStarted() { began = true; },
      onResponseStart(_controller, status, headers) { began = true; head = { status, headers }; },
      onResponseData(_controller, chunk) { chunks.push(chunk); },
      onResponseEnd() {
        if (head === null) settle({ ok: false, error: 'protocol', detail: 'an answer without a status' });
        else settle({ ok: true, ...head, body: chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks) });
      },
      onResponseError(_controller, error) { settle({ ok: false, error: errorOf(error, began), detail: error.message }); },
    });
  });
}

/** connect: not one byte of an answer came. protocol: what came was no whole HTTP answer, or too large. */
function errorOf(error: Error & { code?: string }, began: boolean): Exclude<LegError, 'status'> {
  const code = error.code ?? '';
  if (code === 'UND_ERR_DESTROYED' || code === 'UND_ERR_CLOSED' || code === 'UND_ERR_ABORTED') return 'aborted';
  return began || code.startsWith('HPE_') || code === 'UND_ERR_RES_EXCEEDED_MAX_SIZE' ? 'protocol' : 'connect';
}
