import fc from 'fast-check';
import { planFromEarlier } from '../../../domain/analysis/earlier-rollouts.ts';
import { budgetOf, spentBefore, YEAR_MS, type AlphaSpent } from '../../../domain/analysis/false-promotions.ts';
import { fixPlan } from '../../../domain/analysis/planning.ts';
import { normals } from '../../../domain/analysis/stats/seeded-random.ts';
import { DAY, draft, series, START } from '../../support/analysis-arbitraries.ts';

/** Block means of any size, from almost none to most of the range, around a mean of their own. */
const streams = fc.record({ seed: fc.nat(), mean: fc.integer({ min: -100, max: 200 }), permille: fc.integer({ min: 0, max: 150 }) })
  .map(({ seed, mean, permille }) => { const normal = normals(seed); return (count: number): number[] => Array.from({ length: count }, () => Math.max(-1, Math.min(1, (mean + permille * normal()) / 1_000))); });

test('planning from the blocks of an earlier rollout is planning from a pilot of the same blocks', () => {
  let taught = 0;
  fc.assert(fc.property(fc.integer({ min: 8, max: 20 }), streams, (cycles, take) => {
    const before = draft({ rollout: { pilotCycles: cycles } });
    const blocks = series(before, 'accuracy', take(cycles * 4));
    const now = { ...before, rolloutId: 'dep_1/2', startedMs: START + 50 * DAY };
    const pilot = fixPlan(before, blocks)!.metrics[0]!;
    const plan = planFromEarlier(now, [{ plan: before, blocks }]);
    if (plan === null) {
      expect([0.02, 1]).toContain(pilot.lossBound);
      return;
    }
    taught += 1;
    expect(plan.metrics[0]).toEqual({ ...pilot, plannedFrom: 'earlier-rollout' });
    expect(plan.evidenceFromMs).toBe(START + 50 * DAY);
  }), { seed: 21, numRuns: 150 });
  expect(taught).toBeGreaterThan(50);
});

test('one more earlier rollout never makes the plan less careful', () => {
  let compared = 0;
  fc.assert(fc.property(streams, streams, fc.integer({ min: 1, max: 15 }), (take, takeOther, cycles) => {
    const before = draft();
    const one = { plan: before, blocks: series(before, 'accuracy', take(40)) };
    const other = { plan: before, blocks: series(before, 'accuracy', takeOther(cycles * 4)) };
    const now = { ...before, rolloutId: 'dep_1/9', startedMs: START + 50 * DAY };
    const [alone, both] = [[one], [one, other]].map((earlier) => planFromEarlier(now, earlier)?.metrics[0]);
    if (alone === undefined || both === undefined) return;
    expect(both.blockSlots).toBeGreaterThanOrEqual(alone.blockSlots);
    if (both.blockSlots > alone.blockSlots) return;
    expect(both.lossBound).toBeGreaterThanOrEqual(alone.lossBound);
    compared += 1;
  }), { seed: 22, numRuns: 100 });
  expect(compared).toBeGreaterThan(30);
});

/** Rollouts one after the other, each given what the budget grants. */
function spend(rollouts: readonly { readonly gapMs: number; readonly alpha: number }[], perYear: number): readonly AlphaSpent[] {
  const all: AlphaSpent[] = [];
  let startedAtMs = START;
  for (const [i, { gapMs, alpha }] of rollouts.entries()) {
    startedAtMs += gapMs;
    const rolloutId = `dep_1/${i + 1}`;
    all.push({ rolloutId, atMs: startedAtMs, alpha: budgetOf({ alpha, falsePromotionsPerYear: perYear }, spentBefore({ rolloutId, startedAtMs }, all)).nextAlpha });
  }
  return all;
}

test('over any 365 days the alphas granted sum to less than the budget, whatever the sequence of rollouts; and none gets nothing', () => {
  const gap = fc.oneof(fc.integer({ min: 0, max: 10 * DAY }), fc.integer({ min: 0, max: YEAR_MS + DAY }), fc.constantFrom(0, YEAR_MS, YEAR_MS - 1));
  const rollouts = fc.array(fc.record({ gapMs: gap, alpha: fc.double({ min: 1e-4, max: 0.5, noNaN: true }) }), { minLength: 1, maxLength: 120 });
  fc.assert(fc.property(rollouts, fc.double({ min: 1e-4, max: 2, noNaN: true }), (sequence, perYear) => {
    const all = spend(sequence, perYear);
    for (const last of all) {
      const year = all.filter(({ atMs }) => atMs <= last.atMs && atMs >= last.atMs - YEAR_MS);
      expect(year.reduce((sum, { alpha }) => sum + alpha, 0)).toBeLessThan(perYear);
      expect(last.alpha).toBeGreaterThan(0);
    }
    all.forEach(({ alpha }, i) => { expect(alpha).toBeLessThanOrEqual(sequence[i]!.alpha); });
  }), { seed: 23, numRuns: 200 });
});

test.each([4, 12, 52, 365])('a steady %d rollouts a year settle near half of an equal share', (rate) => {
  const all = spend(Array.from({ length: 12 * rate }, () => ({ gapMs: Math.ceil(YEAR_MS / rate) + 1, alpha: 0.05 })), 0.2);
  const settled = all.slice(-rate).map(({ alpha }) => alpha);
  expect(Math.min(...settled)).toBeGreaterThan(0.1 / rate / 3);
  expect(Math.max(...settled)).toBeLessThan((0.1 / rate) * 3);
});
