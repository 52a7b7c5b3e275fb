import { sampleKill } from '../../../conformance/stores/samples.ts';
import { newScope } from '../../../conformance/stores/suite.ts';
import { drillable, drillResult, drillSummary, drillTerms, isDue, isMeasured, nextDrillId } from '../../../domain/kill/drill.ts';
import type { KillRecord } from '../../../domain/kill/kill.ts';
import { killSentence } from '../../../domain/kill/sentence.ts';
import { applyCommand } from '../../../domain/traffic/commands.ts';
import type { Route, RouteCommand } from '../../../domain/traffic/route.ts';
import { canaryRoute, variant } from '../../support/traffic-arbitraries.ts';

const scope = newScope();
const DAY = 86_400_000;
const TERMS = drillTerms({ everyMs: 7 * DAY, limitMs: 500 });
/** An ended drill that was silent after `ms`; null: never. */
const drill = (atMs: number, ms: number | null, of: Partial<KillRecord> = {}): KillRecord => sampleKill(scope, {
  killId: `kil_${atMs}`, drillId: `dri_${atMs}`, state: 'revived', requestedAtMs: atMs, fencedAtMs: ms === null ? null : atMs + ms, silentAtMs: ms === null ? null : atMs + ms, provedAtMs: ms === null ? null : atMs + ms + 10, revivedAtMs: atMs + 1_000, missing: [], bound: null, ...of,
});

describe('what a drill does to a route', () => {
  const act = (route: Route, body: Omit<Extract<RouteCommand, { type: 'kill' }>, 'commandId' | 'atMs'> | Omit<Extract<RouteCommand, { type: 'endDrill' }>, 'commandId' | 'atMs'>, id: string): Route => applyCommand(route, { ...body, commandId: id, atMs: 1 }).route;
  const begin = (route: Route): Route => act(route, { type: 'kill', targets: ['var_2'], inFlight: 'abort', drill: true }, 'k1');
  const before = canaryRoute(1_000);
  test('it keeps the share, and its end brings back exactly what was', () => {
    const during = begin(before);
    expect(during).toMatchObject({ tombstones: ['var_2'], drilled: ['var_2'], shares: before.shares });
    const after = act(during, { type: 'endDrill', targets: ['var_2'] }, 'k2');
    expect({ ...after, revision: 0, applied: [], draining: [] }).toEqual({ ...before, drilled: [], revision: 0, applied: [], draining: [] });
  });
  test('what is killed in earnest meanwhile loses its share and stays killed', () => {
    const killed = act(begin(before), { type: 'kill', targets: ['var_2'], inFlight: 'abort' }, 'k2');
    expect(killed).toMatchObject({ tombstones: ['var_2'], drilled: [], shares: [] });
    expect(act(killed, { type: 'endDrill', targets: ['var_2'] }, 'k3')).toMatchObject({ tombstones: ['var_2'] });
    const all = act(begin(before), { type: 'kill', targets: ['*'], inFlight: 'abort' }, 'k2');
    expect(act(all, { type: 'endDrill', targets: ['var_2'] }, 'k3')).toMatchObject({ tombstones: ['*'], shares: [], drilled: [] });
  });
  test('what was killed before is not the drill\'s to give back', () => {
    const killed = act(before, { type: 'kill', targets: ['var_2'], inFlight: 'abort' }, 'k0');
    expect(act(act(killed, { type: 'kill', targets: ['var_2'], inFlight: 'abort', drill: true }, 'k1'), { type: 'endDrill', targets: ['var_2'] }, 'k2').tombstones).toEqual(['var_2']);
  });
  test('the rollout goes on setting its share, and a promotion waits for the end', () => {
    const during = begin(before);
    const share = applyCommand(during, { type: 'setShare', variant: variant(2), sharePer10k: 2_000, ifRollout: before.rolloutId!, commandId: 's', atMs: 2 });
    expect([share.result.outcome, share.route.shares]).toEqual(['applied', [{ variantId: 'var_2', sharePer10k: 2_000 }]]);
    const crown = { type: 'setChampion', variant: variant(2), expectedChampion: before.champion, by: 'automation', atMs: 3 } as const;
    expect(applyCommand(during, { ...crown, commandId: 'c1' }).result).toMatchObject({ outcome: 'refused', rule: 'drilled' });
    expect(applyCommand(act(during, { type: 'endDrill', targets: ['var_2'] }, 'k2'), { ...crown, commandId: 'c2' }).route.champion).toBe('var_2');
  });
  test('only what gateways send something is drilled', () => {
    expect(drillable(before)).toEqual(['var_2']);
    expect(drillable(begin(before))).toEqual([]);
    expect(drillable({ ...before, shares: [], shadows: [] })).toEqual([]);
  });
});

