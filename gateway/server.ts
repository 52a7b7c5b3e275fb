import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { isLastmileError, LastmileError } from '../domain/errors.ts';
import type { Context } from './context.ts';
import { infer } from './infer.ts';
import { modelMetadata, modelReady } from './models.ts';
import { parseTarget, type ModelTarget, type Target } from './paths.ts';
import { HttpError, respondError, respondJson, statusOf } from './protocol-errors.ts';
import { statusOfGateway } from './status.ts';

/** GET /v2. Raw and binary bodies pass through untouched, whatever the model server makes of them. */
const SERVER = { name: 'lastmile', version: '0.1.0', extensions: ['binary_tensor_data'] };

export type Answerer = (context: Context, request: IncomingMessage, response: ServerResponse) => Promise<void>;

/** An HTTP server with the limits and the error bodies of the inference path. Not yet listening. */
export function createGatewayServer(context: Context, answerer: Answerer = answer): Server {
  const { headersMs, requestMs } = context.limits;
  const server = createServer({ headersTimeout: headersMs, requestTimeout: requestMs, connectionsCheckingInterval: 1_000, keepAliveTimeout: 65_000 }, (request, response) => {
    answerer(context, request, response).catch((error: unknown) => { fail(context, request, { response, error }); });
  });
  server.on('clientError', refuseGarbage);
  return server;
}

/** The inference path: Open Inference Protocol v2. */
export async function answer(context: Context, request: IncomingMessage, response: ServerResponse): Promise<void> {
  context.counters.requests += 1;
  const target = parseTarget(request.url ?? '');
  if (target === null) throw new LastmileError('LM_NOT_FOUND', 'No such path; see GET /v2 and the Open Inference Protocol v2.');
  const method = target.kind === 'model' && target.ask === 'infer' ? 'POST' : 'GET';
  if (request.method !== method) {
    response.setHeader('allow', method);
    throw new HttpError(405, 'LM_INVALID_REQUEST', `This path takes ${method}.`);
  }
  if (target.kind === 'model') await answerModel(context, request, response, target);
  else answerServer(context, request, { response, target });
}

function answerModel(context: Context, request: IncomingMessage, response: ServerResponse, target: ModelTarget): Promise<void> {
  switch (target.ask) {
    case 'infer': return infer(context, request, response, target);
    case 'ready': return modelReady(context, request, response, target);
    case 'metadata': return modelMetadata(context, request, response, target);
  }
}

function answerServer(context: Context, request: IncomingMessage, { response, target }: { response: ServerResponse; target: Exclude<Target, ModelTarget> }): void {
  switch (target.kind) {
    case 'server': respondJson(response, 200, SERVER); return;
    case 'live': respondJson(response, 200, { live: true }); return;
    case 'ready': respondJson(response, context.table.isHeld() ? 200 : 503, { ready: context.table.isHeld() }); return;
    case 'status': respondJson(response, 200, statusOfGateway(context, request.headers.authorization)); return;
  }
}

/** Every error leaves as an OIP error body. What a caller still sends is read and thrown away, so that it can read the answer. */
function fail(context: Context, request: IncomingMessage, { response, error }: { response: ServerResponse; error: unknown }): void {
  const known = isLastmileError(error) ? error : new LastmileError('LM_INVARIANT', 'The gateway failed; its log has the reason.');
  if (known !== error) context.log.error('a request failed', { error });
  if (statusOf(known) >= 500) context.counters.errors += 1;
  else context.counters.refused += 1;
  request.resume();
  respondError(response, known);
}

const GARBAGE: Readonly<Record<string, readonly [number, string, string]>> = {
  HPE_HEADER_OVERFLOW: [431, 'Request Header Fields Too Large', 'The headers are too large.'],
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'Request Timeout', 'The request did not come in time.'],
};

/** What the HTTP parser refuses never reaches a handler. */
function refuseGarbage(error: Error & { code?: string }, socket: Duplex): void {
  if (error.code === 'ECONNRESET' || !socket.writable) { socket.destroy(); return; }
  const [status, reason, message] = GARBAGE[error.code ?? ''] ?? [400, 'Bad Request', 'This is not an HTTP request.'];
  const body = JSON.stringify({ error: message });
  socket.end(`HTTP/1.1 ${status} ${reason}\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`);
}
