import { setTimeout as delay } from 'node:timers/promises';
import type { KillId, TenantId } from '../../domain/ids.ts';
import { isMeasured } from '../../domain/kill/drill.ts';
import { isOver, type KillRecord } from '../../domain/kill/kill.ts';
import { advanceKill, isSilent } from '../../domain/kill/progress.ts';
import { createBackendFences, type BackendFences } from './backend-fences.ts';
import { createDrillEnds, type DrillEnds } from './drill-ends.ts';
import type { KillPorts } from './kill-ports.ts';
import { createLooks } from './looks.ts';
import { observe } from './observe.ts';
import { probeRound } from './probes.ts';
import { reconcile } from './reconcile.ts';
import { saved } from './saving.ts';
import { within } from './soon.ts';
import { createTellings, tellOfOrder, type Tellings } from './tellings.ts';

const SWEEP_MS = 1_000;
/** Routes are compared with records this often; what is missing twice in a row is made good. */
const RECONCILE_MS = 10_000;
/** A caller waits this long for the ordinary kill, which is proved by then, and no longer. */
const CALLER_WAITS_MS = 1_000;
const LOOK_AGAIN_MS = 50;
const MOST_RACES = 8;
/** Probes: once a second at first, later every ten. */
const PROBE_EVERY_MS = { first: 1_000, later: 10_000, laterAfterMs: 30_000 } as const;
/** A backend that is still ending the variant is waited for this long before the first probes. */
const BACKEND_FIRST_MS = 1_000;

export interface KillDriver {
  /** Looks at a kill now, and again if it is asked to while it looks. Never throws. */
  look(kill: Pick<KillRecord, 'tenantId' | 'killId'>): Promise<void>;
  /** A gateway has spoken: open kills are looked at. */
  heard(): void;
  /** The record when it is proved or unconfirmed, or as it is after about a second. */
  settled(record: KillRecord): Promise<KillRecord>;
  /** Stores a record that could not be stored, as soon as that works. */
  storeLater(name: string, put: () => Promise<KillRecord>): void;
  start(): void;
  stop(): Promise<void>;
}

/** What one process remembers while it drives kills; every other one may drive the same ones (ADR 0010). */
interface Driving { readonly ports: KillPorts; readonly fences: BackendFences; readonly drillEnds: DrillEnds; readonly tellings: Tellings; readonly probedAtMs: Map<string, number>; changed(): void }

export function createKillDriver(ports: KillPorts): KillDriver {
  const { log, clock } = ports;
  const waiting = new Set<() => void>();
  const stopped = new AbortController();
  const looks = createLooks(async (tenant, killId) => { if (!stopped.signal.aborted) await advance(driving, tenant, killId); }, log);
  const lookAt = (records: readonly Pick<KillRecord, 'tenantId' | 'killId'>[]): void => { for (const record of records) looks.look(record).catch(() => undefined); };
  const tellings = createTellings(log, clock);
  const changed = (): void => { for (const wake of [...waiting]) wake(); };
  const driving: Driving = {
    ports, tellings, fences: createBackendFences(ports, (kill) => { lookAt([kill]); }), drillEnds: createDrillEnds(ports, tellings, changed), probedAtMs: new Map(), changed,
  };
  const sweeping = createSweep(driving, lookAt);
  let running: Promise<void> = Promise.resolve();
  return {
    look: (kill) => looks.look(kill),
    heard() { sweeping.heard(); },
    async settled(record) {
      const until = performance.now() + CALLER_WAITS_MS;
      for (let newest = record; ; newest = await newestOf(ports, newest, until - performance.now())) {
        const left = until - performance.now();
        if (newest.state === 'proved' || newest.state === 'unconfirmed' || left <= 0) return newest;
        lookAt([newest]);
        await woken(waiting, Math.min(left, LOOK_AGAIN_MS));
      }
    },
    storeLater(name, put) { driving.tellings.tell(`${name}/put`, async () => { await looks.look(await put()); }); },
    start() {
      const run = async (): Promise<void> => {
        while (!stopped.signal.aborted) {
          await sweeping.sweep().catch((error: unknown) => { log.warn('open kills cannot be read', { error }); });
          await delay(SWEEP_MS, undefined, { signal: stopped.signal, ref: false }).catch(() => undefined);
        }
      };
      running = run();
    },
    async stop() {
      stopped.abort();
      driving.changed();
      await running;
      await looks.ended();
    },
  };
}

