import { endsAtMs, explainFreeze, freezeOf, isTimeZone, selects, type Freeze, type FreezeWindow } from '../../../domain/freeze.ts';
import { parseWeekly } from '../../../domain/freeze-weekly.ts';

const HOUR = 3_600_000;
const freeze = (window: FreezeWindow, change: Partial<Freeze> = {}): Freeze => ({
  tenantId: 't', freezeId: 'frz_1', selector: { kind: 'all' }, window, reason: 'year end', actor: { kind: 'person', name: 'ada' }, createdAtMs: 0, liftedAtMs: null, liftedBy: null, ...change,
});
const weekly = (text: string): Freeze => freeze(parseWeekly(text));
const CHURN = { name: 'churn', labels: { team: 'risk', tier: '1' } };
const holds = (of: Freeze, at: string | number): boolean => freezeOf([of], CHURN, typeof at === 'number' ? at : Date.parse(at)) !== null;
const end = (of: Freeze, at: string): string | null => { const ms = endsAtMs(of, Date.parse(at)); return ms === null ? null : new Date(ms).toISOString(); };

test.each([
  [{ kind: 'all' }, true], [{ kind: 'names', names: ['fraud', 'churn'] }, true], [{ kind: 'names', names: ['chur'] }, false],
  [{ kind: 'labels', labels: { team: 'risk' } }, true], [{ kind: 'labels', labels: { team: 'risk', tier: '2' } }, false], [{ kind: 'labels', labels: { other: 'x' } }, false],
] as const)('%j selects churn: %s', (selector, expected) => { expect(selects(selector, CHURN)).toBe(expected); });

test('a span holds from its first instant to before its last, or until it is lifted', () => {
  const span = freeze({ kind: 'span', fromMs: 10, untilMs: 20 });
  expect([9, 10, 19, 20].map((at) => holds(span, at))).toEqual([false, true, true, false]);
  const open = freeze({ kind: 'span', fromMs: 10, untilMs: null }, { liftedAtMs: 50 });
  expect([9, 10, 49, 50].map((at) => holds(open, at))).toEqual([false, true, true, false]);
});

test('of several that hold the oldest is named', () => {
  const [old, young] = [freeze({ kind: 'span', fromMs: 0, untilMs: null }, { freezeId: 'old', createdAtMs: 1 }), freeze({ kind: 'span', fromMs: 0, untilMs: null }, { freezeId: 'young', createdAtMs: 2 })];
  expect(freezeOf([young, old], CHURN, 5)?.freezeId).toBe('old');
  expect(freezeOf([young, { ...old, liftedAtMs: 4 }], CHURN, 5)?.freezeId).toBe('young');
});

test('a window over midnight belongs to the day on which it begins', () => {
  const nights = weekly('mon-fri 16:00-09:00 UTC');
  // 2026-11-27 is a Friday.
  expect(['2026-11-27T15:59:59Z', '2026-11-27T16:00:00Z', '2026-11-28T08:59:59Z', '2026-11-28T09:00:00Z', '2026-11-29T20:00:00Z', '2026-11-30T08:00:00Z', '2026-11-30T16:00:00Z'].map((at) => holds(nights, at)))
    .toEqual([false, true, true, false, false, false, true]);
});

test('whole days, and a window that ends at midnight', () => {
  const weekend = weekly('sat,sun 00:00-24:00 UTC');
  expect(['2026-11-27T23:59:00Z', '2026-11-28T00:00:00Z', '2026-11-29T23:59:00Z', '2026-11-30T00:00:00Z'].map((at) => holds(weekend, at))).toEqual([false, true, true, false]);
  expect(end(weekend, '2026-11-28T10:00:00Z')).toBe('2026-11-30T00:00:00.000Z');
});

