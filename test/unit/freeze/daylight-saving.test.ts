import { freezeOf, type Freeze, type FreezeWindow } from '../../../domain/freeze.ts';

/** Scenario 26: windows in local time across both edges of summer time, and a day whose last minute may be 61 seconds long. */
const freeze = (window: FreezeWindow): Freeze => ({ tenantId: 't', freezeId: 'frz_1', selector: { kind: 'all' }, window, reason: 'night', actor: { kind: 'person', name: 'ada' }, createdAtMs: 0, liftedAtMs: null, liftedBy: null });
const holds = (window: FreezeWindow, at: string): boolean => freezeOf([freeze(window)], { name: 'churn', labels: {} }, Date.parse(at)) !== null;
const berlin = (from: string, to: string): FreezeWindow => ({ kind: 'weekly', days: ['sun'], from, to, zone: 'Europe/Berlin' });

test.each([
  // 29 March 2026: 02:00 local is 03:00.
  ['before the hour that does not come', '2026-03-29T00:59:59Z', true], ['the instant after it is 03:00', '2026-03-29T01:00:00Z', false],
])('spring, 01:30 to 02:30: %s', (_, at, expected) => { expect(holds(berlin('01:30', '02:30'), at)).toBe(expected); });

test.each([
  // 25 October 2026: 03:00 local is 02:00 again.
  ['the hour before', '2026-10-24T23:59:59Z', false], ['02:00 the first time', '2026-10-25T00:00:00Z', true], ['02:59 the first time', '2026-10-25T00:59:59Z', true],
  ['02:00 the second time', '2026-10-25T01:00:00Z', true], ['02:59 the second time', '2026-10-25T01:59:59Z', true], ['03:00', '2026-10-25T02:00:00Z', false],
])('autumn, 02:00 to 03:00, an hour that comes twice: %s', (_, at, expected) => { expect(holds(berlin('02:00', '03:00'), at)).toBe(expected); });

test('a window over midnight keeps its day through the change of the clock', () => {
  const night: FreezeWindow = { kind: 'weekly', days: ['sat'], from: '22:00', to: '04:00', zone: 'Europe/Berlin' };
  expect(['2026-03-28T21:00:00Z', '2026-03-29T01:59:59Z', '2026-03-29T02:00:00Z'].map((at) => holds(night, at))).toEqual([true, true, false]);
  expect(['2026-10-24T19:59:59Z', '2026-10-24T20:00:00Z', '2026-10-25T02:59:59Z', '2026-10-25T03:00:00Z'].map((at) => holds(night, at))).toEqual([false, true, true, false]);
});

test('an instant is an instant: a span ends in the second it names, and the second of a leap second is the one after it', () => {
  const span: FreezeWindow = { kind: 'span', fromMs: Date.parse('2016-12-31T23:00:00Z'), untilMs: Date.parse('2017-01-01T00:00:00Z') };
  expect(['2016-12-31T22:59:59.999Z', '2016-12-31T23:59:59.999Z', '2017-01-01T00:00:00Z'].map((at) => holds(span, at))).toEqual([false, true, false]);
});
