import fc from 'fast-check';
import type { LegRecord, RecordBatch } from '../../../domain/record.ts';
import { BATCH_RECORDS, createRecordQueue, type OpenInference } from '../../../gateway/record-queue.ts';

const legOf = (n: number, { atMs }: OpenInference, size: number): LegRecord => ({
  v: 1, tenantId: 't', deploymentUid: 'd', inferenceId: `inf_${n}`, alias: null, variantId: 'v', role: 'champion', revision: 1, rolloutId: null, atMs, eventMs: null, status: 200,
  error: null, latencyMs: 1, assignmentPer10k: 10_000, leaseLost: false, response: 'x'.repeat(size), unscored: null, request: null,
});

const action = fc.oneof(
  fc.record({ type: fc.constant('open' as const) }),
  fc.record({ type: fc.constant('add' as const), which: fc.nat(), size: fc.constantFrom(0, 100, 3_000_000) }),
  fc.record({ type: fc.constant('close' as const), which: fc.nat() }),
  fc.record({ type: fc.constant('cut' as const) }),
  // A clock that is set back too.
  fc.record({ type: fc.constant('tick' as const), by: fc.integer({ min: -5, max: 20 }) }),
);
type Action = typeof action extends fc.Arbitrary<infer A> ? A : never;

test('a mark never passes a leg that comes later, batches are numbered without a gap, and every record is in one batch or counted lost', () => {
  fc.assert(fc.property(fc.array(action, { maxLength: 80 }), (actions) => {
    let wallMs = 1_000;
    let last = 0;
    const queue = createRecordQueue({ gatewayId: 'g', incarnation: 1, capBytes: 20_000_000, clock: { utcMs: () => { last = Math.max(last, wallMs); return last; }, elapsedMs: () => 0 } });
    const open: OpenInference[] = [];
    const batches: RecordBatch[] = [];
    let added = 0;
    const pick = (which: number): OpenInference | undefined => open[which % Math.max(1, open.length)];
    const run = (one: Action): void => {
      switch (one.type) {
        case 'open': open.push(queue.open()); return;
        case 'add': { const target = pick(one.which); if (target) target.add(legOf(added += 1, target, one.size)); return; }
        case 'close': { const target = pick(one.which); if (target) { target.close(); open.splice(open.indexOf(target), 1); } return; }
        case 'tick': wallMs += one.by; return;
        case 'cut': batches.push(queue.cut());
      }
    };
    actions.forEach(run);
    for (const each of open) each.close();
    while (queue.pending() > 0) batches.push(queue.cut());
    batches.push(queue.cut());
    expect(batches.map(({ seq }) => seq)).toEqual(batches.map((_batch, i) => i + 1));
    for (const [i, { completeToMs }] of batches.entries()) {
      expect(completeToMs).toBeGreaterThanOrEqual(batches[i - 1]?.completeToMs ?? 0);
      for (const { records } of batches.slice(i + 1)) for (const { atMs } of records) expect(atMs).toBeGreaterThan(completeToMs);
    }
    expect(batches.at(-1)!.completeToMs).toBe(Math.max(last, wallMs) - 1);
    expect(new Set(batches.flatMap(({ records }) => records.map(({ inferenceId }) => inferenceId))).size + queue.lost()).toBe(added);
    expect(batches.every(({ records }) => records.length <= BATCH_RECORDS)).toBe(true);
  }), { numRuns: 500, seed: 20_263 });
});

test('drops are summed by variant and reason, told once', () => {
  const queue = createRecordQueue({ gatewayId: 'g', incarnation: 1, capBytes: 1, clock: { utcMs: () => 5, elapsedMs: () => 0 } });
  const drop = { tenantId: 't', deploymentUid: 'd', variantId: 'v', reason: 'cap' as const };
  queue.drop(drop); queue.drop(drop); queue.drop({ ...drop, reason: 'bytes' });
  expect(queue.cut().drops).toEqual([{ ...drop, count: 2 }, { ...drop, reason: 'bytes', count: 1 }]);
  expect(queue.cut().drops).toEqual([]);
});
