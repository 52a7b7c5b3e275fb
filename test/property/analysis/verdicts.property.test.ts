import fc from 'fast-check';
import type { MicroBlock } from '../../../domain/analysis/blocks.ts';
import { foldMetric } from '../../../domain/analysis/fold.ts';
import { evidenceOf } from '../../../domain/analysis/evidence.ts';
import { judge } from '../../../domain/analysis/judge.ts';
import { logEvidence, lowerBound, lowerBoundInFull, type MeanAssumptions } from '../../../domain/analysis/stats/block-means.ts';
import { rateInterval } from '../../../domain/analysis/stats/bernoulli-sequence.ts';
import { normals, uniforms } from '../../../domain/analysis/stats/seeded-random.ts';
import { BINARY, block, DAY, daily, fixedPlan, healthy, label, leg, scores, START } from '../../support/analysis-arbitraries.ts';

const RUNS = 400;
const LOOKS = Array.from({ length: 22 }, (_, i) => Math.round(4 * 1.2 ** i)).filter((n, i, all) => n <= 120 && n !== all[i - 1]);
/** A rate of errors at its limit may be measured this much above it: three standard errors. */
const limit = (alpha: number, runs = RUNS): number => alpha + 3 * Math.sqrt((alpha * (1 - alpha)) / runs);

type Stream = (seed: number) => () => number;
const clip = (x: number, most: number): number => Math.max(-most, Math.min(most, x));
/** Block means whose mean is zero: a challenger exactly at the margin. */
const STREAMS: Readonly<Record<string, readonly [Stream, MeanAssumptions]>> = {
  'normal, cut at its range': [(seed) => { const z = normals(seed); return () => clip(0.1 * z(), 0.4); }, { lossBound: 0.4, centreCap: 0.1, vOpt: 0.25 }],
  'rare differences, either way': [(seed) => { const u = uniforms(seed); return () => { const x = u(); return x < 0.05 ? 1 : x < 0.1 ? -1 : 0; }; }, { lossBound: 1, centreCap: 0.3, vOpt: 2.5 }],
  'loans: small gains, rare full losses': [(seed) => { const u = uniforms(seed); return () => (u() < 1 / 21 ? -1 : 0.05); }, { lossBound: 1, centreCap: 0.2, vOpt: 1.2 }],
  'gains without a bound': [(seed) => { const z = normals(seed); return () => clip(Math.exp(1.2 * z()) / Math.exp(0.72) - 1, 1e9); }, { lossBound: 1, centreCap: 1, vOpt: 25 }],
  'AR(1) 0.7, in means of 24': [(seed) => { const z = normals(seed); let x = 0; return () => { let sum = 0; for (let i = 0; i < 24; i += 1) { x = 0.7 * x + 0.035 * z(); sum += x; } return clip(sum / 24, 0.2); }; }, { lossBound: 0.2, centreCap: 0.03, vOpt: 0.02 }],
};

test.each(Object.entries(STREAMS))('a challenger at the margin is falsely promoted at most α of the time, looking again and again: %s', (_, [stream, assumptions]) => {
  let crossed = 0;
  for (let run = 0; run < RUNS; run += 1) {
    const next = stream(run + 1);
    const means = Array.from({ length: LOOKS.at(-1)! }, next);
    if (LOOKS.some((n) => logEvidence(means.slice(0, n), assumptions, { alpha: 0.05 }) > Math.log(20))) crossed += 1;
  }
  expect(crossed / RUNS).toBeLessThanOrEqual(limit(0.05));
});

test('the e-value crosses exactly where the bound does', () => {
  fc.assert(fc.property(fc.array(fc.double({ min: -0.4, max: 0.6, noNaN: true }), { minLength: 1, maxLength: 40 }), (means) => {
    const [, assumptions] = STREAMS['normal, cut at its range']!;
    expect(logEvidence(means, assumptions, { alpha: 0.05 }) > Math.log(20)).toBe(lowerBound(means, assumptions, 0.05) > 0);
  }), { seed: 5, numRuns: 300 });
});

test('the bound in full holds where the loss bound is five times too small', () => {
  const wrong: MeanAssumptions = { lossBound: 0.2, centreCap: 0.05, vOpt: 0.06 };
  const runs = 100;
  const promoted = (crossed: (means: readonly number[]) => boolean): number => Array.from({ length: runs }, (_, run) => {
    const next = STREAMS['loans: small gains, rare full losses']![0](run + 1);
    const means = Array.from({ length: LOOKS.at(-1)! }, next);
    return Number(LOOKS.some((n) => crossed(means.slice(0, n))));
  }).reduce((a, b) => a + b) / runs;
  expect(promoted((means) => logEvidence(means, wrong, { alpha: 0.05 }) > Math.log(20))).toBeGreaterThan(limit(0.05, runs));
  expect(promoted((means) => mean(means) > 0 && lowerBoundInFull(means, wrong, 0.05, -1) > 0)).toBeLessThanOrEqual(limit(0.05, runs));
});

