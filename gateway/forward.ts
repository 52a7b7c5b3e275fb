import type { IncomingHttpHeaders } from 'node:http';
import { Pool, type Dispatcher } from 'undici';
import type { LegError } from '../domain/record.ts';
import type { Endpoint } from '../domain/variant.ts';

/** One request to one variant. `path` follows /v2/models/{name}[/versions/{version}]: `/infer`, `/ready` or nothing. */
export interface Outgoing {
  readonly endpoint: Endpoint;
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer | null;
  readonly deadlineMs: number;
  /** Asked before the one retry, since the variant may have been killed meanwhile. */
  readonly mayRetry: () => boolean;
}

/** A failed or late answer is a value: it is recorded like any other. */
export type Answer =
  | { readonly ok: true; readonly status: number; readonly headers: IncomingHttpHeaders; readonly body: Buffer; readonly latencyMs: number }
  | { readonly ok: false; readonly error: Exclude<LegError, 'status'>; readonly detail: string; readonly latencyMs: number };

/** Keep-alive connections to the model servers. The serving path and the mirrors each have their own (promise 7). */
export interface Upstreams { send(request: Outgoing): Promise<Answer>; close(): Promise<void> }

export function createUpstreams(of: { readonly connections: number; readonly answerBytes: number; readonly elapsedMs: () => number }): Upstreams {
  const pools = new Map<string, Pool>();
  const poolOf = (origin: string): Pool => {
    const pool = pools.get(origin) ?? newPool(origin, of);
    pools.set(origin, pool);
    return pool;
  };
  return {
    async send(request) {
      const startMs = of.elapsedMs();
      const { origin, path } = addressOf(request);
      const attempt = (): Promise<Attempt> => exchange(poolOf(origin), { ...request, path, deadlineMs: request.deadlineMs - (of.elapsedMs() - startMs) });
      let made = await attempt();
      // A pooled socket that the server closed in the same moment, or a server that restarts: nothing came, so nothing was decided.
      if (!made.ok && made.error === 'connect' && request.mayRetry() && of.elapsedMs() - startMs < request.deadlineMs) made = await attempt();
      return { ...made, latencyMs: of.elapsedMs() - startMs };
    },
    async close() { await Promise.all([...pools.values()].map((pool) => pool.destroy())); },
  };
}

/** Idle sockets are given up before common servers do (uvicorn: 5 s), which makes the race above rare. */
function newPool(origin: string, of: { readonly connections: number; readonly answerBytes: number }): Pool {
  return new Pool(origin, {
    connections: of.connections, pipelining: 1, allowH2: false, keepAliveTimeout: 4_000, keepAliveMaxTimeout: 60_000, connectTimeout: 5_000,
    headersTimeout: 0, bodyTimeout: 0, maxResponseSize: of.answerBytes,
  });
}

function addressOf({ endpoint, path }: Outgoing): { origin: string; path: string } {
  const url = new URL(endpoint.url);
  const version = endpoint.modelVersion === null ? '' : `/versions/${encodeURIComponent(endpoint.modelVersion)}`;
  return { origin: url.origin, path: `${url.pathname.replace(/\/$/, '')}/v2/models/${encodeURIComponent(endpoint.modelName)}${version}${path}` };
}

type Attempt = { readonly ok: true; readonly status: number; readonly headers: IncomingHttpHeaders; readonly body: Buffer } | { readonly ok: false; readonly error: Exclude<LegError, 'status'>; readonly detail: string };

/** One exchange with a total deadline, by undici's handler interface: no streams, one buffer. */
function exchange(pool: Pool, request: Outgoing): Promise<Attempt> {
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
      resolve(attempt);
    };
    const timer = setTimeout(() => {
      settle({ ok: false, error: 'timeout', detail: `no whole answer within ${Math.round(request.deadlineMs)} ms` });
      running?.abort(new Error('deadline'));
    }, Math.max(0, request.deadlineMs));
    const options = { path: request.path, method: request.method, headers: { ...request.headers }, body: request.body, idempotent: true };
    pool.dispatch(options, {
      onRequestStart(controller) { running = controller; if (settled) controller.abort(new Error('deadline')); },
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
