import { once } from 'node:events';
import type { Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import type { Egress } from '../config/egress.ts';
import type { Log } from '../config/log.ts';
import type { Running } from '../config/run.ts';
import type { SigningKey } from '../config/signing.ts';
import { createAdminServer } from './admin.ts';
import { createBell, type Bell } from './bell.ts';
import { needsKeys } from './caller.ts';
import { systemClock, type GatewayClock } from './clock.ts';
import type { Context } from './context.ts';
import { newCounters } from './counters.ts';
import { createFence } from './fence.ts';
import { firstOf } from './first-of.ts';
import { createUpstreams, type Upstreams } from './forward.ts';
import { LIMITS, type Limits } from './limits.ts';
import { openOwnKills } from './own-kills.ts';
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
  /** Taken beside it while it is rotated. */
  readonly otherServiceTokens?: readonly string[];
  /** Which model servers it may call. */
  readonly egress: Egress;
  /** The listener of this process alone. `url`: where API and command line find it, when that is not host and port. */
  readonly admin: { readonly host: string; readonly port: number; readonly url: string | null };
  /** Verify route tables and break-glass tokens. */
  readonly keys: readonly SigningKey[];
  /** Own kills are kept beside it. */
  readonly tablePath: string;
  /** Until the API says its own. */
  readonly leaseMs: number;
  readonly log: Log;
  readonly limits?: Partial<Limits>;
  readonly clock?: GatewayClock;
}

export interface RunningGateway extends Running { readonly port: number; readonly adminPort: number }

/** One gateway process: own kills and table from disk, a few seconds of sync, then serving; it needs neither the API nor the collector to go on. */
export async function startGateway(options: GatewayOptions): Promise<RunningGateway> {
  const clock = options.clock ?? systemClock();
  const limits = { ...LIMITS, ...options.limits };
  const { context, file, bell, upstreams } = await assemble(options, { clock, limits });
  const server = createGatewayServer(context);
  const admin = createAdminServer(context, { keys: options.keys, host: options.admin.host });
  await listen(admin, options.admin);
  const adminPort = portOf(admin);
  const kept = await file.read();
  if (kept !== null && context.table.accept(kept) === 'unsigned') options.log.warn('the route table on disk is not signed by a key at hand; it is left aside', {});
  const adminAddress = options.admin.url ?? addressOf(options.admin.host, adminPort);
  const sync = startSync({
    ...options, clock, file, bell, table: context.table, ownKills: context.ownKills,
    describe: () => ({ ...context.identity, address: options.address, adminAddress, quiet: context.fence.quiet(null), stats: statsOf(context) }),
  });
  const shipping = startShipping({ ...options, queue: context.queue, elapsedMs: clock.elapsedMs });
  await firstOf(sync.firstContact, limits.firstSyncMs);
  try { await listen(server, { ...options, reusePort: process.platform === 'linux' }); } catch (error) {
    await Promise.all([shipping.stop(0), sync.stop(), drain(admin, 0)]);
    throw error;
  }
  return {
    port: portOf(server), adminPort,
    async stop() {
      await drain(server, limits.drainMs);
      await firstOf(settled(context), limits.flushMs);
      await drain(admin, 0);
      await Promise.all(upstreams.map((upstream) => upstream.close()));
      await settled(context);
      await shipping.stop(limits.flushMs);
      await sync.stop();
      await Promise.all([file.flushed(), context.ownKills.flushed()]);
    },
  };
}

interface Parts { readonly context: Context; readonly file: TableFile; readonly bell: Bell; readonly upstreams: readonly Upstreams[] }

async function assemble(options: GatewayOptions, { clock, limits }: { clock: GatewayClock; limits: Limits }): Promise<Parts> {
  const identity = { gatewayId: options.gatewayId, incarnation: Date.now() };
  const { elapsedMs, utcMs } = clock;
  const counters = newCounters(utcMs());
  const queue = createRecordQueue({ ...identity, capBytes: limits.recordQueueBytes, clock });
  const bell = createBell();
  const { table, ownKills, fence } = await control(options, { clock, bell });
  const serving = createUpstreams({ connections: limits.servingConnections, answerBytes: limits.answerBytes, elapsedMs, egress: options.egress });
  const shadow = createUpstreams({ connections: limits.mirrorsPerVariant, answerBytes: limits.answerBytes, elapsedMs, egress: options.egress });
  const mirrors = createMirrors({ upstreams: shadow, fence, queue, counters, elapsedMs, perVariant: limits.mirrorsPerVariant, bytes: limits.mirrorBytes, textBytes: limits.recordTextBytes, breaker: limits.mirrorBreaker, log: options.log });
  const context: Context = {
    table, ownKills, fence, serving, mirrors, queue, counters, clock, limits, identity, log: options.log,
    keysNeeded: needsKeys(options.host), serviceTokens: [options.serviceToken, ...options.otherServiceTokens ?? []], background: new Set(),
  };
  return { context, file: tableFile(options.tablePath), bell, upstreams: [serving, shadow] };
}

/** Routes, own kills, and the fence that obeys both in the very step in which one of them changes. */
async function control(options: GatewayOptions, { clock, bell }: { clock: GatewayClock; bell: Bell }): Promise<Pick<Context, 'table' | 'ownKills' | 'fence'>> {
  const table = createRouteTable(options.keys, clock.elapsedMs, () => { fence.obey(); });
  const ownKills = await openOwnKills(join(dirname(options.tablePath), 'own-kills.json'), {
    changed: () => { fence.obey(); bell.ring(); },
    failed: (error) => { options.log.error('the break-glass kills could not be written; merged ones are kept', { error }); },
  });
  const fence = createFence({ routes: () => table.routes(), ownKillings: (uid) => ownKills.killings(uid), utcMs: clock.utcMs, changed: () => { bell.ring(); } });
  return { table, ownKills, fence };
}

function portOf(server: Server): number { return (server.address() as AddressInfo).port; }

function addressOf(host: string, port: number): string {
  const shown = host === '0.0.0.0' ? '127.0.0.1' : host;
  return `http://${shown.includes(':') ? `[${shown}]` : shown}:${String(port)}`;
}

/** Several processes share one port where the system can (decision D9). */
async function listen(server: Server, { host, port, reusePort = false }: { readonly host: string; readonly port: number; readonly reusePort?: boolean }): Promise<void> {
  server.listen({ host, port, reusePort });
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
