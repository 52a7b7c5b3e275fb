import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkpointSinks } from '../../../adapters/checkpoint/index.ts';
import { checkpointSinkPromises, sampleCheckpoint } from '../../../conformance/checkpoint-sink.ts';
import { createEgress } from '../../../config/egress.ts';
import { Secret } from '../../../config/schema.ts';
import { checkpointId } from '../../../domain/audit/checkpoint.ts';
import { hooksOfThisMachine } from '../../support/egress.ts';

let root: string;
beforeAll(() => { root = mkdtempSync(join(tmpdir(), 'lastmile-sink-')); });
afterAll(() => { rmSync(root, { recursive: true, force: true }); });

test('the suites cover every sink of the catalogue', () => { expect(Object.keys(checkpointSinks).sort()).toEqual(['file', 'memory', 'webhook']); });

describe.each(['file', 'memory'] as const)('%s', (name) => {
  test.each(Object.entries(checkpointSinkPromises))('%s', async (_title, check) => {
    await check(name === 'file' ? checkpointSinks.file.create({ root: join(root, 'kept') }) : checkpointSinks.memory.create({}));
  });
});

test('file: lines are only ever added, and a half line that a crash left costs no other', async () => {
  const folder = join(root, 'torn');
  const sink = checkpointSinks.file.create({ root: folder });
  await sink.put(sampleCheckpoint('acme', 1));
  const path = join(folder, 'acme.ndjson');
  const first = readFileSync(path, 'utf8');
  appendFileSync(path, '{"tenantId":"acme","se');
  await sink.put(sampleCheckpoint('acme', 2));
  expect(readFileSync(path, 'utf8').startsWith(first)).toBe(true);
  expect(await checkpointSinks.file.create({ root: folder }).read('acme', { skip: 0, limit: 9 })).toEqual([sampleCheckpoint('acme', 1), sampleCheckpoint('acme', 2)]);
});

test('file: a folder that cannot be written is said, retryably; a tenant never becomes a path', async () => {
  const blocked = join(root, 'blocked');
  writeFileSync(blocked, 'a file where the folder should be');
  await expect(checkpointSinks.file.create({ root: blocked }).put(sampleCheckpoint('acme', 1))).rejects.toMatchObject({ code: 'LM_SINK_UNAVAILABLE', retryable: true });
  await expect(checkpointSinks.file.create({ root }).read('../../etc/passwd', { skip: 0, limit: 1 })).rejects.toMatchObject({ code: 'LM_INVARIANT' });
});

interface Received { readonly headers: IncomingHttpHeaders; readonly body: string }
async function receiver(status: number): Promise<{ url: string; received: Received[]; close(): Promise<void> }> {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => { body += chunk.toString(); });
    request.on('end', () => { received.push({ headers: request.headers, body }); response.writeHead(status).end(); });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`, received, close: async () => { server.close(); await once(server, 'close'); } };
}

test('webhook: one id for one point of the chain, signed over id, time and body; it cannot be read back', async () => {
  const hook = await receiver(200);
  const secret = new Secret('a secret of at least 24 characters');
  const sink = checkpointSinks.webhook.create({ egress: hooksOfThisMachine, url: hook.url, secret, timeoutMs: 2_000 });
  const checkpoint = sampleCheckpoint('acme', 7);
  await sink.put(checkpoint);
  await sink.put({ ...checkpoint, atMs: checkpoint.atMs + 5_000 });
  await hook.close();
  expect(hook.received.map(({ headers }) => headers['webhook-id'])).toEqual([checkpointId(checkpoint), checkpointId(checkpoint)]);
  const { headers, body } = hook.received[0]!;
  expect(headers['webhook-signature']).toBe(`v1,${createHmac('sha256', secret.reveal()).update(`${checkpointId(checkpoint)}.${String(headers['webhook-timestamp'])}.${body}`).digest('base64')}`);
  expect(JSON.parse(body)).toMatchObject({ type: 'audit.checkpoint', data: checkpoint });
  expect(await sink.read('acme', { skip: 0, limit: 1 })).toBeNull();
});

test.each([500, 302, 404])('webhook: an answer of %d is no receipt', async (status) => {
  const hook = await receiver(status);
  await expect(checkpointSinks.webhook.create({ egress: hooksOfThisMachine, url: hook.url, secret: null, timeoutMs: 2_000 }).put(sampleCheckpoint('acme', 1))).rejects.toMatchObject({ code: 'LM_SINK_UNAVAILABLE', retryable: true });
  await hook.close();
});

test('webhook: outside development only public https, and never what a name hides', async () => {
  const strict = { allow: [], loopback: false, own: [] };
  expect(() => checkpointSinks.webhook.create({ egress: createEgress('webhook', strict), url: 'http://169.254.169.254/', secret: null, timeoutMs: 500 })).toThrow(expect.objectContaining({ code: 'LM_EGRESS_DENIED' }));
  const hidden = createEgress('webhook', strict, (_host, _options, done) => { done(null, [{ address: '10.0.0.1', family: 4 }]); });
  await expect(checkpointSinks.webhook.create({ egress: hidden, url: 'https://auditor.example.com/', secret: null, timeoutMs: 500 }).put(sampleCheckpoint('acme', 1))).rejects.toMatchObject({ code: 'LM_EGRESS_DENIED' });
});
