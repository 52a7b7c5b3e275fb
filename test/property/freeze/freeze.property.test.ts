import fc from 'fast-check';
import { endsAtMs, freezeOf, WEEKDAYS, type Freeze } from '../../../domain/freeze.ts';

const MINUTE = 60_000;
const clock = fc.tuple(fc.integer({ min: 0, max: 23 }), fc.integer({ min: 0, max: 59 })).map(([hours, minutes]) => `${String(hours).padStart(2, '0')}:${String(minutes).padStart(2, '0')}`);
const weeklyFreeze: fc.Arbitrary<Freeze> = fc.record({ days: fc.uniqueArray(fc.constantFrom(...WEEKDAYS), { minLength: 1 }), from: clock, to: clock, zone: fc.constantFrom('Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Kathmandu', 'UTC') })
  .map((window) => ({ tenantId: 't', freezeId: 'frz_1', selector: { kind: 'all' }, window: { kind: 'weekly', ...window }, reason: 'r', actor: { kind: 'person', name: 'ada' }, createdAtMs: 0, liftedAtMs: null, liftedBy: null }));
/** Any minute of 2026, changes of the clock often. */
const instant = fc.oneof(fc.integer({ min: Date.UTC(2026, 0, 1) / MINUTE, max: Date.UTC(2027, 0, 1) / MINUTE }), ...[Date.UTC(2026, 2, 29), Date.UTC(2026, 9, 25), Date.UTC(2026, 2, 8), Date.UTC(2026, 10, 1), Date.UTC(2026, 3, 4, 15)].map((at) => fc.integer({ min: at / MINUTE - 1_440, max: at / MINUTE + 1_440 }))).map((minutes) => minutes * MINUTE);
const holds = (freeze: Freeze, atMs: number): boolean => freezeOf([freeze], { name: 'churn', labels: {} }, atMs) !== null;

/** The local day and time as a person reads them off a calendar, by another way than the code. */
function reads({ window }: Freeze, atMs: number): boolean {
  if (window.kind !== 'weekly') return false;
  const local = (ms: number): { readonly day: string; readonly time: string } => {
    const text = new Date(ms).toLocaleString('en-US', { timeZone: window.zone, weekday: 'short', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
    return { day: text.slice(0, 3).toLowerCase(), time: text.slice(-5) };
  };
  const { day, time } = local(atMs);
  const before = WEEKDAYS[((WEEKDAYS as readonly string[]).indexOf(day) + 6) % 7]!;
  const on = (name: string): boolean => (window.days as readonly string[]).includes(name);
  return window.from < window.to ? on(day) && time >= window.from && time < window.to : (on(day) && time >= window.from) || (on(before) && time < window.to);
}

test('a weekly window holds exactly when the local calendar says so', () => {
  fc.assert(fc.property(weeklyFreeze, instant, (freeze, atMs) => { expect(holds(freeze, atMs)).toBe(reads(freeze, atMs)); }), { seed: 7, numRuns: 1_000 });
});

test('it holds until the end that it names, and not at it', () => {
  fc.assert(fc.property(weeklyFreeze, instant, (freeze, atMs) => {
    if (!holds(freeze, atMs)) return;
    const end = endsAtMs(freeze, atMs);
    if (end === null) return;
    expect(holds(freeze, end)).toBe(false);
    for (let at = atMs; at < end; at += MINUTE) if (!holds(freeze, at)) throw new Error(`free at ${String(at)}, before ${String(end)}`);
  }), { seed: 8, numRuns: 50 });
}, 60_000);
