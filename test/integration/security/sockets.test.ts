import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { createWorld, smallFile, type World } from '../../support/api-world.ts';
import { expectNoInsides } from './expectations.ts';

/** What comes below HTTP: bytes on a socket (A9.36). Each is answered by a refusal with every header, or not at all; the next caller is answered as ever. */

let world: World;
let key: string;
beforeAll(async () => {
  world = await createWorld({ limits: { bodyMs: 150, bodyBytes: 4_096 } });
  key = await world.key();
  await world.call('PUT', '/api/v1/deployments/churn', { key, body: { spec: smallFile() } });
});
afterAll(() => world.close());

/** Sends the bytes, and the rest when told to drip; gives what came back until the other side closed or was quiet. */
function exchange(bytes: string | Buffer, patienceMs = 1_500): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(world.port, '127.0.0.1');
    let text = '';
    const done = (): void => { clearTimeout(timer); socket.destroy(); resolve(text); };
    const timer = setTimeout(done, patienceMs);
    socket.on('data', (chunk: Buffer) => { text += chunk.toString('latin1'); }).on('error', done).on('close', done);
    socket.write(bytes);
  });
}

function expectRefused(answer: string): void {
  const [head = '', body = ''] = answer.split('\r\n\r\n');
  expect(head).toMatch(/^HTTP\/1\.1 4\d\d /);
  for (const header of ['x-content-type-options: nosniff', 'x-frame-options: deny', 'cache-control: no-store', 'content-type: application/problem+json']) expect(head.toLowerCase()).toContain(header);
  expect(head).not.toMatch(/injected/i);
  expect(body).toContain('"code":"LM_');
  expectNoInsides(body);
}
const get = (path: string, headers = ''): string => `GET ${path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n${headers}\r\n`;
const withKey = (): string => `authorization: Bearer ${key}\r\n`;

test.each<[string, () => string | Buffer]>([
  ['no HTTP', () => 'hello\r\n\r\n'], ['TLS', () => Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xfc, 0x03, 0x03])], ['a method of nobody', () => 'BREW /pot HTTP/1.1\r\nhost: x\r\n\r\n'],
  ['headers of a megabyte', () => get('/api/v1/health', `x-a: ${'a'.repeat(1 << 20)}\r\n`)], ['ten thousand headers', () => get('/api/v1/health', Array.from({ length: 10_000 }, (_, i) => `x-${String(i)}: 1\r\n`).join(''))],
  ['a line of a hundred kilobytes', () => get(`/${'a'.repeat(100_000)}`)], ['a bare CR in a value', () => get('/api/v1/health', 'x-a: a\rinjected: 1\r\n')], ['a null in a value', () => get('/api/v1/health', 'x-a: a\0b\r\n')],
  ['a blank before the colon', () => get('/api/v1/health', 'x-a : 1\r\n')], ['a line that goes on', () => get('/api/v1/health', 'x-a: 1\r\n injected: 1\r\n')], ['a control sign in a name', () => get('/api/v1/health', 'x\x01a: 1\r\n')], ['a null in the path', () => get('/api/v1/\0')],
  ['two lengths', () => `POST /api/v1/plan HTTP/1.1\r\nhost: x\r\n${withKey()}content-length: 2\r\ncontent-length: 3\r\n\r\n{}`],
  ['a length and chunks', () => `POST /api/v1/plan HTTP/1.1\r\nhost: x\r\n${withKey()}content-length: 2\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`],
  ['a length below zero', () => `POST /api/v1/plan HTTP/1.1\r\nhost: x\r\n${withKey()}content-length: -1\r\n\r\n`], ['a length of 2^64', () => `POST /api/v1/plan HTTP/1.1\r\nhost: x\r\n${withKey()}content-length: 18446744073709551616\r\n\r\n`],
  ['a length of 2^63 - 1', () => `POST /api/v1/plan HTTP/1.1\r\nhost: x\r\n${withKey()}content-type: application/json\r\ncontent-length: 9223372036854775807\r\n\r\n`],
  ['a chunk of no length', () => `POST /api/v1/plan HTTP/1.1\r\nhost: x\r\n${withKey()}content-type: application/json\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n\r\n`],
  ['no host', () => 'GET /api/v1/health HTTP/1.1\r\n\r\n'], ['a proxy\'s address', () => get('http://169.254.169.254/latest/')], ['dots in the path', () => get('/../../etc/passwd')], ['coded dots in the path', () => get('/%2e%2e/%2e%2e/etc/passwd')], ['coded line ends in the path', () => get('/api/v1/deployments/x%0d%0ainjected:%201', withKey())],
  ['a key with a line end', () => get('/api/v1/deployments', `authorization: Bearer ${key}\t\tx\r\n`)], ['two keys', () => get('/api/v1/deployments', 'authorization: Bearer lm_a, Bearer lm_b\r\n')], ['a key of ten thousand signs', () => get('/api/v1/deployments', `authorization: Bearer lm_${'a'.repeat(10_000)}\r\n`)],
  ['an expectation', () => `POST /api/v1/plan HTTP/1.1\r\nhost: x\r\nconnection: close\r\nexpect: 200-maybe\r\n${withKey()}content-length: 2\r\n\r\n{}`],
])('%s', async (_what, bytes) => {
  const answer = await exchange(bytes());
  expectRefused(answer);
  expect((await world.call('GET', '/api/v1/health')).status).toBe(200);
});

test('a body that drips, or never comes, is refused when its time is over, and one that says too much at once', async () => {
  const head = (length: number): string => `POST /api/v1/plan HTTP/1.1\r\nhost: x\r\n${withKey()}content-type: application/json\r\ncontent-length: ${String(length)}\r\n\r\n`;
  const late = await exchange(`${head(100)}{"spec"`, 5_000);
  expectRefused(late);
  expect(late).toMatch(/^HTTP\/1\.1 408 /);
  expect(await exchange(head(5_000))).toMatch(/^HTTP\/1\.1 413 /);
});

test('two hundred sockets that say half a line do not keep others out', async () => {
  const sockets = Array.from({ length: 200 }, () => connect(world.port, '127.0.0.1'));
  for (const socket of sockets) socket.on('error', () => undefined).write('GET /api/v1/hea');
  await delay(50);
  expect((await world.call('GET', '/api/v1/health')).status).toBe(200);
  for (const socket of sockets) socket.destroy();
});

test('memory stays where it was over thousands of hostile bodies', async () => {
  const hostile = [`{"spec":${'['.repeat(1_500)}`, `{"spec":{"a":"${'x'.repeat(4_000)}"}}`, 'x'.repeat(4_096), '{"a":1,"a":2}'];
  const beforeBytes = process.memoryUsage().rss;
  for (let i = 0; i < 1_000; i += 1) expect((await world.call('POST', '/api/v1/plan', { key, raw: hostile[i % hostile.length]! })).status).toBeLessThan(500);
  expect(process.memoryUsage().rss - beforeBytes).toBeLessThan(200 << 20);
});
