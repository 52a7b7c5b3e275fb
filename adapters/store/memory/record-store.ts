import type { DeploymentUid, TenantId } from '../../../domain/ids.ts';
import { NO_RULING_MS, type DropCount, type StoredLeg } from '../../../domain/record.ts';
import type { RecordStore, Watermark } from '../../../ports/record-store.ts';
import { compareText } from '../label-history.ts';
import { HEARD_MS } from '../watermark.ts';
import { createTable, keyOf, type Table } from './table.ts';

type Batch = Parameters<RecordStore['putBatch']>[0];
interface Kept { readonly leg: StoredLeg; readonly duplicate: boolean }
interface Mark { readonly completeToMs: number; readonly heardAtMs: number }
interface State {
  readonly legs: Table<Kept>;
  /** Client's id to the inference that came first under it. */
  readonly aliases: Table<string>;
  readonly batches: Table<true>;
  readonly marks: Table<Mark>;
  readonly drops: Table<DropCount>;
}

export function createRecordStore(): RecordStore {
  const state: State = { legs: createTable(), aliases: createTable(), batches: createTable(), marks: createTable(), drops: createTable() };
  const of = (tenant: TenantId, uid: DeploymentUid, wanted: (kept: Kept) => boolean): Kept[] => state.legs.filter((kept) => kept.leg.tenantId === tenant && kept.leg.deploymentUid === uid && wanted(kept));
  return {
    async putBatch(batch) { return putBatch(state, batch); },
    async legs(tenant, uid, { clock, fromMs, toMs, variantIds }) {
      const time = (leg: StoredLeg): number => (clock === 'ruling' ? leg.rulingMs : leg.atMs);
      return of(tenant, uid, ({ leg, duplicate }) => !duplicate && time(leg) >= fromMs && time(leg) < toMs && variantIds.includes(leg.variantId))
        .map(({ leg }) => leg).sort((a, b) => time(a) - time(b) || compareText(a.inferenceId, b.inferenceId) || compareText(a.variantId, b.variantId));
    },
    async byInference(tenant, uid, id) {
      return of(tenant, uid, ({ leg }) => leg.inferenceId === id).map(({ leg }) => leg).sort((a, b) => compareText(a.variantId, b.variantId));
    },
    async byAlias(tenant, uid, alias) { return state.aliases.get(keyOf(tenant, uid, alias)); },
    async watermark(tenant, uid, nowMs) { return watermark(state, of(tenant, uid, () => true), nowMs); },
    async newestMarkMs() { return greatest(state.marks.filter(() => true).map(({ completeToMs }) => completeToMs)); },
    async drops(tenant, uid, variantId) {
      const found = state.drops.filter((drop) => drop.tenantId === tenant && drop.deploymentUid === uid && drop.variantId === variantId);
      return Object.fromEntries(found.map(({ reason, count }) => [reason, count]));
    },
    async expire(tenant, uid, beforeMs) {
      const old = of(tenant, uid, ({ leg }) => leg.rulingMs < beforeMs);
      for (const { leg, duplicate } of old) {
        state.legs.delete(legKey(leg));
        if (!duplicate) state.aliases.delete(aliasKey(leg));
      }
      return old.length;
    },
  };
}

function putBatch(state: State, batch: Batch): { stored: number; repeated: boolean } {
  const { completeToMs, receivedAtMs } = batch;
  const mark = state.marks.get(batch.gatewayId) ?? { completeToMs, heardAtMs: receivedAtMs };
  state.marks.set(batch.gatewayId, { completeToMs: Math.max(completeToMs, mark.completeToMs), heardAtMs: Math.max(receivedAtMs, mark.heardAtMs) });
  if (!state.batches.insert(keyOf(batch.gatewayId, batch.incarnation, batch.seq), true)) return { stored: 0, repeated: true };
  for (const drop of batch.drops) {
    const key = keyOf(drop.tenantId, drop.deploymentUid, drop.variantId, drop.reason);
    state.drops.set(key, { ...drop, count: drop.count + (state.drops.get(key)?.count ?? 0) });
  }
  return { stored: batch.legs.filter((leg) => putLeg(state, leg)).length, repeated: false };
}

function putLeg({ legs, aliases }: State, leg: StoredLeg): boolean {
  if (leg.alias === null) return legs.insert(legKey(leg), { leg, duplicate: false });
  aliases.insert(aliasKey(leg), leg.inferenceId);
  return legs.insert(legKey(leg), { leg, duplicate: aliases.get(aliasKey(leg)) !== leg.inferenceId });
}

function watermark({ marks }: State, kept: readonly Kept[], nowMs: number): Watermark {
  const heard = marks.filter(({ heardAtMs }) => heardAtMs >= nowMs - HEARD_MS);
  const completeAtMs = least(heard.map(({ completeToMs }) => completeToMs));
  const complete = kept.filter(({ leg }) => completeAtMs !== null && leg.atMs <= completeAtMs && leg.rulingMs > NO_RULING_MS);
  const duplicates = new Set(kept.filter(({ duplicate }) => duplicate).map(({ leg }) => leg.inferenceId)).size;
  return { completeAtMs, rulingMs: greatest(complete.map(({ leg }) => leg.rulingMs)), lastAtMs: greatest(kept.map(({ leg }) => leg.atMs)), duplicates };
}

function least(values: readonly number[]): number | null { return values.reduce<number | null>((low, value) => (low === null || value < low ? value : low), null); }
function greatest(values: readonly number[]): number | null { return values.reduce<number | null>((high, value) => (high === null || value > high ? value : high), null); }
function legKey({ inferenceId, variantId }: StoredLeg): string { return keyOf(inferenceId, variantId); }
function aliasKey({ tenantId, deploymentUid, alias }: StoredLeg): string { return keyOf(tenantId, deploymentUid, alias ?? ''); }
