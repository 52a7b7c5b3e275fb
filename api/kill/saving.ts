import type { KillRecord } from '../../domain/kill/kill.ts';
import type { KillPorts } from './kill-ports.ts';
import { tellOfState, type Tellings } from './tellings.ts';

/** What changes by itself all the time is written this often. */
const REFRESH_MS = 5_000;

/** The record as it is stored now; null when somebody was faster. What would say nothing new is not written. */
export async function saved(ports: KillPorts, tellings: Tellings, before: KillRecord, after: KillRecord): Promise<KillRecord | null> {
  const nowMs = ports.clock();
  if (substance(before) === substance(after) && nowMs - before.updatedAtMs < REFRESH_MS) return before;
  const record: KillRecord = { ...after, revisionOfRecord: before.revisionOfRecord + 1, updatedAtMs: nowMs };
  if (!(await ports.stores.kills.update(record))) return null;
  if (before.state !== record.state) tellOfState(ports, tellings, record);
  return record;
}

/** All but times that move with every look: leases, and when the same probe had the same answer again. */
function substance(record: KillRecord): string {
  return JSON.stringify({
    ...record, updatedAtMs: 0, revisionOfRecord: 0, bound: record.bound?.replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/, '') ?? null,
    gateways: record.gateways.map((fence) => ({ ...fence, leaseUntilMs: 0 })), probes: record.probes.map((probe) => ({ ...probe, atMs: 0 })),
  });
}
