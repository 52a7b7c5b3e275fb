import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/**
 * What the network between two processes does. `blackhole` holds every byte back until the mode changes, as TCP does across a partition: nothing is
 * lost, nobody is told. `reset` ends what is open with RST, and each new connection at once. `latency` delays each chunk, `drip` lets 256 bytes pass at a time.
 */
export type NetworkMode =
  | { readonly kind: 'pass' } | { readonly kind: 'blackhole' } | { readonly kind: 'reset' }
  | { readonly kind: 'latency'; readonly ms: number } | { readonly kind: 'drip'; readonly everyMs: number };

/** A TCP proxy before one process; the product does not know it. Its port stays when the process behind it is killed and started again. */
export interface FaultProxy {
  readonly port: number;
  set(mode: NetworkMode): void;
  close(): Promise<void>;
}

const PASS: NetworkMode = { kind: 'pass' };
const DRIP_BYTES = 256;
/** Above it the sender is told to wait. */
const HELD_BYTES = 4 << 20;

export async function faultProxy(of: { readonly targetPort: number; readonly port?: number }): Promise<FaultProxy> {
  const sockets = new Set<Socket>();
  let mode = PASS;
  let changed = turn();
  const network: Network = { mode: () => mode, changed: () => changed.promise };
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (caller) => {
    if (mode.kind === 'reset') { caller.resetAndDestroy(); return; }
    const target = connect({ port: of.targetPort, host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
    for (const [one, other] of [[caller, target], [target, caller]] as const) {
      sockets.add(one);
      one.on('error', () => { other.resetAndDestroy(); }).on('close', () => { sockets.delete(one); });
      carry(one, other, network);
    }
  });
  server.listen(of.port ?? 0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    set(next) {
      mode = next;
      changed.come();
      changed = turn();
      if (next.kind === 'reset') for (const socket of sockets) socket.resetAndDestroy();
    },
    async close() {
      const closed = once(server, 'close');
      server.close();
      mode = PASS;
      changed.come();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

interface Turn { readonly promise: Promise<null>; come(): void }

function turn(): Turn {
  let come = (): void => undefined;
  const promise = new Promise<null>((resolve) => { come = () => { resolve(null); }; });
  return { promise, come };
}

interface Network { mode(): NetworkMode; changed(): Promise<null> }

/** One direction: bytes in order, each under the mode of its moment. `null` is the end of the stream. */
function carry(from: Socket, to: Socket, network: Network): void {
  const waiting: (Buffer | null)[] = [];
  let held = 0;
  let running = false;
  const pump = async (): Promise<void> => {
    running = true;
    for (let chunk = waiting.shift(); chunk !== undefined; chunk = waiting.shift()) {
      if (network.mode().kind !== 'pass') await passage(chunk ?? Buffer.alloc(0), network, (part) => { write(to, part); });
      else if (chunk !== null) write(to, chunk);
      if (chunk === null) { to.end(); break; }
      held -= chunk.length;
      if (held < HELD_BYTES && from.isPaused()) from.resume();
    }
    running = false;
  };
  const take = (chunk: Buffer | null): void => {
    waiting.push(chunk);
    held += chunk?.length ?? 0;
    if (held >= HELD_BYTES) from.pause();
    if (!running) void pump();
  };
  from.on('data', take).on('end', () => { take(null); });
}

function write(to: Socket, part: Buffer): void { if (part.length > 0 && to.writable) to.write(part); }

/** Lets the bytes through as the mode says; one that changes under way takes hold at once. */
async function passage(chunk: Buffer, network: Network, through: (part: Buffer) => void): Promise<void> {
  let rest = chunk;
  for (;;) {
    const mode = network.mode();
    switch (mode.kind) {
      case 'blackhole': await network.changed(); continue;
      case 'latency': await Promise.race([delay(mode.ms, null, { ref: false }), network.changed()]); break;
      case 'drip': {
        through(rest.subarray(0, DRIP_BYTES));
        rest = rest.subarray(DRIP_BYTES);
        if (rest.length === 0) return;
        await Promise.race([delay(mode.everyMs, null, { ref: false }), network.changed()]);
        continue;
      }
      case 'pass': case 'reset':
    }
    through(rest);
    return;
  }
}
