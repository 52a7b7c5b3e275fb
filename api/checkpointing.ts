import { signText, type SigningKey } from '../config/signing.ts';
import type { Log } from '../config/log.ts';
import { GENESIS, type AuditRecord } from '../domain/audit.ts';
import { createChainCheck } from '../domain/audit/chain-check.ts';
import { checkpointText, type Checkpoint } from '../domain/audit/checkpoint.ts';
import { DEFAULT_TENANT, type TenantId } from '../domain/ids.ts';
import type { AuditHead, AuditLog } from '../ports/audit-log.ts';
import type { CheckpointSink } from '../ports/checkpoint-sink.ts';

/** How often the heads of the chains are looked at. */
const LOOK_MS = 5_000;
const PAGE = 1_000;
/** Checkpoints that wait for a sink that is away; a later one says all that an earlier one did, so the oldest go first. */
const MOST_OWED = 1_000;
const STOP_MS = 3_000;
/** Under which a look that failed is kept among what is wrong: with spaces, so no tenant's name. */
const THE_LOOK = 'the look';

export interface Checkpointing {
  start(): void;
  /** One look at every chain; a checkpoint where one is due, or where there is anything new when `all`. Never throws. */
  look(all?: boolean): Promise<void>;
  /** What was kept, of the first sink that can be read back; empty where none can. */
  read(tenant: TenantId, page: { readonly skip: number; readonly limit: number }): Promise<readonly Checkpoint[]>;
  /** What is wrong with the chains or the sinks, in plain words; empty when all is well. */
  problems(): readonly string[];
  stop(): Promise<void>;
}

export interface CheckpointingParts {
  readonly audit: AuditLog;
  readonly sinks: Readonly<Record<string, CheckpointSink>>;
  readonly key: SigningKey;
  readonly clock: () => number;
  readonly log: Log;
  readonly everyMs: number;
  readonly everyRecords: number;
}

type Point = Pick<Checkpoint, 'seq' | 'hash' | 'atMs'>;
const BEGINNING: Point = { seq: 0, hash: GENESIS, atMs: 0 };

interface State {
  readonly last: Map<TenantId, Point>;
  readonly owed: Map<string, Checkpoint[]>;
  readonly wrong: Map<string, string>;
}

/**
 * Signs how far each tenant's audit chain has come and hands that to the sinks. Nothing is signed that does not follow from what was signed before:
 * a chain that was cut or written anew is told in the log and in the health of the API, and stays without checkpoints until somebody has looked.
 */
export function createCheckpointing(parts: CheckpointingParts): Checkpointing {
  const { log, sinks } = parts;
  const state: State = { last: new Map(), owed: new Map(Object.keys(sinks).map((name) => [name, []])), wrong: new Map() };
  let round: Promise<void> | null = null;
  let timer: NodeJS.Timeout | null = null;
  const look = (all: boolean): Promise<void> => round ??= lookOnce(parts, state, all)
    .then(() => { state.wrong.delete(THE_LOOK); }, (error: unknown) => {
      log.warn('audit checkpoints: a chain or a sink cannot be read', { error });
      state.wrong.set(THE_LOOK, 'a chain or a sink cannot be read, so nothing new is signed');
    })
    .finally(() => { round = null; });
  const lookAll = async (): Promise<void> => { await round; await look(true); };
  return {
    start() {
      if (Object.keys(sinks).length === 0) return;
      timer = setInterval(() => { void look(false); }, Math.min(LOOK_MS, parts.everyMs));
      timer.unref();
    },
    look: (all = false) => (all ? lookAll() : look(false)),
    read: (tenant, page) => readBack(sinks, tenant, page),
    problems: () => [...state.wrong.values()],
    async stop() {
      if (timer === null) return;
      clearInterval(timer);
      timer = null;
      const limit = new Promise<void>((resolve) => { setTimeout(resolve, STOP_MS).unref(); });
      await Promise.race([lookAll(), limit]);
    },
  };
}

async function lookOnce(parts: CheckpointingParts, state: State, all: boolean): Promise<void> {
  for (const head of withDefault(await parts.audit.heads())) {
    const last = state.last.get(head.tenantId) ?? await newestKept(parts, head.tenantId);
    state.last.set(head.tenantId, last);
    if (isDue(parts, { head, last, all })) await advance(parts, state, { head, last });
  }
  await payAll(parts, state);
}

