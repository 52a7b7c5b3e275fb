import { setTimeout as delay } from 'node:timers/promises';
import type { KillId, TenantId } from '../../domain/ids.ts';
import type { KillRecord } from '../../domain/kill/kill.ts';
import { advanceKill, isSilent, type Observation } from '../../domain/kill/progress.ts';
import { createBackendFences, type BackendFences } from './backend-fences.ts';
import type { KillPorts } from './kill-ports.ts';
import { observe } from './observe.ts';
import { probeRound } from './probes.ts';
import { reconcile } from './reconcile.ts';
import { saved } from './saving.ts';
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
interface Driving { readonly ports: KillPorts; readonly fences: BackendFences; readonly tellings: Tellings; readonly probedAtMs: Map<string, number>; changed(): void }

export function createKillDriver(ports: KillPorts): KillDriver {
  const { stores, log, clock } = ports;
  const looks = new Map<string, { again: boolean; readonly done: Promise<void> }>();
  const waiting = new Set<() => void>();
  const stopped = new AbortController();
  const tellings = createTellings(log, clock);
  let open = 0;
  let suspects: ReadonlySet<string> = new Set();
  let reconciledAtMs = 0;
  const fences = createBackendFences(ports, (kill) => { look(kill).catch(() => undefined); });
  const driving: Driving = { ports, fences, tellings, probedAtMs: new Map(), changed: () => { for (const wake of [...waiting]) wake(); } };

  function look({ tenantId, killId }: Pick<KillRecord, 'tenantId' | 'killId'>): Promise<void> {
    const key = `${tenantId}/${killId}`;
    const running = looks.get(key);
    if (running !== undefined) { running.again = true; return running.done; }
    const run = async (): Promise<void> => {
      await Promise.resolve();
      do {
        entry.again = false;
        await advance(driving, tenantId, killId).catch((error: unknown) => { log.warn('a kill waits', { killId, error }); });
      } while (entry.again && !stopped.signal.aborted);
      looks.delete(key);
    };
    const entry = { again: false, done: run() };
    looks.set(key, entry);
    return entry.done;
  }
  const sweep = async (): Promise<void> => {
    const records = await stores.kills.open();
    open = records.length;
    for (const record of records) look(record).catch(() => undefined);
    await tellings.retry();
    if (clock() - reconciledAtMs < RECONCILE_MS) return;
    reconciledAtMs = clock();
    suspects = await reconcile(ports, tellings, suspects);
  };
  const run = async (): Promise<void> => {
    while (!stopped.signal.aborted) {
      await sweep().catch((error: unknown) => { log.warn('open kills cannot be read', { error }); });
      await delay(SWEEP_MS, undefined, { signal: stopped.signal, ref: false }).catch(() => undefined);
    }
  };
  let running: Promise<void> = Promise.resolve();

  return {
    look,
    heard() {
      if (open === 0) return;
      stores.kills.open().then((records) => { for (const record of records) look(record).catch(() => undefined); }, () => undefined);
    },
    async settled(record) {
      const until = performance.now() + CALLER_WAITS_MS;
      for (let newest = record; ; newest = await newestOf(ports, newest)) {
        const left = until - performance.now();
        if (newest.state === 'proved' || newest.state === 'unconfirmed' || left <= 0) return newest;
        look(newest).catch(() => undefined);
        await woken(waiting, Math.min(left, LOOK_AGAIN_MS));
      }
    },
    storeLater(name, put) { tellings.tell(`${name}/put`, async () => { await look(await put()); }); },
    start() { running = run(); },
    async stop() {
      stopped.abort();
      driving.changed();
      await running;
      await Promise.all([...looks.values()].map(({ done }) => done));
    },
  };
}

async function newestOf({ stores }: KillPorts, record: KillRecord): Promise<KillRecord> {
  return await stores.kills.get(record.tenantId, record.killId).catch(() => null) ?? record;
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
    if (record.state === 'proved' || record.state === 'revived') { fences.forget(record); driving.probedAtMs.delete(keyOf(record)); return; }
    const seen = await observe(ports, record, fences.of(record));
    const next = await save(driving, record, advanceKill(record, seen));
    if (next === null) continue;
    fences.attend(next);
    if (!isSilent(next) || next.state === 'proved' || !probesAreDue(driving, next)) return;
    if (await proof(driving, next, seen)) return;
  }
}

/** Probes on the real route, then the backends' counts again, so that a zero was counted while callers were asked. False when the race was lost. */
async function proof(driving: Driving, record: KillRecord, seen: Observation): Promise<boolean> {
  const { ports, fences } = driving;
  driving.probedAtMs.set(keyOf(record), ports.clock());
  const probes = await probeRound(ports, record);
  const backends = await fences.recount(record);
  const after = await observe(ports, record, backends);
  return await save(driving, record, advanceKill(record, { ...after, revision: after.revision ?? seen.revision, probes })) !== null;
}

async function save({ ports, tellings, changed }: Driving, before: KillRecord, after: KillRecord): Promise<KillRecord | null> {
  const stored = await saved(ports, tellings, before, after);
  if (stored !== null && stored !== before) changed();
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
