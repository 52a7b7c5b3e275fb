import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { notifiers } from '../../../adapters/notify/index.ts';
import { Secret } from '../../../config/schema.ts';
import type { Notice } from '../../../ports/notifier.ts';
import { hooksOfThisMachine } from '../../support/egress.ts';

const notice: Notice = { id: 'rol-1/promoted', tenantId: 'default', deployment: 'churn', type: 'rollout.promoted', text: 'Version 8 decides.', atMs: 1_700_000_000_000, link: null };

interface Received { readonly headers: IncomingHttpHeaders; readonly body: string }
async function receiver(status: number, headers: Record<string, string> = {}): Promise<{ url: string; received: Received[]; close(): Promise<void> }> {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => { body += chunk.toString(); });
    request.on('end', () => { received.push({ headers: request.headers, body }); response.writeHead(status, headers).end(); });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`, received, close: async () => { server.close(); await once(server, 'close'); } };
}

test('log writes one JSON line', async () => {
  const lines: string[] = [];
  await notifiers.log.create({ write: (line) => lines.push(line) }).send(notice);
  expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([{ notice }]);
});

test('webhook: one id in every attempt, signed over id, time and body', async () => {
  const hook = await receiver(204);
  const secret = new Secret('a secret of at least 24 characters');
  const webhook = notifiers.webhook.create({ egress: hooksOfThisMachine, url: hook.url, secret, timeoutMs: 2_000 });
  await webhook.send(notice);
  await webhook.send(notice);
  await hook.close();
  expect(hook.received.map(({ headers }) => headers['webhook-id'])).toEqual([notice.id, notice.id]);
  const { headers, body } = hook.received[0]!;
  const expected = createHmac('sha256', secret.reveal()).update(`${notice.id}.${String(headers['webhook-timestamp'])}.${body}`).digest('base64');
  expect(headers['webhook-signature']).toBe(`v1,${expected}`);
  expect(JSON.parse(body)).toMatchObject({ type: 'rollout.promoted', data: notice });
});

test.each([[500, {}], [404, {}], [302, { location: 'http://169.254.169.254/' }]] as const)('webhook: an answer of %d is retryable and no redirect is followed', async (status, headers) => {
  const hook = await receiver(status, headers);
  await expect(notifiers.webhook.create({ egress: hooksOfThisMachine, url: hook.url, secret: null, timeoutMs: 2_000 }).send(notice)).rejects.toMatchObject({ code: 'LM_BACKEND_UNAVAILABLE', retryable: true });
  await hook.close();
  expect(hook.received).toHaveLength(1);
});

test('webhook: a dead address is retryable', async () => {
  await expect(notifiers.webhook.create({ egress: hooksOfThisMachine, url: 'http://127.0.0.1:9/', secret: null, timeoutMs: 500 }).send(notice)).rejects.toMatchObject({ code: 'LM_BACKEND_UNAVAILABLE' });
});