/** Local 01:30–03:30 on Sundays: across each zone's changes of the clock. */
test.each([
  // Forward: 02:00 is 03:00. The window is an hour shorter.
  ['Europe/Berlin', '2026-03-29T00:30:00Z', '2026-03-29T01:30:00Z'], ['America/New_York', '2026-03-08T06:30:00Z', '2026-03-08T07:30:00Z'],
  // Back: an hour comes twice and is frozen twice.
  ['Europe/Berlin', '2026-10-24T23:30:00Z', '2026-10-25T02:30:00Z'], ['America/New_York', '2026-11-01T05:30:00Z', '2026-11-01T08:30:00Z'],
])('%s: the window begins %s and ends %s', (zone, from, to) => {
  const window = weekly(`sun 01:30-03:30 ${zone}`);
  const [begin, stop] = [Date.parse(from), Date.parse(to)];
  expect([holds(window, begin - 1), holds(window, begin), holds(window, stop - 1), holds(window, stop)]).toEqual([false, true, true, false]);
  for (let at = begin; at < stop; at += 10 * 60_000) {
    if (!holds(window, at)) continue;
    let next = at;
    while (holds(window, next)) next += 60_000;
    expect(endsAtMs(window, at)).toBe(next);
  }
});

test('in New York the first half of the hour that comes twice is free again when it comes the second time', () => {
  const window = weekly('sun 01:30-03:30 America/New_York');
  expect(['2026-11-01T05:59:00Z', '2026-11-01T06:00:00Z', '2026-11-01T06:29:00Z', '2026-11-01T06:30:00Z'].map((at) => holds(window, at))).toEqual([true, false, false, true]);
});

test('a window in the hour that does not come is not frozen that day', () => {
  const window = weekly('sun 02:10-02:50 Europe/Berlin');
  for (let at = Date.parse('2026-03-28T23:00:00Z'); at < Date.parse('2026-03-29T06:00:00Z'); at += 60_000) expect(holds(window, at)).toBe(false);
  expect(holds(window, '2026-04-05T00:10:00Z')).toBe(true);
});

test('a night over the change of the clock ends at its local hour', () => {
  const nights = weekly('mon-sun 22:00-06:00 Europe/Berlin');
  expect(end(nights, '2026-03-28T22:00:00Z')).toBe('2026-03-29T04:00:00.000Z');
  expect(end(nights, '2026-10-24T22:00:00Z')).toBe('2026-10-25T05:00:00.000Z');
});

test('windows without a gap have no end of their own', () => { expect(end(weekly('mon-sun 09:00-09:00 UTC'), '2026-11-25T12:00:00Z')).toBeNull(); });

test('unknown zones are refused; one that got in all the same holds, since what cannot be read must open nothing', () => {
  for (const zone of ['Europe/Berlinn', '', 'Mars/Olympus', '+02:00']) expect([zone, isTimeZone(zone)]).toEqual([zone, false]);
  expect(() => parseWeekly('mon 10:00-11:00 Europe/Berlinn')).toThrow(/time zone/);
  expect(holds(freeze({ kind: 'weekly', days: ['mon'], from: '10:00', to: '11:00', zone: 'Mars/Olympus' }), '2026-11-25T12:00:00Z')).toBe(true);
});

test.each(['', 'mon', 'mon 10:00', 'mon 10:00-11:00', 'mun 10:00-11:00 UTC', 'mon-wed-fri 10:00-11:00 UTC', 'mon 25:00-26:00 UTC', 'mon 24:00-10:00 UTC', 'mon 10:60-11:00 UTC'])('"%s" is refused', (text) => { expect(() => parseWeekly(text)).toThrow(); });

test('days are read as lists and ranges, also over Sunday', () => {
  expect(parseWeekly('Fri-Mon 10:00-11:00 UTC')).toEqual({ kind: 'weekly', days: ['mon', 'fri', 'sat', 'sun'], from: '10:00', to: '11:00', zone: 'UTC' });
  expect(parseWeekly('wed,mon 10:00 - 24:00 UTC').days).toEqual(['mon', 'wed']);
});

test('it says who, why and until when', () => {
  expect(explainFreeze(freeze({ kind: 'span', fromMs: 0, untilMs: 24 * HOUR }))).toBe('frozen by ada (year end), until 1970-01-02T00:00:00.000Z (frz_1)');
  expect(explainFreeze(weekly('mon 16:00-09:00 UTC'), Date.parse('2026-11-30T20:00:00Z'))).toBe('frozen by ada (year end), every mon 16:00–09:00 UTC; this time until 2026-12-01T09:00:00.000Z (frz_1)');
});
