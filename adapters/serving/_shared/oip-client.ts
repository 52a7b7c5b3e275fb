import { Agent, request } from 'undici';
import { z } from 'zod';
import type { Egress } from '../../../config/egress.ts';
import { parseAnswerJson } from '../../../domain/answer-json.ts';
import { isLastmileError, LastmileError } from '../../../domain/errors.ts';
import { DATATYPES, type InferenceRequest, type InferenceResponse, type ModelMetadata } from '../../../domain/tensor.ts';
import type { Endpoint } from '../../../domain/variant.ts';
import type { ServingState } from '../../../ports/serving-backend.ts';

/** An Open Inference Protocol v2 client that takes what real servers answer: only the status is authority, bodies may be empty or odd. */

const QUICK_MS = 10_000;
/** No answer of a model server is larger; one without an end costs no more than this. */
const MOST_BYTES = 64 << 20;

/** How a server whose address came in a file is reached. */
export interface Guarded { readonly egress: Egress; readonly agent: Agent }
export function guarded(egress: Egress): Guarded { return { egress, agent: new Agent({ maxResponseSize: MOST_BYTES, connect: { lookup: egress.lookup } }) }; }
export interface HttpAnswer { readonly status: number; readonly text: string }
export interface HttpCall { readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'; readonly url: string; readonly body?: string; readonly headers?: Readonly<Record<string, string>>; readonly timeoutMs: number; readonly signal?: AbortSignal | undefined; readonly by?: Guarded | undefined }

/** One exchange. LM_TIMEOUT after `timeoutMs`; LM_BACKEND_UNAVAILABLE when there is no whole answer; LM_EGRESS_DENIED. */
export async function exchange(call: HttpCall): Promise<HttpAnswer> {
  call.by?.egress.admit(call.url);
  const limit = AbortSignal.timeout(call.timeoutMs);
  try {
    const { statusCode, body } = await request(call.url, {
      ...(call.by === undefined ? {} : { dispatcher: call.by.agent }), method: call.method, body: call.body ?? null, headers: { ...(call.body === undefined ? {} : { 'content-type': 'application/json' }), ...call.headers },
      headersTimeout: 0, bodyTimeout: 0, signal: call.signal === undefined ? limit : AbortSignal.any([limit, call.signal]),
    });
    return { status: statusCode, text: await body.text() };
  } catch (error) {
    call.signal?.throwIfAborted();
    if (isLastmileError(error)) throw error;
    const { origin } = new URL(call.url);
    if (limit.aborted) throw new LastmileError('LM_TIMEOUT', `The serving backend ${origin} gave no answer within ${call.timeoutMs} ms.`, { cause: error });
    throw new LastmileError('LM_BACKEND_UNAVAILABLE', `The serving backend ${origin} does not answer; check that it runs and that the address is right.`, { cause: error });
  }
}

/** 200 is ready, 404 absent, any other answer not yet. Servers differ in bodies and in what they say after an unload. */
export async function readiness(endpoint: Endpoint, by?: Guarded): Promise<{ state: ServingState; reason: string | null }> {
  const answer = await exchange({ method: 'GET', url: `${modelUrl(endpoint)}/ready`, timeoutMs: QUICK_MS, by });
  if (answer.status === 200) return { state: 'ready', reason: null };
  return answer.status === 404 ? { state: 'absent', reason: reasonOf(answer) } : { state: 'loading', reason: reasonOf(answer) };
}

const tensors = z.array(z.object({ name: z.string(), datatype: z.enum(DATATYPES), shape: z.array(z.number().int()) })).nullish().transform((list) => list ?? []);
const Metadata = z.object({ name: z.string(), platform: z.string().nullish().transform((text) => text ?? ''), versions: z.array(z.string()).nullish().transform((list) => list ?? []), inputs: tensors, outputs: tensors });

export async function readMetadata(endpoint: Endpoint, by?: Guarded): Promise<ModelMetadata> {
  const answer = await exchange({ method: 'GET', url: modelUrl(endpoint), timeoutMs: QUICK_MS, by });
  if (answer.status === 404 || answer.status === 400 || answer.status === 410) throw new LastmileError('LM_VARIANT_NOT_FOUND', `${endpoint.url} has no model ${endpoint.modelName}: ${reasonOf(answer)}.`);
  if (answer.status !== 200) throw new LastmileError('LM_BACKEND_UNAVAILABLE', `${endpoint.url} answered ${answer.status} for the metadata of ${endpoint.modelName}: ${reasonOf(answer)}.`);
  const parsed = Metadata.safeParse(parseAnswerJson(answer.text));
  if (!parsed.success) throw new LastmileError('LM_VALIDATION_FAILED', `${endpoint.url} gives metadata of ${endpoint.modelName} that is not of the Open Inference Protocol: ${z.prettifyError(parsed.error)}.`);
  return parsed.data;
}

const Response = z.object({ model_name: z.string(), outputs: z.array(z.looseObject({ name: z.string(), datatype: z.string(), shape: z.array(z.number()), data: z.array(z.unknown()) })) });

/** One inference. `latencyMs` is until the whole answer is here. */
export async function infer(endpoint: Endpoint, body: InferenceRequest, { timeoutMs, by }: { readonly timeoutMs: number; readonly by?: Guarded }): Promise<{ response: InferenceResponse; latencyMs: number }> {
  const fromMs = performance.now();
  const answer = await exchange({ method: 'POST', url: `${modelUrl(endpoint)}/infer`, body: JSON.stringify(body), timeoutMs, by });
  const latencyMs = performance.now() - fromMs;
  if (answer.status !== 200) throw refusal(endpoint, answer);
  const parsed = parseAnswerJson(answer.text);
  const checked = Response.safeParse(parsed);
  if (!checked.success) throw new LastmileError('LM_OFF_CONTRACT', `${endpoint.modelName} at ${endpoint.url} answered 200 with a body that is no inference response: ${z.prettifyError(checked.error)}.`);
  return { response: parsed as InferenceResponse, latencyMs };
}

function refusal(endpoint: Endpoint, answer: HttpAnswer): LastmileError {
  const said = `${endpoint.modelName} at ${endpoint.url} answered ${answer.status}: ${reasonOf(answer)}.`;
  if (answer.status === 429) return new LastmileError('LM_BUSY', said);
  if (answer.status === 410) return new LastmileError('LM_VARIANT_KILLED', said);
  if (answer.status === 404) return new LastmileError('LM_VARIANT_NOT_FOUND', said);
  if (answer.status === 504) return new LastmileError('LM_TIMEOUT', said);
  return new LastmileError(answer.status >= 400 && answer.status < 500 ? 'LM_VALIDATION_FAILED' : 'LM_BACKEND_UNAVAILABLE', said);
}

/** `error` by the protocol, `detail` by FastAPI servers (a text, or a list of {loc, msg}), else the start of the body. */
export function reasonOf({ status, text }: HttpAnswer): string {
  const body = parseAnswerJson(text);
  const said = typeof body === 'object' && body !== null ? ('error' in body ? body.error : 'detail' in body ? body.detail : undefined) : undefined;
  if (typeof said === 'string' && said !== '') return said;
  if (said !== undefined) return JSON.stringify(said).slice(0, 500);
  return text === '' ? `status ${status} without a word` : text.slice(0, 500);
}

function modelUrl({ url, modelName, modelVersion }: Endpoint): string {
  const version = modelVersion === null ? '' : `/versions/${encodeURIComponent(modelVersion)}`;
  return `${url.replace(/\/+$/, '')}/v2/models/${encodeURIComponent(modelName)}${version}`;
}
