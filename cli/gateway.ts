import { Pool } from 'undici';
import { LastmileError, type Code } from '../domain/errors.ts';
import { systemCode } from './system-error.ts';
import type { InferenceRequest, InferenceResponse, ModelMetadata } from '../domain/tensor.ts';

export interface InferOptions { readonly eventMs?: number | undefined; readonly stickyKey?: { readonly header: string; readonly value: string } | undefined }
export interface Inferred { readonly response: InferenceResponse; readonly inferenceId: string; readonly version: string; readonly variant: string; readonly fallback: string | null; readonly latencyMs: number }

/** A gateway as a caller of models sees it: Open Inference Protocol v2 and our headers. Throws only LastmileError. */
export interface Gateway {
  readonly url: string;
  metadata(name: string): Promise<ModelMetadata>;
  infer(name: string, request: InferenceRequest, options?: InferOptions): Promise<Inferred>;
  close(): Promise<void>;
}

export interface GatewayOptions { readonly url: string; readonly key: string | null; readonly timeoutMs: number; readonly connections: number }

export function createGateway({ url, key, timeoutMs, connections }: GatewayOptions): Gateway {
  const { origin, pathname } = new URL(url);
  const prefix = pathname.replace(/\/+$/, '');
  const pool = new Pool(origin, { connections, headersTimeout: timeoutMs, bodyTimeout: timeoutMs, connectTimeout: timeoutMs });
  const headers = { accept: 'application/json', ...(key === null ? {} : { authorization: `Bearer ${key}` }) };
  const send = async (method: 'GET' | 'POST', path: string, extra: Record<string, string>, body: string | null): Promise<Reply> => {
    try {
      const reply = await pool.request({ method, path: `${prefix}${path}`, headers: { ...headers, ...extra }, body });
      return { status: reply.statusCode, headers: reply.headers, text: await reply.body.text() };
    } catch (error) {
      throw new LastmileError(isTimeout(error) ? 'LM_TIMEOUT' : 'LM_GATEWAY_UNAVAILABLE', `No answer from the gateway at ${url}. Is it running? \`lastmile doctor\` checks it.`, { cause: error });
    }
  };
  return {
    url,
    metadata: async (name) => JSON.parse(goodText(await send('GET', `/v2/models/${encodeURIComponent(name)}`, {}, null), name)) as ModelMetadata,
    infer: async (name, request, options = {}) => {
      const extra = {
        'content-type': 'application/json',
        ...(options.eventMs === undefined ? {} : { 'x-lastmile-event-time': String(options.eventMs) }),
        ...(options.stickyKey === undefined ? {} : { [options.stickyKey.header]: options.stickyKey.value }),
      };
      const before = performance.now();
      const reply = await send('POST', `/v2/models/${encodeURIComponent(name)}/infer`, extra, JSON.stringify(request));
      return inferred(reply, goodText(reply, name), performance.now() - before);
    },
    close: async () => { await pool.close(); },
  };
}

interface Reply { readonly status: number; readonly headers: Readonly<Record<string, string | string[] | undefined>>; readonly text: string }

function inferred(reply: Reply, text: string, latencyMs: number): Inferred {
  const inferenceId = header(reply, 'x-lastmile-inference-id');
  if (inferenceId === null) throw new LastmileError('LM_GATEWAY_UNAVAILABLE', 'The answer carries no x-lastmile-inference-id: this address is a model server, not a lastmile gateway.');
  return {
    response: JSON.parse(text) as InferenceResponse, inferenceId, latencyMs,
    version: header(reply, 'x-lastmile-version') ?? 'unknown', variant: header(reply, 'x-lastmile-variant') ?? 'unknown', fallback: header(reply, 'x-lastmile-fallback'),
  };
}

function goodText(reply: Reply, name: string): string {
  if (reply.status >= 200 && reply.status < 300) return reply.text;
  const retryAfter = header(reply, 'retry-after');
  const retryAfterMs = retryAfter !== null && /^\d+$/.test(retryAfter) ? Number(retryAfter) * 1_000 : undefined;
  throw new LastmileError(codeOf(reply.status), `${name}: the gateway answered ${reply.status}: ${detailOf(reply.text)}`, { details: { status: reply.status }, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) });
}

function codeOf(status: number): Code {
  if (status === 401) return 'LM_UNAUTHENTICATED';
  if (status === 403) return 'LM_FORBIDDEN';
  if (status === 404) return 'LM_DEPLOYMENT_NOT_FOUND';
  if (status === 410) return 'LM_VARIANT_KILLED';
  if (status === 429) return 'LM_BUSY';
  if (status === 504) return 'LM_TIMEOUT';
  return status >= 500 ? 'LM_GATEWAY_UNAVAILABLE' : 'LM_INVALID_REQUEST';
}

/** OIP error bodies say `error`; some servers `detail`. */
function detailOf(text: string): string {
  try {
    const body = JSON.parse(text) as { error?: unknown; detail?: unknown };
    const said = body.error ?? body.detail;
    if (typeof said === 'string') return said;
  } catch { /* not JSON: shown as it is */ }
  return text.slice(0, 300);
}

function header({ headers }: Reply, name: string): string | null {
  const value = headers[name];
  return (Array.isArray(value) ? value[0] : value) ?? null;
}

function isTimeout(error: unknown): boolean { return systemCode(error)?.includes('TIMEOUT') === true; }