test('a rate at its limit is falsely passed, or falsely called broken, at most α of the time', () => {
  let [passed, broken] = [0, 0];
  const runs = 100;
  for (let run = 0; run < runs; run += 1) {
    const uniform = uniforms(run + 1);
    let [bad, n] = [0, 0];
    const intervals = LOOKS.map((look) => { while (n < look * 20) { n += 1; bad += Number(uniform() < 0.05); } return rateInterval({ n, bad }, 0.05, 40); });
    passed += Number(intervals.some(({ upper }) => upper < 0.05));
    broken += Number(intervals.some(({ lower }) => lower > 0.05));
  }
  expect((passed + broken) / runs).toBeLessThanOrEqual(limit(0.05, runs));
});

test('a real gain is found: the bound is not safe by being blind', () => {
  const [, assumptions] = STREAMS['normal, cut at its range']!;
  const found = Array.from({ length: 100 }, (_, run) => { const z = normals(run + 1); return Number(lowerBound(Array.from({ length: 60 }, () => clip(0.1 + 0.1 * z(), 0.4)), assumptions, 0.05) > 0); }).reduce((a, b) => a + b);
  expect(found).toBeGreaterThanOrEqual(95);
});

describe('the judge', () => {
  const plan = fixedPlan();
  const ask = (blocks: readonly MicroBlock[]): ReturnType<typeof judge> => judge({ plan, evidence: evidenceOf(blocks), progress: null, value: null, rulingMs: START + 200 * DAY, atMs: 1, n: 1 });

  test('shuffled and repeated blocks give the same verdict, hash and all', () => {
    const means = fc.array(fc.double({ min: -0.2, max: 0.4, noNaN: true }), { minLength: 1, maxLength: 30 });
    fc.assert(fc.property(means, fc.nat(), (values, seed) => {
      const blocks = [...daily(plan, 'accuracy', values), ...healthy(plan)];
      const uniform = uniforms(seed);
      const shuffled = [...blocks, ...blocks.slice(0, 5)].map((one) => [uniform(), one] as const).sort(([a], [b]) => a - b).map(([, one]) => one);
      expect(ask(shuffled)).toEqual(ask(blocks));
    }), { seed: 7, numRuns: 40 });
  });

  test('records sharded and shuffled before sealing give the same blocks, so the same verdict', () => {
    const uniform = uniforms(11);
    const requests = Array.from({ length: 60 }, (_, i) => ({ id: `inf_${String(i).padStart(3, '0')}`, champion: uniform(), challenger: uniform(), outcome: Number(uniform() < 0.5) }));
    const legs = requests.flatMap(({ id, champion, challenger }) => [leg(id, 'champion', scores(champion)), leg(id, 'challenger', scores(challenger))]);
    const labels = requests.map(({ id, outcome }) => label(id, outcome));
    const folded = (order: readonly number[]): MicroBlock => block(plan, 'accuracy', START / (DAY / 4), foldMetric({ metric: 'accuracy', plan, contract: BINARY, value: null, legs: order.map((i) => legs[i]!), labels }));
    const inOrder = legs.map((_, i) => i);
    const once = folded(inOrder);
    for (let round = 0; round < 20; round += 1) expect(folded(inOrder.map((i) => [uniform(), i] as const).sort(([a], [b]) => a - b).map(([, i]) => i))).toEqual(once);
  });

  test('without data for any one metric nothing is promoted', () => {
    const full = [...daily(plan, 'accuracy', Array(60).fill(0.5) as number[]), ...healthy(plan)];
    expect(ask(full).kind).toBe('promote');
    for (const { name } of plan.metrics) expect(ask(full.filter(({ metric }) => metric !== name)).kind).not.toBe('promote');
  });

  test('more of the same gain never takes a promotion back', () => {
    fc.assert(fc.property(fc.double({ min: 0.1, max: 1, noNaN: true }), (gain) => {
      const kinds = [5, 15, 60].map((days) => ask([...daily(plan, 'accuracy', Array(days).fill(gain) as number[]), ...healthy(plan)]).kind);
      const first = kinds.indexOf('promote');
      expect(first).toBeGreaterThanOrEqual(0);
      expect(new Set(kinds.slice(first))).toEqual(new Set(['promote']));
    }), { seed: 3, numRuns: 20 });
  });
});

function mean(values: readonly number[]): number { return values.reduce((a, b) => a + b) / values.length; }
