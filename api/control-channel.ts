import type { Log } from '../config/log.ts';
import { signTable, type SigningKey } from '../config/signing.ts';
import type { Json } from '../domain/canonical-json.ts';
import { digestOf, digestOfJson } from '../domain/digest.ts';
import type { Route } from '../domain/traffic/route.ts';
import type { CallerKey, GatewaySync, GatewaySyncAnswer, RouteTable, SignedTable, TableRoute } from '../domain/traffic/table.ts';
import type { GatewayRegistration } from '../ports/gateway-registry.ts';
import type { ApiKey } from '../ports/key-store.ts';
import type { Stores } from '../ports/stores.ts';
import { isLive } from './auth.ts';
import { adoptOwnKills } from './kill/adopt.ts';
import { killRevivedBy } from '../domain/kill/order.ts';
import type { KillDriver } from './kill/driver.ts';

/** How often the table is rebuilt without a word from the store: keys expire and are revoked without one. */
const REBUILD_MS = 2_000;
/** The gateway counts its lease from the moment it asked, which is before it was heard; the rest is for clocks that are adjusted. */
const SLACK_MS = 1_000;

/** The table as it is now. Its digest is over routes and callers alone: time of issue and signature are not content. */
export interface CurrentTable { readonly digest: string; readonly textDigest: string; readonly signed: SignedTable }

export interface ControlChannel {
  /**
   * Registers the gateway, takes its own kills into the routes, and answers with a table when it has another, at once or within waitMs.
   * What was told in a sync that is answered is in the route: the gateway may forget it. LM_STORE_UNAVAILABLE.
   */
  sync(request: GatewaySync, gone: AbortSignal): Promise<GatewaySyncAnswer>;
  goodbye(gatewayId: string): Promise<void>;
  start(): Promise<void>;
  stop(): Promise<void>;
}

export interface ControlChannelParts { readonly stores: Stores; readonly kills: KillDriver; readonly key: SigningKey; readonly leaseMs: number; readonly clock: () => number; readonly log: Log }

/** Streams routes to gateways by long poll (decision D3). A database that is away renews no lease: nobody can say what holds. */
export function createControlChannel({ stores, kills, key, leaseMs, clock, log }: ControlChannelParts): ControlChannel {
  const wakes = new Set<() => void>();
  let current: CurrentTable | null = null;
  let building: Promise<CurrentTable> | null = null;
  let again = false;
  let timer: NodeJS.Timeout | null = null;
  let unwatch: (() => Promise<void>) | null = null;

  const build = async (): Promise<CurrentTable> => {
    const [routes, callers] = await Promise.all([stores.routes.all(), stores.keys.callers()]);
    const content = tableContent(routes, callers, clock());
    const digest = digestOfJson(content as unknown as Json);
    if (current?.digest === digest) return current;
    const signed = signTable({ v: 1, issuedAtMs: clock(), ...content }, key);
    current = { digest, textDigest: digestOf(signed.table), signed };
    for (const wake of [...wakes]) wake();
    return current;
  };
  /** A change that comes while a table is being built may be missing in it: one more is built then. */
  const fresh = (): Promise<CurrentTable> => {
    if (building !== null) { again = true; return building; }
    building = (async () => {
      let table = await build();
      while (again) { again = false; table = await build(); }
      return table;
    })().finally(() => { building = null; again = false; });
    return building;
  };
  const refresh = (): void => { fresh().catch((error: unknown) => { log.warn('route table: the stores cannot be read', { error }); }); };
  const otherThan = async (known: string | null, waitMs: number, gone: AbortSignal): Promise<CurrentTable | null> => {
    const until = clock() + waitMs;
    let table = await fresh();
    while (known !== null && isKnown(table, known)) {
      const left = until - clock();
      if (left <= 0 || gone.aborted || !(await wakened(wakes, left, gone))) return null;
      table = current ?? table;
    }
    return table;
  };

  return {
    async sync(request, gone) {
      await listenTo({ stores, kills, leaseMs, clock, log }, request);
      const table = await otherThan(request.tableDigest, Math.min(request.waitMs, Math.floor(leaseMs / 3)), gone);
      return { table: table?.signed ?? null, leaseMs };
    },
    goodbye: (gatewayId) => stores.gateways.remove(gatewayId).then(() => { kills.heard(); }),
    async start() {
      unwatch = await stores.routes.watch(refresh);
      timer = setInterval(() => { if (wakes.size > 0) refresh(); }, REBUILD_MS);
      timer.unref();
    },
    async stop() {
      if (timer !== null) clearInterval(timer);
      for (const wake of [...wakes]) wake();
      await unwatch?.();
    },
  };
}

/** What a gateway says of itself, before it is answered. */
async function listenTo({ stores, kills, leaseMs, clock, log }: Omit<ControlChannelParts, 'key'>, request: GatewaySync): Promise<void> {
  const nowMs = clock();
  await stores.gateways.seen(registrationOf(request, nowMs, nowMs + leaseMs + SLACK_MS));
  await adoptOwnKills({ stores, clock, log }, kills, request);
  kills.heard();
}

/** Gateways may name what they have by its content, or by the exact text that they verified. */
function isKnown({ digest, textDigest }: CurrentTable, known: string): boolean { return known === digest || known === textDigest; }

/** In a fixed order, so that equal content has an equal digest. */
export function tableContent(routes: readonly Route[], keys: readonly ApiKey[], nowMs: number): Pick<RouteTable, 'routes' | 'callers'> {
  return {
    routes: routes.map(withoutLog).sort((a, b) => byText(a.deploymentUid, b.deploymentUid)),
    callers: keys.filter((key) => isLive(key, nowMs)).map(({ hash, tenantId, scopes }): CallerKey => ({ hash, tenantId, scopes })).sort((a, b) => byText(a.hash, b.hash)),
  };
}
function withoutLog({ applied, ...rest }: Route): TableRoute {
  const revivedKills = applied.flatMap(({ commandId, outcome }) => (outcome === 'applied' ? killRevivedBy(commandId) ?? [] : []));
  return revivedKills.length === 0 ? rest : { ...rest, revivedKills };
}
function byText(a: string, b: string): number { return a < b ? -1 : a > b ? 1 : 0; }

function registrationOf({ gatewayId, incarnation, address, adminAddress, applied, ownKills, quiet, stats }: GatewaySync, seenAtMs: number, leaseUntilMs: number): GatewayRegistration {
  return { gatewayId, incarnation, address, adminAddress, applied, ownKills, quiet, stats, seenAtMs, leaseUntilMs };
}

/** True when woken by another table, false when the time is over or the gateway has gone. */
function wakened(wakes: Set<() => void>, ms: number, gone: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    const done = (woken: boolean) => (): void => { clearTimeout(timer); wakes.delete(wake); gone.removeEventListener('abort', leave); resolve(woken); };
    const wake = done(true);
    const leave = done(false);
    const timer = setTimeout(leave, ms);
    wakes.add(wake);
    gone.addEventListener('abort', leave, { once: true });
  });
}
