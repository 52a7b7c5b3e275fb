import { once } from 'node:events';
import type { Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { Log } from '../config/log.ts';
import type { Running } from '../config/run.ts';
import type { SigningKey } from '../config/signing.ts';
import { needsKeys } from './caller.ts';
import { systemClock, type GatewayClock } from './clock.ts';
import type { Context } from './context.ts';
import { newCounters } from './counters.ts';
import { createUpstreams, type Upstreams } from './forward.ts';
import { LIMITS, type Limits } from './limits.ts';
import { createRecordQueue } from './record-queue.ts';
import { createRouteTable } from './route-table.ts';
import { createGatewayServer } from './server.ts';
import { createMirrors } from './shadow.ts';
import { startShipping } from './ship.ts';
import { statsOf } from './status.ts';
import { startSync } from './sync.ts';
import { tableFile, type TableFile } from './table-file.ts';

export interface GatewayOptions {
  readonly gatewayId: string;
  readonly host: string;
  /** 0 takes any free one. */
  readonly port: number;
  /** Where callers find it; several processes may share one. */
  readonly address: string;
  readonly apiUrl: string;
  readonly collectorUrl: string;
  readonly serviceToken: string;
  /** Verifies route tables. */
  readonly key: SigningKey;
  readonly tablePath: string;
  /** Until the API says its own. */
  readonly leaseMs: number;
  readonly log: Log;
  readonly limits?: Partial<Limits>;
  readonly clock?: GatewayClock;
}

export interface RunningGateway extends Running { readonly port: number }

/** One gateway process: table from disk, a few seconds of sync, then serving; it needs neither the API nor the collector to go on. */
export async function startGateway(options: GatewayOptions): Promise<RunningGateway> {
  const clock = options.clock ?? systemClock();
  const limits = { ...LIMITS, ...options.limits };
  const parts = assemble(options, { clock, limits });
  const { context, file } = parts;
  const server = createGatewayServer(context);
  const kept = await file.read();
  if (kept !== null && context.table.accept(kept) === 'unsigned') options.log.warn('the route table on disk is not signed by the key at hand; it is left aside', {});
  const sync = startSync({
    ...options, clock, file, table: context.table,
    describe: () => ({ ...context.identity, address: options.address, adminAddress: null, ownKills: {}, quiet: {}, stats: statsOf(context) }),
  });
  const shipping = startShipping({ ...options, queue: context.queue, elapsedMs: clock.elapsedMs });
  await firstOf(sync.firstContact, limits.firstSyncMs);
  try { await listen(server, options); } catch (error) {
    await Promise.all([shipping.stop(0), sync.stop()]);
    throw error;
  }
  return {
    port: (server.address() as AddressInfo).port,
    async stop() {
      await drain(server, limits.drainMs);
      await firstOf(settled(context), limits.flushMs);
      await Promise.all(parts.upstreams.map((upstream) => upstream.close()));
      await settled(context);
      await shipping.stop(limits.flushMs);
      await sync.stop();
      await file.flushed();
    },
  };
}

function assemble(options: GatewayOptions, { clock, limits }: { clock: GatewayClock; limits: Limits }): { context: Context; file: TableFile; upstreams: readonly Upstreams[] } {
  const identity = { gatewayId: options.gatewayId, incarnation: Date.now() };
  const { elapsedMs } = clock;
  const counters = newCounters(clock.utcMs());
  const queue = createRecordQueue({ ...identity, capBytes: limits.recordQueueBytes, clock });
  const serving = createUpstreams({ connections: limits.servingConnections, answerBytes: limits.answerBytes, elapsedMs });
  const shadow = createUpstreams({ connections: limits.mirrorsPerVariant, answerBytes: limits.answerBytes, elapsedMs });
  const mirrors = createMirrors({ upstreams: shadow, queue, counters, elapsedMs, perVariant: limits.mirrorsPerVariant, bytes: limits.mirrorBytes, textBytes: limits.recordTextBytes });
  const context: Context = {
    table: createRouteTable(options.key, elapsedMs), serving, mirrors, queue, counters, clock, limits, identity, log: options.log,
    keysNeeded: needsKeys(options.host), serviceToken: options.serviceToken, background: new Set(),
  };
  return { context, file: tableFile(options.tablePath), upstreams: [serving, shadow] };
}

/** Several processes share one port where the system can (decision D9). */
async function listen(server: Server, { host, port }: GatewayOptions): Promise<void> {
  server.listen({ host, port, reusePort: process.platform === 'linux' });
  await once(server, 'listening');
}

/** Takes no new connection, ends idle ones, and lets what is under way finish; what is not done in time is cut. */
async function drain(server: Server, drainMs: number): Promise<void> {
  const closed = new Promise<void>((resolve) => { server.close(() => { resolve(); }); });
  // A connection that becomes idle now must not take another request.
  server.prependListener('request', (_request, response: ServerResponse) => { response.setHeader('connection', 'close'); });
  const idle = setInterval(() => { server.closeIdleConnections(); }, 50);
  const cut = setTimeout(() => { server.closeAllConnections(); }, drainMs);
  await closed;
  clearInterval(idle);
  clearTimeout(cut);
}

async function settled({ background }: Context): Promise<void> { await Promise.all(background); }

/** Resolves with the work or after the limit, whichever is first. */
async function firstOf(work: Promise<unknown>, limitMs: number): Promise<void> {
  const over = new AbortController();
  await Promise.race([work, delay(limitMs, undefined, { signal: over.signal }).catch(() => undefined)]);
  over.abort();
}
