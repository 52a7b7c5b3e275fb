import fc from 'fast-check';
import { feed, type FeedOptions, type FeedPorts, type FeedSummary } from '../../../cli/feed/engine.ts';
import type { FeedRow, LabelDelay } from '../../../cli/feed/rows.ts';
import { LastmileError } from '../../../domain/errors.ts';

const MINUTE = 60_000;
const rowsOf = (count: number, label: (i: number) => number | null = (i) => i % 2): FeedRow[] => Array.from({ length: count }, (_, index) => ({ index, timeMs: index * MINUTE, features: { x: index }, label: label(index) }));

interface World { readonly ports: FeedPorts; readonly sent: number[]; readonly acknowledged: Set<number>; readonly broken: string[]; mostInFlight: number }

/** A world that checks the promise of clock `event` at each request: whatever is due earlier has been acknowledged. */
function world(rows: readonly FeedRow[], delayRows: number, of: { fail?: (index: number, attempt: number) => LastmileError | null; hops?: (index: number) => number } = {}): World {
  const attempts = new Map<number, number>();
  let inFlight = 0;
  const hop = async (count: number): Promise<void> => { for (let i = 0; i < count; i += 1) await new Promise((resolve) => setImmediate(resolve)); };
  const failedFor = new Set<number>();
  const owedBefore = (earlier: FeedRow, index: number): boolean => earlier.label !== null && earlier.index + delayRows < index && !failedFor.has(earlier.index) && !it.acknowledged.has(earlier.index);
  const it: World = {
    sent: [], acknowledged: new Set(), broken: [], mostInFlight: 0,
    ports: {
      infer: async (row) => {
        const attempt = (attempts.get(row.index) ?? 0) + 1;
        attempts.set(row.index, attempt);
        if (attempt === 1) it.sent.push(row.index);
        it.broken.push(...rows.filter((earlier) => owedBefore(earlier, row.index)).map((earlier) => `${String(row.index)} before the outcome of ${String(earlier.index)}`));
        inFlight += 1;
        it.mostInFlight = Math.max(it.mostInFlight, inFlight);
        await hop(of.hops?.(row.index) ?? 1);
        inFlight -= 1;
        const error = of.fail?.(row.index, attempt) ?? null;
        if (error?.retryable === false) failedFor.add(row.index);
        if (error !== null) throw error;
        return { inferenceId: `inf_${String(row.index)}`, version: row.index < rows.length / 2 ? '1' : '2', latencyMs: 1 + row.index % 10 };
      },
      pushLabels: async (labels) => {
        await hop(2);
        for (const { inferenceId } of labels) it.acknowledged.add(Number(inferenceId.slice(4)));
        return { refused: 0 };
      },
      now: () => 0, sleep: () => Promise.resolve(),
    },
  };
  return it;
}

const run = (rows: readonly FeedRow[], it: World, delay: LabelDelay, options: Partial<FeedOptions> = {}): Promise<FeedSummary> =>
  feed(rows, it.ports, { labelDelay: delay, concurrency: 8, rate: () => null, labelBatch: 50, clock: 'event', signal: new AbortController().signal, ...options });

test('no row is sent before every outcome that is due earlier is acknowledged, whatever the latencies, failures and batch sizes', async () => {
  await fc.assert(fc.asyncProperty(
    fc.record({ count: fc.integer({ min: 1, max: 60 }), delay: fc.integer({ min: 0, max: 20 }), concurrency: fc.integer({ min: 1, max: 16 }), labelBatch: fc.integer({ min: 1, max: 12 }) }),
    fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 7, maxLength: 7 }),
    async ({ count, delay, concurrency, labelBatch }, dice) => {
      const die = (i: number): number => dice[i % 7] ?? 0;
      const rows = rowsOf(count, (i) => (die(i) === 9 ? null : i % 2));
      const failing = (i: number): boolean => i > 0 && die(i * 3) === 8;
      const it = world(rows, delay, { hops: (i) => 1 + die(i * 5), fail: (i) => (failing(i) ? new LastmileError('LM_INVALID_REQUEST', 'no') : null) });
      const summary = await run(rows, it, { rows: delay }, { concurrency, labelBatch });
      const failures = rows.filter((row) => failing(row.index)).length;
      expect(it.broken).toEqual([]);
      expect(it.sent).toEqual(rows.map((row) => row.index));
      expect(it.mostInFlight).toBeLessThanOrEqual(concurrency);
      expect(summary).toMatchObject({ rows: count, ok: count - failures, errors: failures, labels: rows.filter((row) => row.label !== null && !failing(row.index)).length, pending: [], nextRow: count });
      expect(Object.values(summary.perVersion).reduce((a, b) => a + b, 0)).toBe(count - failures);
    },
  ), { seed: 7, numRuns: 60 });
});

