import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** A plain TCP proxy before a model server. It counts connections, and HTTP requests at the moment their heads are whole; the product does not know it. */
export interface CountingProxy {
  readonly port: number;
  readonly connections: () => number;
  readonly requests: readonly { readonly line: string; readonly atMs: number }[];
  close(): Promise<void>;
}

/** On `port`, or any free one. */
export async function countingProxy(targetPort: number, port = 0): Promise<CountingProxy> {
  const requests: { line: string; atMs: number }[] = [];
  const sockets = new Set<Socket>();
  let connections = 0;
  const server = createServer((caller) => {
    connections += 1;
    const target = connect(targetPort, '127.0.0.1');
    const count = requestCounter((line) => { requests.push({ line, atMs: Date.now() }); });
    caller.on('data', (chunk: Buffer) => { count(chunk); target.write(chunk); });
    target.on('data', (chunk: Buffer) => { caller.write(chunk); });
    for (const [one, other] of [[caller, target], [target, caller]] as const) {
      sockets.add(one);
      one.on('error', () => undefined).on('close', () => { sockets.delete(one); other.destroy(); });
    }
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port, connections: () => connections, requests,
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

/** Follows the bytes of one connection: head, then as many bytes of body as `content-length` says. */
function requestCounter(found: (line: string) => void): (chunk: Buffer) => void {
  let pending = Buffer.alloc(0);
  let bodyLeft = 0;
  return (chunk) => {
    pending = Buffer.concat([pending, chunk]);
    for (;;) {
      const skipped = Math.min(bodyLeft, pending.length);
      pending = pending.subarray(skipped);
      bodyLeft -= skipped;
      const end = bodyLeft > 0 ? -1 : pending.indexOf('\r\n\r\n');
      if (end === -1) return;
      const head = pending.subarray(0, end).toString('latin1');
      found(head.split('\r\n', 1)[0]!);
      bodyLeft = Number(/^content-length: *(\d+)/im.exec(head)?.[1] ?? 0);
      pending = pending.subarray(end + 4);
    }
  };
}
