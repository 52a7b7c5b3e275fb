import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { notifiers } from '../../../adapters/notify/index.ts';
import { createEgress } from '../../../config/egress.ts';
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

test('webhook: while the secret is rotated each one signs, so that a receiver with either takes it', async () => {
  const hook = await receiver(204);
  const [next, old] = [new Secret('the secret that comes, 24+'), new Secret('the secret that goes, 24+')];
  await notifiers.webhook.create({ egress: hooksOfThisMachine, url: hook.url, secret: next, otherSecrets: [old], timeoutMs: 2_000 }).send(notice);
  await hook.close();
  const { headers, body } = hook.received[0]!;
  const expected = [next, old].map((secret) => `v1,${createHmac('sha256', secret.reveal()).update(`${notice.id}.${String(headers['webhook-timestamp'])}.${body}`).digest('base64')}`);
  expect(headers['webhook-signature']).toBe(expected.join(' '));
});

test('webhook: outside development a private, loopback or metadata address is refused before a byte is sent, by address and by what a name resolves to', async () => {
  const hook = await receiver(204);
  const { port } = new URL(hook.url);
  const strict = { allow: [], loopback: false, own: [] };
  for (const url of [hook.url, 'https://169.254.169.254/latest/meta-data', 'https://[::ffff:10.0.0.1]/', 'http://hooks.example.com/', `https://u:p@hooks.example.com/`]) {
    expect(() => notifiers.webhook.create({ egress: createEgress('webhook', strict), url, secret: null, timeoutMs: 500 })).toThrow(expect.objectContaining({ code: 'LM_EGRESS_DENIED' }));
  }
  // The operator allows the name; where it leads is still judged, and it is the judged address that is connected to.
  const to = (address: string, loopback: boolean) => notifiers.webhook.create({
    egress: createEgress('webhook', { ...strict, loopback, allow: ['hooks.test'] }, (_host, _options, done) => { done(null, [{ address, family: address.includes(':') ? 6 : 4 }]); }),
    url: `http://hooks.test:${port}/hook`, secret: null, timeoutMs: 2_000,
  });
  for (const address of ['127.0.0.1', '169.254.169.254', '::ffff:a9fe:a9fe', 'fd00:ec2::254']) await expect(to(address, false).send(notice)).rejects.toMatchObject({ code: 'LM_EGRESS_DENIED', retryable: false });
  expect(hook.received).toEqual([]);
  await to('127.0.0.1', true).send(notice);
  expect(hook.received).toHaveLength(1);
  await hook.close();
});