test('a drill is due when the newest one is an interval old, and never while one is under way', () => {
  expect(isDue(drillTerms(undefined), null, 0)).toBe(false);
  expect(isDue(TERMS, null, 0)).toBe(true);
  expect([7 * DAY - 1, 7 * DAY].map((nowMs) => isDue(TERMS, drill(0, 5), nowMs))).toEqual([false, true]);
  expect(isDue(TERMS, drill(0, 5, { state: 'silent' }), 30 * DAY)).toBe(false);
  expect(nextDrillId('dep_1', null)).toBe(nextDrillId('dep_1', null));
  expect(new Set([nextDrillId('dep_1', null), nextDrillId('dep_2', null), nextDrillId('dep_1', drill(1, 1))]).size).toBe(3);
});

test('a drill ends when it is proved, or after a minute', () => {
  expect(isMeasured(drill(0, 5, { state: 'proved' }), 20)).toBe(true);
  expect([59_999, 60_000].map((nowMs) => isMeasured(drill(0, null, { state: 'unconfirmed' }), nowMs))).toEqual([false, true]);
});

test('passed, slow, failed, under way', () => {
  expect([drill(0, 500), drill(0, 501), drill(0, null), drill(0, 5, { provedAtMs: null }), drill(0, 5, { state: 'proved' })].map((each) => drillResult(each, TERMS))).toEqual(['passed', 'slow', 'failed', 'failed', 'under-way']);
});

describe('time to safe over drills', () => {
  const series = (times: readonly number[]): readonly KillRecord[] => times.map((ms, i) => drill((i + 1) * DAY, ms)).reverse();
  test('nothing known is said as such', () => {
    expect(drillSummary(drillTerms(undefined), [], 0)).toMatchObject({ standing: 'off', nextAtMs: null, newestMs: null, trend: 'unknown' });
    expect(drillSummary(TERMS, [], 5)).toMatchObject({ standing: 'waiting', nextAtMs: 5, lastResult: null });
  });
  test('newest, median, worst, and when the next is due', () => {
    const summary = drillSummary(TERMS, series([90, 80, 700, 100]), 5 * DAY);
    expect(summary).toMatchObject({ standing: 'fresh', newestMs: 100, medianMs: 95, worstMs: 700, count: 4, notPassed: 1, lastResult: 'passed', lastAtMs: 4 * DAY, nextAtMs: 11 * DAY });
    expect(summary.sentence).toBe('Time to safe 100 ms, median of 4 drills 95 ms. 1 of 4 did not pass.');
  });
  test('a figure older than two intervals is late; a failed drill comes first', () => {
    expect(drillSummary(TERMS, series([90]), 16 * DAY)).toMatchObject({ standing: 'late', sentence: 'Time to safe 90 ms. That is older than two intervals: nothing could be drilled since.' });
    expect(drillSummary(TERMS, [drill(2 * DAY, null), drill(DAY, 80)], 3 * DAY).sentence).toMatch(/^The newest drill FAILED\. /);
  });
  test('a trend needs eight drills and more than one wild one', () => {
    expect(drillSummary(TERMS, series([80, 82, 85, 90, 95, 99, 120, 150, 180]), 20 * DAY)).toMatchObject({ trend: 'slower', sentence: expect.stringContaining('It gets slower.') });
    expect(drillSummary(TERMS, series([80, 81, 79, 80, 82, 78, 81, 5_000]), 20 * DAY).trend).toBe('steady');
    expect(drillSummary(TERMS, series([9, 8, 7, 6, 5, 4, 3, 2, 1]), 20 * DAY).trend).toBe('faster');
    expect(drillSummary(TERMS, series([1, 2, 3, 4, 5, 6, 7]), 20 * DAY).trend).toBe('unknown');
  });
});

test('its sentence says that it was a drill, and that it is over', () => {
  expect(killSentence(drill(0, 40, { answering: '6' }))).toBe('Version 7 of churn was off in a drill and is back: silent after 40 ms, proved after 50 ms. Version 6 answers now.');
  expect(killSentence(drill(0, null, { answering: '6', missing: ['gateway gw-2 cannot be reached'], bound: 'none' }))).toMatch(/never silent, NOT proved\. Version 6 answers now\. Not confirmed: gateway gw-2 cannot be reached\./);
});
