import { isLastmileError, LastmileError } from '../../domain/errors.ts';
import { latencies } from './latency.ts';
import { outcomes, type DueLabel, type Outcomes } from './outcomes.ts';
import { withDue, type DueRow, type FeedRow, type LabelDelay } from './rows.ts';

/** One answered request. */
export interface Answered { readonly inferenceId: string; readonly version: string; readonly latencyMs: number }

/** The world as the feed needs it. Errors that may pass say so (`retryable`); others count at once. */
export interface FeedPorts {
  infer(row: DueRow): Promise<Answered>;
  /** Acknowledged when it returns; gives the number refused. */
  pushLabels(labels: readonly DueLabel[]): Promise<{ readonly refused: number }>;
  now(): number;
  sleep(ms: number): Promise<void>;
}

export interface FeedOptions {
  readonly labelDelay: LabelDelay;
  readonly concurrency: number;
  /** Rows a second now; null: as fast as answers come. Asked before each row. */
  readonly rate: () => number | null;
  readonly labelBatch: number;
  /** event: an outcome is handed over before any row later than it is sent. gateway: only once it is due by the rows sent, stamped on arrival. */
  readonly clock: 'event' | 'gateway';
  readonly signal: AbortSignal;
  /** Outcomes that an earlier run left. */
  readonly carried?: readonly DueLabel[];
  /** Called after each answer; the summary is made only when asked for. */
  readonly onProgress?: (summary: () => FeedSummary) => void;
}

export interface FeedSummary {
  readonly rows: number;
  readonly ok: number;
  readonly errors: number;
  readonly labels: number;
  readonly labelsRefused: number;
  readonly retries: number;
  /** Milliseconds, of answered requests, within 1 %. */
  readonly p50: number | null;
  readonly p99: number | null;
  readonly perVersion: Readonly<Record<string, number>>;
  /** The row to go on with, and outcomes not yet handed over. */
  readonly nextRow: number | null;
  readonly pending: readonly DueLabel[];
  readonly lastError: string | null;
}

const RETRY_WAITS_MS = [50, 200, 500, 1_000, 2_000] as const;
/** So many failures with no answer in between at the start mean that nothing will work. */
const HOPELESS = 20;

/**
 * Sends rows as live traffic, in order, several at a time, and their outcomes later.
 * With clock `event` no row leaves before every outcome that is due earlier than it has been acknowledged, so that no block can be sealed without its labels.
 * Returns when the rows end or the signal aborts; throws the error of the first requests when none of them can be answered, and that of a label push which keeps failing.
 */
export async function feed(rows: AsyncIterable<FeedRow> | Iterable<FeedRow>, ports: FeedPorts, options: FeedOptions): Promise<FeedSummary> {
  const run = startRun(ports, options);
  let lastSentMs = -Infinity;
  for await (const row of withDue(rows, options.labelDelay)) {
    await run.pace();
    await run.handOver(row.timeMs);
    await run.slot();
    run.check();
    if (options.signal.aborted) break;
    lastSentMs = row.timeMs;
    run.send(row);
  }
  await run.drain();
  run.check();
  await run.handOverRest(options.signal.aborted ? lastSentMs : Infinity);
  return run.summary();
}

interface Run {
  pace(): Promise<void>;
  slot(): Promise<void>;
  handOver(nextRowMs: number): Promise<void>;
  handOverRest(untilMs: number): Promise<void>;
  send(row: DueRow): void;
  drain(): Promise<void>;
  /** Throws what makes going on pointless. */
  check(): void;
  summary(): FeedSummary;
}

interface Counts { rows: number; ok: number; errors: number; labels: number; labelsRefused: number; retries: number; nextRow: number | null; lastError: unknown; readonly perVersion: Record<string, number> }

