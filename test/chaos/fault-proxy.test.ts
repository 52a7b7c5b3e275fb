import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { faultProxy, type FaultProxy } from '../support/fault-proxy.ts';

/** Behind the proxy: a server that gives every byte back. */
let server: Server;
let proxy: FaultProxy;
const open = new Set<Socket>();
beforeEach(async () => {
  server = createServer({ allowHalfOpen: true }, (socket) => { socket.on('error', () => undefined).pipe(socket); });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  proxy = await faultProxy({ targetPort: (server.address() as AddressInfo).port });
});
afterEach(async () => {
  for (const socket of open) socket.destroy();
  await proxy.close();
  server.close();
});

interface Line { readonly socket: Socket; heard(): string; ended(): Promise<string>; whenHeard(text: string): Promise<void> }

async function call(): Promise<Line> {
  const socket = connect(proxy.port, '127.0.0.1');
  open.add(socket);
  let text = '';
  let how = '';
  socket.on('data', (chunk: Buffer) => { text += chunk.toString(); }).on('error', (error: Error & { code?: string }) => { how = error.code ?? ''; });
  const closed = new Promise<void>((resolve) => { socket.once('close', () => { resolve(); }); });
  await new Promise<void>((resolve) => { socket.once('connect', resolve).once('close', () => { resolve(); }); });
  return {
    socket, heard: () => text,
    ended: async () => { await closed; return how; },
    async whenHeard(wanted) {
      while (text !== wanted && !socket.closed) await delay(5);
      expect(text).toBe(wanted);
    },
  };
}

test('pass: all bytes both ways, in order, and the end of a half', async () => {
  const line = await call();
  const long = 'abc'.repeat(100_000);
  line.socket.end(long);
  expect(await line.ended()).toBe('');
  expect(line.heard()).toBe(long);
});

test('blackhole: nothing comes, nothing is lost; when it is over all is there', async () => {
  const line = await call();
  line.socket.write('one');
  await line.whenHeard('one');
  proxy.set({ kind: 'blackhole' });
  line.socket.write(' two');
  await delay(100);
  expect(line.heard()).toBe('one');
  proxy.set({ kind: 'pass' });
  await line.whenHeard('one two');
});

test('reset: what is open is ended, what is new is refused by RST; afterwards it passes again on the same port', async () => {
  const line = await call();
  proxy.set({ kind: 'reset' });
  expect(await line.ended()).toBe('ECONNRESET');
  expect(await (await call()).ended()).toBe('ECONNRESET');
  proxy.set({ kind: 'pass' });
  const again = await call();
  again.socket.write('hello');
  await again.whenHeard('hello');
});

test('drip: 256 bytes at a time; latency: later, but whole', async () => {
  const line = await call();
  const text = 'x'.repeat(1_000);
  proxy.set({ kind: 'drip', everyMs: 3_600_000 });
  line.socket.write(text);
  await delay(100);
  // The first 256 bytes are through to the server and back; the rest waits an hour, or until the mode changes.
  expect(line.heard()).toBe(text.slice(0, 256));
  proxy.set({ kind: 'latency', ms: 10 });
  await line.whenHeard(text);
});

test('a target that is away is a connection that ends', async () => {
  server.close();
  const line = await call();
  line.socket.write('anybody?');
  expect(['ECONNRESET', '']).toContain(await line.ended());
});
