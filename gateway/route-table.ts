import { verifyTable, type SigningKey } from '../config/signing.ts';
import type { Json } from '../domain/canonical-json.ts';
import { digestOfJson } from '../domain/digest.ts';
import type { DeploymentUid, TenantId } from '../domain/ids.ts';
import type { CallerKey, RouteTable, SignedTable, TableRoute } from '../domain/traffic/table.ts';

export type Acceptance = 'accepted' | 'same' | 'unsigned' | 'older';

/** The table that this process obeys, and its lease (decision D3). In memory; obeyed from the moment `accept` returns. */
export interface RouteTableHolder {
  /** Refuses a table whose signature does not hold, or that would take any route back. */
  accept(signed: SignedTable): Acceptance;
  /** The API answered a request sent at `sentMs` (monotonic): the lease runs from there, never longer than the API believes. */
  renewLease(sentMs: number, leaseMs: number): void;
  /** Also true for a table from disk until the first contact. */
  leaseLost(): boolean;
  isHeld(): boolean;
  digest(): string | null;
  route(tenant: TenantId, name: string): TableRoute | null;
  routes(): readonly TableRoute[];
  caller(hash: string): CallerKey | null;
  /** Revision obeyed per deployment: what is acknowledged. */
  applied(): Readonly<Record<DeploymentUid, number>>;
}

interface Held { readonly table: RouteTable; readonly digest: string; readonly routes: ReadonlyMap<string, TableRoute>; readonly callers: ReadonlyMap<string, CallerKey> }

/** `accepted` runs before `accept` returns: what is killed is ended in the same step. */
export function createRouteTable(keys: readonly SigningKey[], elapsedMs: () => number, accepted: () => void): RouteTableHolder {
  let held: Held | null = null;
  let leaseEndMs = -Infinity;
  /** Highest revision ever obeyed per deployment, also of those that are gone. */
  const highest = new Map<DeploymentUid, number>();
  return {
    accept(signed) {
      const table = verified(signed, keys);
      if (table === null) return 'unsigned';
      const digest = contentDigest(table);
      if (held?.digest === digest) return 'same';
      if (isOlder(table, held?.table ?? null, highest)) return 'older';
      for (const { deploymentUid, revision } of table.routes) highest.set(deploymentUid, revision);
      held = { table, digest, routes: new Map(table.routes.map((route) => [nameOf(route.tenantId, route.name), route])), callers: new Map(table.callers.map((caller) => [caller.hash, caller])) };
      accepted();
      return 'accepted';
    },
    renewLease(sentMs, leaseMs) { leaseEndMs = Math.max(leaseEndMs, sentMs + leaseMs); },
    leaseLost: () => elapsedMs() >= leaseEndMs,
    isHeld: () => held !== null,
    digest: () => held?.digest ?? null,
    route: (tenant, name) => held?.routes.get(nameOf(tenant, name)) ?? null,
    routes: () => held?.table.routes ?? [],
    caller: (hash) => held?.callers.get(hash) ?? null,
    applied: () => Object.fromEntries((held?.table.routes ?? []).map(({ deploymentUid, revision }) => [deploymentUid, revision])),
  };
}

/** Of routes and callers alone: the same content issued again, or by another API process, is the same table. */
function contentDigest({ routes, callers }: RouteTable): string { return digestOfJson({ routes, callers } as unknown as Json); }

function nameOf(tenant: TenantId, name: string): string { return `${tenant}/${name}`; }

/** Any route taken back, or a table issued before the held one that lacks a route of it. */
function isOlder(table: RouteTable, held: RouteTable | null, highest: ReadonlyMap<DeploymentUid, number>): boolean {
  if (table.routes.some(({ deploymentUid, revision }) => revision < (highest.get(deploymentUid) ?? -1))) return true;
  if (held === null || table.issuedAtMs >= held.issuedAtMs) return false;
  const there = new Set(table.routes.map(({ deploymentUid }) => deploymentUid));
  return held.routes.some(({ deploymentUid }) => !there.has(deploymentUid));
}

/** Bytes that came over a wire or from a disk: whatever is wrong with them, they are not a signed table. */
function verified(signed: SignedTable, keys: readonly SigningKey[]): RouteTable | null {
  try {
    const table = verifyTable(signed, keys) as Partial<RouteTable> | null;
    return table?.v === 1 && Array.isArray(table.routes) && Array.isArray(table.callers) ? table as RouteTable : null;
  } catch { return null; }
}
