import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Seen { readonly method: string; readonly path: string; readonly query: URLSearchParams; readonly headers: IncomingMessage['headers']; readonly body: unknown }
export interface Reply { readonly status?: number; readonly headers?: Readonly<Record<string, string>>; readonly body?: unknown; readonly afterMs?: number; readonly keepOpen?: boolean }
export type Handler = (seen: Seen) => Reply;

/** API and gateway on one real port, answering from `handlers` ("GET /path"); everything that came is in `seen`, but for break-glass kits, which the CLI asks for on its own. */
export interface FakeLastmile { readonly url: string; readonly seen: Seen[]; readonly handlers: Record<string, Handler>; close(): Promise<void> }

export async function fakeLastmile(handlers: Record<string, Handler>): Promise<FakeLastmile> {
  const seen: Seen[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const url = new URL(request.url ?? '/', 'http://fake');
      const text = Buffer.concat(chunks).toString();
      const it: Seen = { method: request.method ?? '', path: url.pathname, query: url.searchParams, headers: request.headers, body: text === '' ? null : JSON.parse(text) };
      const handler = handlers[`${it.method} ${it.path}`];
      if (it.path !== '/api/v1/break-glass' || handler !== undefined) seen.push(it);
      const reply = handler?.(it) ?? problem(404, 'LM_NOT_FOUND', `No ${it.method} ${it.path} here.`);
      setTimeout(() => {
        response.writeHead(reply.status ?? 200, { 'content-type': 'application/json', ...reply.headers });
        const body = typeof reply.body === 'string' ? reply.body : JSON.stringify(reply.body ?? {});
        if (reply.keepOpen === true) response.write(body); else response.end(body);
      }, reply.afterMs ?? 0);
    });
  });
  const port = await listening(server);
  const url = `http://127.0.0.1:${String(port)}`;
  handlers['GET /api/v1/health'] ??= () => ({ body: { status: 'ok', checks: [], version: '0.1.0', links: { temporal: null, gateway: url } } });
  return { url, seen, handlers, close: () => new Promise((resolve) => { server.closeAllConnections(); server.close(() => { resolve(); }); }) };
}

export function problem(status: number, code: string, detail: string, details: Record<string, unknown> = {}): Reply {
  return { status, headers: { 'content-type': 'application/problem+json' }, body: { type: `https://lastmile.dev/errors/${code}`, title: code, status, detail, code, details, requestId: 'req_1' } };
}

async function listening(server: Server): Promise<number> {
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  return (server.address() as AddressInfo).port;
}
