import { fastBounds } from '../../../domain/offline/mean-bounds.ts';
import { pairedBounds } from '../../../domain/analysis/paired-bounds.ts';
import type { MetricPlan } from '../../../domain/analysis/plan.ts';
import { normals, uniforms } from '../../../domain/analysis/stats/seeded-random.ts';
import { fixedPlan, metricPolicy } from '../../support/analysis-arbitraries.ts';

/** A14 for engine fast: from its burn-in of 500 rows on, looks spaced geometrically, one-sided, a challenger exactly at the margin. Lognormal gains are left out: they are for engine strict (docs/judge.md). */
const RUNS = 200;
const ROWS = 8_000;
const LOOKS = Array.from({ length: 15 }, (_, i) => Math.round(500 * 1.22 ** i)).filter((n) => n <= ROWS);
const limit = 0.05 + 3 * Math.sqrt((0.05 * 0.95) / RUNS);
const STREAMS: Readonly<Record<string, (seed: number) => () => number>> = {
  'normal': (seed) => normals(seed),
  'rare differences, either way': (seed) => { const u = uniforms(seed); return () => { const x = u(); return x < 0.025 ? 1 : x < 0.05 ? -1 : 0; }; },
  'loans: small gains, rare full losses': (seed) => { const u = uniforms(seed); return () => (u() < 1 / 21 ? -1 : 0.05); },
};

test.each(Object.entries(STREAMS))('falsely promoted at most α of the time: %s', (_, stream) => {
  const crossed = Array.from({ length: RUNS }, (__, run) => {
    const next = stream(run + 1);
    const values = Array.from({ length: ROWS }, next);
    return LOOKS.some((n) => fastBounds(values.slice(0, n), { pass: 0, harm: 0 }, { alpha: 0.05, nStar: 5_000 }).logBetter >= Math.log(20));
  });
  expect(crossed.filter(Boolean).length / RUNS).toBeLessThanOrEqual(limit);
});

test('neighbours that hang together: AR(1) 0.7 in blocks of 50 rows', () => {
  const crossed = Array.from({ length: RUNS }, (_, run) => {
    const z = normals(run + 1);
    let x = 0;
    const blocks = Array.from({ length: 200 }, () => { let sum = 0; for (let i = 0; i < 50; i += 1) { x = 0.7 * x + z(); sum += x; } return sum / 50; });
    return [30, 36, 43, 52, 62, 75, 90, 108, 129, 155, 186, 200].some((n) => fastBounds(blocks.slice(0, n), { pass: 0, harm: 0 }, { alpha: 0.05, nStar: 100 }).logBetter >= Math.log(20));
  });
  expect(crossed.filter(Boolean).length / RUNS).toBeLessThanOrEqual(limit);
});

describe('of a rollout: both bounds on block means, at nine tenths and one tenth of α', () => {
  const SPREAD = 0.05;
  const fast = fixedPlan({ rollout: { engine: 'fast' }, metrics: [metricPolicy('accuracy')] });
  const metric: MetricPlan = { ...fast.metrics[0]!, lossBound: 6 * SPREAD, gainBound: 6 * SPREAD, centreCap: SPREAD, vOpt: SPREAD * SPREAD * 25, plannedBlocks: 100 };
  const of = (engine: 'strict' | 'fast', means: readonly number[]) => pairedBounds({ ...fast, engine }, metric, { means, requests: 10_000, cases: 1_000 });
  const STEPS = Array.from({ length: 15 }, (_, i) => 5 + i * 20);
  const BLOCKS: Readonly<Record<string, (seed: number) => () => number>> = {
    'normal': (seed) => { const z = normals(seed); return () => Math.max(-0.3, Math.min(0.3, SPREAD * z())); },
    'AR(1) 0.5, with the long-run variance': (seed) => { const z = normals(seed); let x = 0; return () => { x = 0.5 * x + 0.04 * z(); return Math.max(-0.3, Math.min(0.3, x)); }; },
  };

  test.each(Object.entries(BLOCKS))('a challenger at the margin is falsely promoted at most α of the time, and as rarely said to be harmful: %s', (name, stream) => {
    let [promoted, harmful] = [0, 0];
    for (let run = 0; run < RUNS; run += 1) {
      const next = stream(run + 1);
      const means = Array.from({ length: STEPS.at(-1)! }, next);
      const looks = STEPS.map((n) => of('fast', means.slice(0, n)));
      promoted += Number(looks.some(({ lower }) => (lower ?? -1) > 0));
      harmful += Number(looks.some(({ upper }) => (upper ?? 1) < 0));
    }
    // A correlation of neighbours is stood only in part by the long-run variance (decision-engine 2.1, 3b): blocks are made long enough first.
    const allowed = name.startsWith('AR') ? 2 * limit : limit;
    expect([promoted / RUNS <= allowed, harmful / RUNS <= allowed]).toEqual([true, true]);
  });

  test('finds a gain in fewer blocks than strict does', () => {
    const needed = (engine: 'strict' | 'fast', seed: number): number => { const z = normals(seed); const means: number[] = []; for (;;) { for (let i = 0; i < 5; i += 1) means.push(SPREAD * (0.4 + z())); if ((of(engine, means).lower ?? -1) > 0 || means.length > 1_000) return means.length; } };
    const middle = (engine: 'strict' | 'fast'): number => Array.from({ length: 41 }, (_, run) => needed(engine, run + 1)).sort((a, b) => a - b)[20]!;
    expect(middle('fast')).toBeLessThan(middle('strict') / 2);
  });
});
