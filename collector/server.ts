import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { LastmileError } from '../domain/errors.ts';
import type { Log } from '../config/log.ts';
import { isServiceToken } from '../config/service-token.ts';
import { parseBatch } from './batch.ts';
import type { Ingest } from './ingest.ts';
import { Refusal, sendProblem } from './problem.ts';
import { bearerToken } from '../config/bearer.ts';

const MOST_BYTES = 32 * 1_024 * 1_024;

export interface ServerOptions { readonly ingest: Ingest; readonly healthy: () => Promise<boolean>; /** Any of them is taken. */ readonly serviceTokens: readonly string[]; readonly log: Log }

/** POST /v1/records takes batches from gateways; GET /health says whether they can be kept. */
export function createCollectorServer(options: ServerOptions): Server {
  const server = createServer((request, response) => {
    answer(options, request, response).catch((error: unknown) => {
      if (!(error instanceof LastmileError) || error.kind === 'bug') options.log.error('a request failed', { error });
      if (response.headersSent) response.destroy();
      else sendProblem(response, error);
    });
  });
  server.requestTimeout = 30_000;
  server.headersTimeout = 10_000;
  return server;
}

async function answer(options: ServerOptions, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const route = `${request.method ?? ''} ${(request.url ?? '').split('?')[0] ?? ''}`;
  switch (route) {
    case 'GET /health': {
      const ok = await options.healthy();
      sendJson(response, ok ? 200 : 503, { status: ok ? 'ok' : 'degraded', store: ok });
      return;
    }
    case 'POST /v1/records':
      authenticate(request, options.serviceTokens);
      sendJson(response, 200, await options.ingest(parseBatch(await readBody(request))));
      return;
    default:
      throw new LastmileError('LM_NOT_FOUND', 'The collector answers POST /v1/records and GET /health.');
  }
}

function authenticate(request: IncomingMessage, serviceTokens: readonly string[]): void {
  const given = bearerToken(request.headers.authorization);
  if (isServiceToken(given, serviceTokens)) return;
  throw new LastmileError('LM_UNAUTHENTICATED', 'The service token is missing or wrong; gateways and collector share LASTMILE_SERVICE_TOKEN.');
}

async function readBody(request: IncomingMessage): Promise<string> {
  if (Number(request.headers['content-length'] ?? 0) > MOST_BYTES) throw tooLarge();
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    size += part.length;
    if (size > MOST_BYTES) throw tooLarge();
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}

function tooLarge(): Refusal { return new Refusal(413, `A batch may have up to ${MOST_BYTES} bytes; send fewer records at once.`); }

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
