import { drillIdOf } from '../../domain/kill/drill.ts';
import type { KillRecord } from '../../domain/kill/kill.ts';
import { variantsUnder, newKill, scopeOf } from '../../domain/kill/order.ts';
import type { Route, Tombstone } from '../../domain/traffic/route.ts';
import type { KillPorts } from './kill-ports.ts';
import { tellOfDrillEnd, tellOfEvidence, type Tellings } from './tellings.ts';
import { killedVariants } from './variants.ts';

const RECENT = 20;
const RECENT_MS = 86_400_000;
const NOBODY: KillRecord['actor'] = { kind: 'service', name: 'unknown' };

/**
 * Makes good what a process that died left undone: a kill in a route without a record gets one, and a proof that the audit chain has not heard of
 * is told. A route is written before its record: only what was missing at the look before too is taken for lost. Returns what is missing now.
 */
export async function reconcile(ports: KillPorts, tellings: Tellings, missingBefore: ReadonlySet<string>): Promise<ReadonlySet<string>> {
  const missing = new Set<string>();
  for (const route of await ports.stores.routes.all()) {
    if (route.tombstones.length === 0 && route.drilled === undefined) continue;
    const records = await ports.stores.kills.list(route.tenantId, route.deploymentUid, RECENT);
    for (const record of records) tellAgain(ports, tellings, record);
    for (const killId of await withoutRecord(ports, route, records)) {
      const key = `${route.tenantId}/${killId}`;
      if (missingBefore.has(key)) await restore(ports, route, killId, records);
      else missing.add(key);
    }
  }
  return missing;
}

/** Audit records have ids of their own: what the chain has already is not written twice. */
function tellAgain(ports: KillPorts, tellings: Tellings, record: KillRecord): void {
  const isRecent = (atMs: number | null): boolean => ports.clock() - (atMs ?? 0) < RECENT_MS;
  if (record.state === 'proved' && isRecent(record.provedAtMs)) tellOfEvidence(ports, tellings, record);
  if (record.drillId !== null && record.state === 'revived' && isRecent(record.revivedAtMs)) tellOfDrillEnd(ports, tellings, record);
}

async function withoutRecord({ stores }: KillPorts, route: Route, records: readonly KillRecord[]): Promise<readonly string[]> {
  const ids = route.applied.filter(({ commandId, outcome }) => commandId.startsWith('kil_') && outcome === 'applied').map(({ commandId }) => commandId);
  const unlisted = ids.filter((id) => records.every(({ killId }) => killId !== id));
  const found = await Promise.all(unlisted.map((id) => stores.kills.get(route.tenantId, id)));
  return unlisted.filter((_, i) => found[i] === null);
}

/** What is left of the order is its id, and the tombstones that no other record accounts for. Who gave it is in the log of the process that took it. */
async function restore({ stores, clock, log }: KillPorts, route: Route, killId: string, records: readonly KillRecord[]): Promise<void> {
  const accounted = new Set(records.filter(({ state }) => state !== 'revived').flatMap(({ targets }) => targets));
  const targets = route.tombstones.filter((each) => !accounted.has(each));
  if (targets.length === 0) return;
  const variants = await killedVariants(stores, route.tenantId, variantsUnder(route, targets));
  const revision = route.applied.find(({ commandId }) => commandId === killId)?.revision ?? route.revision;
  const order = { killId, scope: scopeOf(targets), targets, inFlight: 'abort', actor: NOBODY, via: 'api', reason: null, requestedAtMs: clock(), drillId: isDrill(route, targets) ? drillIdOf(killId) : null } as const;
  log.warn('a kill was in the route without a record; it has one now', { killId, deployment: route.name });
  await stores.kills.put(newKill(route, order, { variants, revision }));
}

function isDrill({ drilled = [] }: Route, targets: readonly Tombstone[]): boolean { return targets.every((each) => drilled.includes(each)); }
