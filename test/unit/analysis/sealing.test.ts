import { dueSlots, firstSlot, labelsAsOfMs, metricClock, sealing, slotRange } from '../../../domain/analysis/sealing.ts';
import { DAY, draft, pairedSums, rateSums, START } from '../../support/analysis-arbitraries.ts';

const plan = draft();
const TAU = DAY / 4;
const FIRST = START / TAU;
/** When a slot's labels are due and settled. */
const dueMs = (slot: number): number => (slot + 1) * TAU + DAY + TAU / 4;
const covered = pairedSums(0.1);
const thin = pairedSums(0.1, { needed: 100, labelled: 94 });

test('outcomes are cut by the ruling clock into quarters of a cycle, health by gateway time into short slots', () => {
  expect(metricClock(plan, 'accuracy')).toBe('ruling');
  expect(metricClock(plan, 'errors')).toBe('gateway');
  expect(metricClock(plan, 'share')).toBe('gateway');
  expect(slotRange(plan, 'accuracy', FIRST)).toEqual({ fromMs: START, toMs: START + TAU });
  expect(slotRange(plan, 'share', START / 2_000)).toEqual({ fromMs: START, toMs: START + 2_000 });
  expect(labelsAsOfMs(plan, 'accuracy', FIRST)).toBe(START + TAU + DAY);
});

test('a slot of a labelled metric is due when its labels are, and settled', () => {
  const state = (rulingMs: number | null): string => sealing({ plan, metric: 'accuracy', slot: FIRST, completeAtMs: null, rulingMs, sums: covered });
  expect(state(null)).toBe('open');
  expect(state(dueMs(FIRST) - 1)).toBe('open');
  expect(state(dueMs(FIRST))).toBe('sealed');
});

test('without coverage it waits for its grace, then is short; nothing needed is covered', () => {
  const state = (sums: typeof thin, rulingMs: number): string => sealing({ plan, metric: 'accuracy', slot: FIRST, completeAtMs: null, rulingMs, sums });
  expect(state(thin, dueMs(FIRST) + plan.graceMs - 1)).toBe('open');
  expect(state(thin, dueMs(FIRST) + plan.graceMs)).toBe('short');
  expect(state(pairedSums(0, { needed: 100, labelled: 95 }), dueMs(FIRST))).toBe('sealed');
  expect(state(pairedSums(0, { needed: 0, labelled: 0 }), dueMs(FIRST))).toBe('sealed');
});

test('rates are due a second after every gateway is past the slot, and never while none is heard', () => {
  const slot = START / 2_000;
  const state = (completeAtMs: number | null): string => sealing({ plan, metric: 'errors', slot, completeAtMs, rulingMs: START + 900 * DAY, sums: rateSums({ n: 1, bad: 0 }) });
  expect([state(null), state(START + 2_999), state(START + 3_000)]).toEqual(['open', 'open', 'sealed']);
});

test('on the gateway clock outcomes too wait until the records are complete', () => {
  const byGateway = draft({ labels: { delayMs: 0, maturityMs: 0, coverage: 1, graceMs: 0, clock: 'gateway' } });
  const state = (completeAtMs: number | null): string => sealing({ plan: byGateway, metric: 'accuracy', slot: FIRST, completeAtMs, rulingMs: START + 900 * DAY, sums: covered });
  expect([state(null), state(START + TAU), state(START + TAU + 1_000)]).toEqual(['open', 'open', 'sealed']);
});

test('slots to look at come in time order, from the first whole cycle, after what is sealed, a thousand at most', () => {
  const late = draft({}).startedMs;
  expect(late).toBe(START);
  expect(firstSlot({ ...plan, startedMs: START + 1 }, 'accuracy')).toBe(FIRST + 4);
  expect(firstSlot({ ...plan, startedAtMs: START + 1_999 }, 'share')).toBe(START / 2_000);
  expect(dueSlots(plan, 'accuracy', { completeAtMs: null, rulingMs: dueMs(FIRST + 2), sealedUpTo: null })).toEqual([FIRST, FIRST + 1, FIRST + 2]);
  expect(dueSlots(plan, 'accuracy', { completeAtMs: null, rulingMs: dueMs(FIRST + 2), sealedUpTo: FIRST + 1 })).toEqual([FIRST + 2]);
  expect(dueSlots(plan, 'accuracy', { completeAtMs: null, rulingMs: null, sealedUpTo: null })).toEqual([]);
  expect(dueSlots(plan, 'latency', { completeAtMs: START + DAY, rulingMs: null, sealedUpTo: null })).toHaveLength(1_000);
});