function startRun(ports: FeedPorts, options: FeedOptions): Run {
  const counts: Counts = { rows: 0, ok: 0, errors: 0, labels: 0, labelsRefused: 0, retries: 0, nextRow: null, lastError: null, perVersion: {} };
  const timings = latencies();
  const owed = outcomes(options.carried);
  const inFlight = new Set<Promise<void>>();
  const pace = pacer(ports, options);
  const summary = (): FeedSummary => ({
    ...counts, perVersion: { ...counts.perVersion }, p50: timings.quantile(0.5), p99: timings.quantile(0.99), pending: owed.pending(),
    lastError: counts.lastError === null ? null : messageOf(counts.lastError),
  });
  const one = async (row: DueRow): Promise<void> => {
    try {
      const answer = await retrying(() => ports.infer(row), ports, options.signal, () => { counts.retries += 1; });
      counts.ok += 1;
      counts.perVersion[answer.version] = (counts.perVersion[answer.version] ?? 0) + 1;
      timings.add(answer.latencyMs);
      owed.answered(row, answer.inferenceId);
    } catch (error) {
      counts.errors += 1;
      counts.lastError = error;
      owed.answered(row, null);
    }
    options.onProgress?.(summary);
  };
  return {
    pace,
    slot: async () => { while (inFlight.size >= options.concurrency) await Promise.race(inFlight); },
    handOver: (nextRowMs) => handOver({ owed, counts, inFlight, ports, options }, nextRowMs),
    handOverRest: (untilMs) => handOverRest({ owed, counts, inFlight, ports, options }, untilMs),
    send: (row) => {
      owed.expect(row);
      counts.rows += 1;
      counts.nextRow = row.index + 1;
      const job = one(row).finally(() => { inFlight.delete(job); });
      inFlight.add(job);
    },
    drain: async () => { await Promise.all(inFlight); },
    check: () => { if (counts.ok === 0 && counts.errors >= HOPELESS) throw counts.lastError; },
    summary,
  };
}

interface Handing { readonly owed: Outcomes; readonly counts: Counts; readonly inFlight: ReadonlySet<Promise<void>>; readonly ports: FeedPorts; readonly options: FeedOptions }

/** Before a row of event time `nextRowMs` may leave. Hands over what is due, and with clock `event` what is answered and due next, so that pushes are few. */
async function handOver(handing: Handing, nextRowMs: number): Promise<void> {
  const { owed, inFlight, options } = handing;
  if (options.clock === 'gateway') { await push(handing, owed.ready(nextRowMs, options.labelBatch)); return; }
  for (;;) {
    const due = owed.oldestDueMs();
    if (due === null || due >= nextRowMs || options.signal.aborted) return;
    const ready = owed.ready(Infinity, options.labelBatch);
    if (ready.length > 0) await push(handing, ready);
    else if (inFlight.size > 0) await Promise.race(inFlight);
    else return;
  }
}

async function handOverRest(handing: Handing, untilMs: number): Promise<void> {
  for (;;) {
    const ready = handing.owed.ready(untilMs, handing.options.labelBatch);
    if (ready.length === 0) return;
    await push(handing, ready);
  }
}

async function push({ owed, counts, ports, options }: Handing, labels: readonly DueLabel[]): Promise<void> {
  if (labels.length === 0) return;
  const { refused } = await retrying(() => ports.pushLabels(labels), ports, options.signal, () => { counts.retries += 1; });
  owed.done(labels.length);
  counts.labels += labels.length - refused;
  counts.labelsRefused += refused;
}

/** Tries again what may pass, with growing waits, at least as long as the answer asks for. */
async function retrying<T>(call: () => Promise<T>, ports: FeedPorts, signal: AbortSignal, onRetry: () => void): Promise<T> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await call();
    } catch (error) {
      const wait = RETRY_WAITS_MS[attempt];
      if (wait === undefined || signal.aborted || !isLastmileError(error) || !error.retryable) throw error;
      onRetry();
      await ports.sleep(Math.max(wait, error.retryAfterMs ?? 0));
    }
  }
}

/** Keeps to the rate on average; a rate that changes counts from the change. */
function pacer(ports: FeedPorts, { rate, signal }: FeedOptions): () => Promise<void> {
  let current: number | null = null;
  let nextAt = 0;
  return async () => {
    const wanted = rate();
    if (wanted !== null && wanted <= 0) throw new LastmileError('LM_INVALID_REQUEST', 'The rate must be above zero rows a second.');
    if (wanted !== current) { current = wanted; nextAt = ports.now(); }
    if (wanted === null || signal.aborted) return;
    const wait = nextAt - ports.now();
    nextAt = Math.max(nextAt, ports.now() - 1_000) + 1_000 / wanted;
    if (wait > 0) await ports.sleep(wait);
  };
}

function messageOf(error: unknown): string { return error instanceof Error ? error.message : String(error); }