test('the check of the promise can fail: outcomes handed over only at the end break it', async () => {
  const rows = rowsOf(40);
  const it = world(rows, 3);
  await run(rows, it, { rows: 3 }, { clock: 'gateway', labelBatch: 1 });
  expect(it.broken).not.toEqual([]);
});

test('what may pass is tried again, as long as the answer asks for; what may not counts once', async () => {
  const rows = rowsOf(3);
  const slept: number[] = [];
  const it = world(rows, 1, { fail: (i, attempt) => (i === 1 && attempt <= 2 ? new LastmileError('LM_GATEWAY_UNAVAILABLE', 'away', { retryAfterMs: 700 }) : null) });
  const summary = await run(rows, { ...it, ports: { ...it.ports, sleep: async (ms) => { slept.push(ms); } } }, { rows: 1 });
  expect(summary).toMatchObject({ ok: 3, errors: 0, retries: 2 });
  expect(slept).toEqual([700, 700]);
});

test('when none of the first requests can be answered the feed ends with their error', async () => {
  const rows = rowsOf(200);
  const it = world(rows, 1, { fail: () => new LastmileError('LM_INVALID_REQUEST', 'Input features takes 8 values, and there are 1.') });
  await expect(run(rows, it, { rows: 1 })).rejects.toThrow('takes 8 values');
  expect(it.sent.length).toBeLessThan(60);
});

test('a stopped feed keeps outcomes that are not due, and a later one hands them over', async () => {
  const rows = rowsOf(30);
  const stop = new AbortController();
  const it = world(rows, 10);
  const first = await feed(rows, { ...it.ports, infer: (row) => { if (row.index === 19) stop.abort(); return it.ports.infer(row); } }, { labelDelay: { rows: 10 }, concurrency: 4, rate: () => null, labelBatch: 50, clock: 'event', signal: stop.signal });
  expect(first.nextRow).toBe(20);
  expect(first.labels + first.pending.length).toBe(20);
  expect(first.pending.every((label) => label.dueMs > 19 * MINUTE)).toBe(true);
  const second = await run(rows.slice(20), it, { rows: 10 }, { carried: first.pending });
  expect(it.broken).toEqual([]);
  expect(second.labels + first.labels).toBe(30);
});

test('the rate is kept on average', async () => {
  let clock = 0;
  const rows = rowsOf(50);
  const it = world(rows, 1);
  await run(rows, { ...it, ports: { ...it.ports, now: () => clock, sleep: async (ms) => { clock += ms; } } }, { rows: 1 }, { rate: () => 10 });
  expect(clock).toBeGreaterThanOrEqual(4_800);
  expect(clock).toBeLessThanOrEqual(5_100);
});

test('rows that go back in time are refused with their numbers', async () => {
  const rows = rowsOf(3).map((row) => (row.index === 2 ? { ...row, timeMs: 0 } : row));
  await expect(run(rows, world(rows, 1), { rows: 1 })).rejects.toThrow(/Row 2 is earlier than row 1/);
});

test('a delay in time is due that much later', async () => {
  const rows = rowsOf(10);
  const pushed: number[] = [];
  const it = world(rows, 2);
  await run(rows, { ...it, ports: { ...it.ports, pushLabels: (labels) => { pushed.push(...labels.map((label) => label.dueMs)); return it.ports.pushLabels(labels); } } }, { ms: 2 * MINUTE });
  expect(pushed).toEqual(rows.map((row) => row.timeMs + 2 * MINUTE));
});
