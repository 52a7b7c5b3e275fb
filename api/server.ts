import { createServer, type RequestListener, type Server, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { newId } from '../config/ids.ts';
import { HttpRefusal, problemOf, sendProblem } from './problem.ts';
import { SECURITY_HEADERS } from './security-headers.ts';

/** What a client may take: 15 s for its headers of at most 16 KiB, ten minutes for a stream of labels (a JSON body has less, api/body.ts). */
const LIMITS = { requestTimeout: 600_000, headersTimeout: 15_000, keepAliveTimeout: 20_000, maxHeaderSize: 16 * 1024, requireHostHeader: false } as const;

const REFUSALS: Readonly<Record<string, readonly [number, string, string]>> = {
  HPE_HEADER_OVERFLOW: [431, 'Request Header Fields Too Large', 'The headers are larger than 16 KiB.'],
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'Request Timeout', 'The request did not come in time.'],
};

/** The API's HTTP server, not yet listening. What the parser refuses is answered like any refusal: a problem, with every header. */
export function createApiServer(app: RequestListener): Server {
  const server = createServer(LIMITS, (request, response) => {
    if (request.headers.host === undefined && request.httpVersion === '1.1') refuseEarly(response, 400, 'HTTP/1.1 needs a Host header.');
    else app(request, response);
  });
  server.on('checkExpectation', (_request, response: ServerResponse) => { refuseEarly(response, 417, 'The only expectation that is met is 100-continue.'); });
  server.on('clientError', refuse);
  return server;
}

/** What Node would answer by itself, without a header of ours. */
function refuseEarly(response: ServerResponse, status: number, message: string): void {
  const requestId = newId('req');
  for (const [name, value] of Object.entries({ ...SECURITY_HEADERS, 'x-request-id': requestId, connection: 'close' })) response.setHeader(name, value);
  sendProblem(response, new HttpRefusal(status, message), requestId);
}

function refuse(error: Error & { code?: string }, socket: Duplex): void {
  if (error.code === 'ECONNRESET' || !socket.writable) { socket.destroy(); return; }
  const [status, phrase, message] = REFUSALS[error.code ?? ''] ?? [400, 'Bad Request', 'This is not an HTTP request.'];
  const requestId = newId('req');
  const body = JSON.stringify(problemOf(new HttpRefusal(status, message), requestId));
  const headers = { ...SECURITY_HEADERS, 'x-request-id': requestId, 'content-type': 'application/problem+json', 'cache-control': 'no-store', 'content-length': String(Buffer.byteLength(body)), connection: 'close' };
  socket.end(`HTTP/1.1 ${String(status)} ${phrase}\r\n${Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n${body}`);
}
