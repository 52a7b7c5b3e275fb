import { LastmileError } from '../../domain/errors.ts';
import type { TenantId } from '../../domain/ids.ts';
import type { KillRecord } from '../../domain/kill/kill.ts';
import type { KillPorts } from './kill-ports.ts';
import { tellOfState, type Tellings } from './tellings.ts';
import { killNamed } from './view.ts';

/** What changes by itself all the time is written this often. */
const REFRESH_MS = 5_000;
const MOST_RACES = 20;

/** The record as it is stored now; null when somebody was faster. What would say nothing new is not written. */
export async function saved(ports: KillPorts, tellings: Tellings, before: KillRecord, after: KillRecord): Promise<KillRecord | null> {
  const nowMs = ports.clock();
  if (substance(before) === substance(after) && nowMs - before.updatedAtMs < REFRESH_MS) return before;
  const record: KillRecord = { ...after, revisionOfRecord: before.revisionOfRecord + 1, updatedAtMs: nowMs };
  if (!(await ports.stores.kills.update(record))) return null;
  if (before.state !== record.state) tellOfState(ports, tellings, record);
  return record;
}

/** Changes the record whatever the driver writes meanwhile; `change` gives the same record back where there is nothing to do. LM_NOT_FOUND, LM_BUSY. */
export async function changeKill({ stores, clock }: Pick<KillPorts, 'stores' | 'clock'>, { tenant, id }: { readonly tenant: TenantId; readonly id: string | undefined }, change: (record: KillRecord) => KillRecord): Promise<KillRecord> {
  for (let round = 0; round < MOST_RACES; round += 1) {
    const record = await killNamed({ stores }, tenant, id);
    const changed = change(record);
    if (changed === record) return record;
    const next: KillRecord = { ...changed, revisionOfRecord: record.revisionOfRecord + 1, updatedAtMs: clock() };
    if (await stores.kills.update(next)) return next;
  }
  throw new LastmileError('LM_BUSY', 'The record of this kill changes all the time; send the same request again.', { retryAfterMs: 1_000 });
}

/** All but times that move with every look: leases, and when the same probe had the same answer again. */
function substance(record: KillRecord): string {
  return JSON.stringify({
    ...record, updatedAtMs: 0, revisionOfRecord: 0, bound: record.bound?.replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/, '') ?? null,
    gateways: record.gateways.map((fence) => ({ ...fence, leaseUntilMs: 0 })), probes: record.probes.map((probe) => ({ ...probe, atMs: 0 })),
  });
}
