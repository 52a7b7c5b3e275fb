import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { linearOf, sigmoid } from '../support/onnx-models.ts';
import { GOOD } from './models.ts';

/** The world outside that no fault touches, and that counts what reaches it: a model server of the Open Inference Protocol, and a webhook. */
export interface Outside {
  readonly url: string;
  /** Times that an inference came, by `model request-id`. Requests without an id (golden ones, probes) count as one. */
  readonly inferences: ReadonlyMap<string, number>;
  /** Deliveries by webhook id. */
  readonly notices: ReadonlyMap<string, number>;
  close(): Promise<void>;
}

const TENSORS = { inputs: [{ name: 'features', datatype: 'FP32', shape: [-1, 3] }], outputs: [{ name: 'label', datatype: 'INT64', shape: [-1] }, { name: 'probabilities', datatype: 'FP32', shape: [-1, 2] }] };

export async function startOutside(): Promise<Outside> {
  const inferences = new Map<string, number>();
  const notices = new Map<string, number>();
  const count = (counts: Map<string, number>, key: string): void => { counts.set(key, (counts.get(key) ?? 0) + 1); };
  const infer = (model: string, body: string): object => {
    const { id, inputs: [input] } = JSON.parse(body) as { id: string; inputs: { data: number[] }[] };
    count(inferences, `${model} ${id}`);
    const p = sigmoid(linearOf(GOOD, input?.data ?? [0, 0, 0]));
    return { model_name: model, outputs: [{ name: 'label', datatype: 'INT64', shape: [1], data: [p > 0.5 ? 1 : 0] }, { name: 'probabilities', datatype: 'FP32', shape: [1, 2], data: [1 - p, p] }] };
  };
  const server = createServer((request, response) => {
    void bodyOf(request).then((body) => {
      const [, model, ask] = /^\/v2\/models\/([^/]+)(?:\/versions\/[^/]+)?(\/infer|\/ready)?$/.exec(request.url ?? '') ?? [];
      if (request.url === '/notices') {
        count(notices, String(request.headers['webhook-id']));
        answer(response, {});
      } else if (model === undefined) {
        response.statusCode = 404;
        answer(response, { error: 'no such path' });
      } else if (ask === '/infer') answer(response, infer(model, body));
      else answer(response, ask === '/ready' ? { ready: true } : { name: model, versions: ['1'], platform: 'fake', ...TENSORS });
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`, inferences, notices,
    async close() { server.close(); server.closeAllConnections(); await once(server, 'close'); },
  };
}

function answer(response: ServerResponse, body: unknown): void { response.setHeader('content-type', 'application/json'); response.end(JSON.stringify(body)); }

async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = '';
  request.setEncoding('utf8');
  for await (const chunk of request) text += String(chunk);
  return text;
}
