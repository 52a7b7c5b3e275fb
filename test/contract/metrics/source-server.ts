import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What came to the server. */
export interface Heard { readonly method: string; readonly path: string; readonly headers: IncomingHttpHeaders; readonly body: string }
export interface SourceServer { readonly url: string; readonly heard: Heard[]; close(): Promise<void> }

/** A server on a real socket that answers each request by a function. */
export async function sourceServer(answer: (heard: Heard, response: ServerResponse) => void): Promise<SourceServer> {
  const heard: Heard[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => { body += chunk.toString(); });
    request.on('end', () => {
      const came = { method: request.method ?? '', path: request.url ?? '', headers: request.headers, body };
      heard.push(came);
      answer(came, response);
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { url: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`, heard, async close() { server.closeAllConnections(); server.close(); await once(server, 'close'); } };
}

export function json(response: ServerResponse, value: unknown, headers: Readonly<Record<string, string>> = {}): void { response.writeHead(200, { 'content-type': 'application/json', ...headers }).end(typeof value === 'string' ? value : JSON.stringify(value)); }

/** The questions of the promises, in PromQL that a real server answers alike. */
export const QUERIES = { number: 'vector(42.5)', negative: 'vector(-1.25e-7)', nothing: 'absent_from_here', nan: 'vector(0) / 0', infinite: 'vector(-1) / 0', text: '"a text"', refused: 'sum(' } as const;

/** The query API of Prometheus as far as these questions go; answers as its documentation gives them. */
export function answerAsPrometheus({ body }: Heard, response: ServerResponse): void {
  const query = new URLSearchParams(body).get('query') ?? '';
  const at = Date.now() / 1_000;
  const vector = (...values: readonly string[]): unknown => ({ status: 'success', data: { resultType: 'vector', result: values.map((value) => ({ metric: {}, value: [at, value] })) } });
  switch (query) {
    case QUERIES.number: json(response, vector('42.5')); return;
    case QUERIES.negative: json(response, vector('-1.25e-07')); return;
    case QUERIES.nothing: json(response, vector()); return;
    case QUERIES.nan: json(response, vector('NaN')); return;
    case QUERIES.infinite: json(response, vector('-Inf')); return;
    case QUERIES.text: json(response, { status: 'success', data: { resultType: 'string', result: [at, 'a text'] } }); return;
    default: response.writeHead(400, { 'content-type': 'application/json' }).end(JSON.stringify({ status: 'error', errorType: 'bad_data', error: 'invalid parameter "query": 1:5: parse error: unclosed left parenthesis' }));
  }
}