/** A chain that has gone altogether has no head. */
function withDefault(heads: readonly AuditHead[]): readonly AuditHead[] {
  return heads.some(({ tenantId }) => tenantId === DEFAULT_TENANT) ? heads : [...heads, { tenantId: DEFAULT_TENANT, seq: 0, hash: GENESIS }];
}

function isDue({ clock, everyMs, everyRecords }: CheckpointingParts, { head, last, all }: { head: AuditHead; last: Point; all: boolean }): boolean {
  if (head.seq === last.seq) return head.hash !== last.hash;
  return all || head.seq < last.seq || head.seq - last.seq >= everyRecords || clock() - last.atMs >= everyMs;
}

/** Reads what is new, and signs its end when all of it follows from the last checkpoint. */
async function advance(parts: CheckpointingParts, state: State, { head: { tenantId }, last }: { head: AuditHead; last: Point }): Promise<void> {
  const check = createChainCheck(tenantId, last);
  const anchor = last.seq === 0 ? undefined : (await parts.audit.read(tenantId, { afterSeq: last.seq - 1, limit: 1, subject: null }))[0];
  let newest: AuditRecord | null = null;
  for (let page = await pageBehind(parts, tenantId, last.seq); page.length > 0; page = await pageBehind(parts, tenantId, newest?.seq ?? last.seq)) {
    page.forEach((record) => { check.add(record); });
    newest = page.at(-1) ?? null;
  }
  const problem = anchorProblem(anchor, last) ?? check.result().problems[0]?.problem ?? null;
  if (problem !== null) { blame(parts, state, tenantId, `the audit chain of tenant ${tenantId} does not follow from what was signed: ${problem}`); return; }
  state.wrong.delete(tenantId);
  if (newest === null) return;
  const checkpoint = signed(parts, { tenantId, seq: newest.seq, hash: newest.hash });
  state.last.set(tenantId, checkpoint);
  for (const owed of state.owed.values()) { owed.push(checkpoint); owed.splice(0, owed.length - MOST_OWED); }
}

function pageBehind({ audit }: CheckpointingParts, tenantId: TenantId, afterSeq: number): Promise<readonly AuditRecord[]> { return audit.read(tenantId, { afterSeq, limit: PAGE, subject: null }); }

function anchorProblem(anchor: AuditRecord | undefined, last: Point): string | null {
  if (last.seq === 0) return null;
  if (anchor?.seq !== last.seq) return `record ${last.seq}, which was signed, is gone`;
  return anchor.hash === last.hash ? null : `record ${last.seq} is not the one that was signed`;
}

function signed({ key, clock }: CheckpointingParts, of: Pick<Checkpoint, 'tenantId' | 'seq' | 'hash'>): Checkpoint {
  const unsigned = { ...of, atMs: clock(), keyId: key.keyId };
  return { ...unsigned, signature: signText(checkpointText(unsigned), key) };
}

/** Each sink in its own order; one that is away is asked again at the next look. */
async function payAll({ sinks, log }: CheckpointingParts, state: State): Promise<void> {
  await Promise.all(Object.entries(sinks).map(async ([name, sink]) => {
    const owed = state.owed.get(name) ?? [];
    try {
      for (let next = owed[0]; next !== undefined; next = owed[0]) { await sink.put(next); owed.shift(); }
      state.wrong.delete(`sink ${name}`);
    } catch (error) {
      log.warn('audit checkpoints: a sink takes none', { sink: name, owed: owed.length, error });
      state.wrong.set(`sink ${name}`, `the sink ${name} takes no audit checkpoints; ${owed.length} wait`);
    }
  }));
}

function blame({ log }: CheckpointingParts, state: State, tenantId: TenantId, problem: string): void {
  if (state.wrong.get(tenantId) !== problem) log.error('audit checkpoints: the chain was changed', { tenantId, problem });
  state.wrong.set(tenantId, problem);
}

/** Where an earlier process of this installation stopped. */
async function newestKept({ sinks }: CheckpointingParts, tenant: TenantId): Promise<Point> {
  let newest: Point = BEGINNING;
  for (let skip = 0; ; skip += PAGE) {
    const page = await readBack(sinks, tenant, { skip, limit: PAGE });
    newest = page.reduce((most: Point, each) => (each.seq >= most.seq ? each : most), newest);
    if (page.length < PAGE) return newest;
  }
}

async function readBack(sinks: CheckpointingParts['sinks'], tenant: TenantId, page: { readonly skip: number; readonly limit: number }): Promise<readonly Checkpoint[]> {
  for (const sink of Object.values(sinks)) {
    const kept = await sink.read(tenant, page);
    if (kept !== null) return kept;
  }
  return [];
}