/** What is done again and again: open kills are looked at, what was not told is told, routes are compared with records. */
function createSweep({ ports, tellings }: Driving, lookAt: (records: readonly KillRecord[]) => void): { sweep(): Promise<void>; heard(): void } {
  const { stores, clock } = ports;
  let open = 0;
  let missing: ReadonlySet<string> = new Set();
  let reconciledAtMs = 0;
  return {
    async sweep() {
      const records = await stores.kills.open();
      open = records.length;
      lookAt(records);
      tellings.retry().catch(() => undefined);
      if (clock() - reconciledAtMs < RECONCILE_MS) return;
      reconciledAtMs = clock();
      missing = await reconcile(ports, tellings, missing);
    },
    // Who ordered a kill here looks at it until it is settled: without one that is known to be open there is nothing to read.
    heard() { if (open > 0) stores.kills.open().then(lookAt, () => undefined); },
  };
}

async function newestOf({ stores }: KillPorts, record: KillRecord, leftMs: number): Promise<KillRecord> {
  return await within(Math.max(LOOK_AGAIN_MS, leftMs), stores.kills.get(record.tenantId, record.killId)).catch(() => null) ?? record;
}

function woken(waiting: Set<() => void>, ms: number): Promise<void> {
  return new Promise((resolve) => {
    const wake = (): void => { clearTimeout(timer); waiting.delete(wake); resolve(); };
    const timer = setTimeout(wake, ms);
    waiting.add(wake);
  });
}

/** One look: what is seen, what follows, what is to be done about it. A lost race is looked at again. */
async function advance(driving: Driving, tenant: TenantId, killId: KillId): Promise<void> {
  const { ports, fences, tellings } = driving;
  for (let round = 0; round < MOST_RACES; round += 1) {
    const record = await ports.stores.kills.get(tenant, killId);
    if (record === null) return;
    tellOfOrder(ports, tellings, record);
    if (isOver(record)) { fences.forget(record); driving.probedAtMs.delete(keyOf(record)); return; }
    if (record.drillId !== null && isMeasured(record, ports.clock())) { driving.drillEnds.attend(record); return; }
    const next = await save(driving, record, advanceKill(record, await observe(ports, record, fences.of(record))));
    if (next === null) continue;
    fences.attend(next);
    if (!isSilent(next) || next.state === 'proved' || !probesAreDue(driving, next)) return;
    if (await proof(driving, next) && next.drillId === null) return;
  }
}

/** Probes on the real route, then the backends' counts again, so that a zero was counted while callers were asked. False when the race was lost. */
async function proof(driving: Driving, record: KillRecord): Promise<boolean> {
  const { ports, fences } = driving;
  driving.probedAtMs.set(keyOf(record), ports.clock());
  const probes = await probeRound(ports, record);
  const backends = await fences.recount(record);
  const after = await observe(ports, record, backends);
  return await save(driving, record, advanceKill(record, { ...after, probes })) !== null;
}

async function save(driving: Driving, before: KillRecord, after: KillRecord): Promise<KillRecord | null> {
  const stored = await saved(driving.ports, driving.tellings, before, after);
  if (stored !== null && stored !== before) driving.changed();
  return stored;
}

function probesAreDue({ ports: { clock }, probedAtMs }: Driving, record: KillRecord): boolean {
  const nowMs = clock();
  const silentForMs = nowMs - (record.silentAtMs ?? nowMs);
  if (record.backends.some(({ state }) => state === 'waiting') && silentForMs < BACKEND_FIRST_MS) return false;
  const newest = Math.max(...record.probes.map(({ atMs }) => atMs), Number.NEGATIVE_INFINITY);
  if (record.backends.some(({ state, atMs }) => state === 'gone' && (atMs ?? 0) > newest)) return true;
  const everyMs = silentForMs < PROBE_EVERY_MS.laterAfterMs ? PROBE_EVERY_MS.first : PROBE_EVERY_MS.later;
  return nowMs - (probedAtMs.get(keyOf(record)) ?? Number.NEGATIVE_INFINITY) >= everyMs;
}

function keyOf({ tenantId, killId }: KillRecord): string { return `${tenantId}/${killId}`; }
