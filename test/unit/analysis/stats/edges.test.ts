import { pseudoOutcome } from '../../../../domain/analysis/stats/aipw.ts';
import { asymptoticLowerBound, spreadOfMean } from '../../../../domain/analysis/stats/asymptotic-blocks.ts';
import { asymptoticLogE, asymptoticRadius, asymptoticRho } from '../../../../domain/analysis/stats/asymptotic-sequence.ts';
import { midranks } from '../../../../domain/analysis/stats/auc.ts';
import { rateInterval } from '../../../../domain/analysis/stats/bernoulli-sequence.ts';
import { centred, logEvidence, lowerBound, lowerBoundInFull } from '../../../../domain/analysis/stats/block-means.ts';
import { lag1Correlation } from '../../../../domain/analysis/stats/correlation.ts';
import { cupedAdjusted, cupedTheta, type CovariateSums } from '../../../../domain/analysis/stats/cuped.ts';
import { benjaminiHochberg, eBenjaminiHochberg } from '../../../../domain/analysis/stats/false-discovery.ts';
import { sumBound, tunedRho } from '../../../../domain/analysis/stats/gamma-exponential.ts';
import { isotonicFit, isotonicValue } from '../../../../domain/analysis/stats/isotonic.ts';
import { logGammaP, logGammaQ } from '../../../../domain/analysis/stats/log-incomplete-gamma.ts';
import { longRunVariance } from '../../../../domain/analysis/stats/long-run-variance.ts';
import { mannKendall } from '../../../../domain/analysis/stats/mann-kendall.ts';
import { mcnemarChiSquare } from '../../../../domain/analysis/stats/mcnemar.ts';
import { add, deviation, merge, momentsOf, NO_MOMENTS } from '../../../../domain/analysis/stats/moments.ts';
import { normalCdf, normalQuantile } from '../../../../domain/analysis/stats/normal-distribution.ts';
import { crossing } from '../../../../domain/analysis/stats/root.ts';
import { normals, uniforms } from '../../../../domain/analysis/stats/seeded-random.ts';
import { detect, isAlarm } from '../../../../domain/analysis/stats/shiryaev-roberts.ts';
import { stitchedBound } from '../../../../domain/analysis/stats/stitching.ts';
import { anytimeInterval, armOf } from '../../../../domain/analysis/stats/two-arms.ts';

/** Each function at the ends of what it is defined for, beyond them, and by hand on a few numbers. */

const IMPOSSIBLE = [NaN, -1, -Infinity];

describe('the ends of what is defined', () => {
  test.each([...IMPOSSIBLE, 2])('%d is no probability, no loss and no chance', (p) => {
    expect(normalQuantile(p)).toBeNaN();
    expect(detect({ grid: [0.1, 0.3], m: 0.5 }, [1, 2], p)).toEqual([NaN, NaN]);
    expect(pseudoOutcome({ value: 1, propensity: p, predicted: 0 })).toBeNaN();
  });
  test('0 and 1 are, as far as they can be', () => {
    expect([normalQuantile(0), normalQuantile(1), normalQuantile(0.5)]).toEqual([-Infinity, Infinity, expect.closeTo(0, 14)]);
    expect(detect({ grid: [0.5], m: 0.5 }, [1], 0)[0]).toBeCloseTo(1, 14);
    expect(detect({ grid: [0.5], m: 0.5 }, [1], 1)[0]).toBeCloseTo(3, 14);
    expect(pseudoOutcome({ value: 0.25, propensity: 1, predicted: 7 })).toBe(0.25);
    expect(pseudoOutcome({ value: 1, propensity: 0.5, predicted: 0.2 })).toBeCloseTo(1.8, 14);
  });
  test.each(IMPOSSIBLE)('no observations, or %d of them, tell nothing', (n) => {
    for (const count of [0, n]) {
      expect(asymptoticRadius({ n: count, deviation: 1 }, { rho: 0.1, alpha: 0.05, sides: 'one-sided' })).toBe(Infinity);
      expect(asymptoticLogE({ n: count, mean: 5, deviation: 1 }, { rho: 0.1, mu0: 0, sides: 'two-sided' })).toBe(-Infinity);
      expect(rateInterval({ n: count, bad: 0 }, 0.05, 100)).toEqual({ lower: 0, upper: 1 });
      expect([logGammaP(3, count), logGammaQ(3, count)]).toEqual([-Infinity, 0]);
    }
    expect(asymptoticLogE({ n: 50, mean: 5, deviation: n }, { rho: 0.1, mu0: 0, sides: 'two-sided' })).toBe(-Infinity);
  });
  test('nothing differs, nothing varies, nothing moves', () => {
    expect(mcnemarChiSquare({ better: 0, worse: 0 }, true)).toEqual({ statistic: 0, p: 1 });
    expect(lag1Correlation([1, 2])).toBeNull();
    expect(lag1Correlation([1, 2, 3])).toBeCloseTo(0, 14);
    expect(lag1Correlation([1, 1, 5])).toBeCloseTo(((1 - 7 / 3) ** 2 + (1 - 7 / 3) * (5 - 7 / 3)) / (2 * (4 / 3) ** 2 + (8 / 3) ** 2), 12);
    expect(lag1Correlation([2, 2, 2, 2])).toBeNull();
    expect(mannKendall([1, 1, 1, 1, 1, 1, 1, 1], 1)).toBe('steady');
    expect(isotonicValue([{ x: 3, value: 7 }], -5)).toBe(7);
  });
});

describe('asymptotic sequences by hand', () => {
  test('ρ of one side is that of two sides at twice the level', () => {
    expect(asymptoticRho(100, 0.05, 'one-sided')).toBe(asymptoticRho(100, 0.1, 'two-sided'));
    expect(asymptoticRho(100, 0.05, 'two-sided')).toBeCloseTo(Math.sqrt((-2 * Math.log(0.05) + Math.log(1 - 2 * Math.log(0.05))) / 100), 14);
  });
  test('the e-value is about the distance from mu0, and one side knows no losses', () => {
    const of = { rho: 0.2, mu0: 1, sides: 'one-sided' } as const;
    const z = (0.2 * 40 * 2) / (3 * Math.sqrt(40 * 0.04 + 1));
    expect(asymptoticLogE({ n: 40, mean: 3, deviation: 3 }, of)).toBeCloseTo(Math.log(2 * Math.expm1((z * z) / 2) / Math.sqrt(2.6)), 12);
    expect([asymptoticLogE({ n: 40, mean: 1, deviation: 3 }, of), asymptoticLogE({ n: 40, mean: 0, deviation: 3 }, of)]).toEqual([-Infinity, -Infinity]);
    const far = asymptoticLogE({ n: 4_000, mean: 30, deviation: 3 }, of);
    const zFar = (0.2 * 4_000 * 29) / (3 * Math.sqrt(4_000 * 0.04 + 1));
    expect(far).toBeCloseTo(Math.log(2) + (zFar * zFar) / 2 - Math.log(161) / 2, 6);
    expect(Number.isFinite(far)).toBe(true);
  });
  test('the bound of block means is the radius below the mean, and none without spread', () => {
    const of = { n: 60, mean: 0.4, deviation: 0.5 };
    const rho = asymptoticRho(100, 0.05, 'one-sided');
    expect(asymptoticLowerBound(of, { nStar: 100, alpha: 0.05 })).toBe(0.4 - asymptoticRadius(of, { rho, alpha: 0.05, sides: 'one-sided' }));
    expect([0, NaN].map((none) => asymptoticLowerBound({ ...of, deviation: none }, { nStar: 100, alpha: 0.05 }))).toEqual([null, null]);
  });
  test('spread: plain for blocks that do not hang together or are fewer than sixteen, long-run else', () => {
    const up = Array.from({ length: 16 }, (_, i) => i);
    expect(spreadOfMean(up.slice(0, 15))).toEqual({ n: 15, mean: 7, deviation: Math.sqrt(20), isLongRun: false });
    expect(spreadOfMean(up)).toEqual({ n: 16, mean: 7.5, deviation: Math.sqrt(longRunVariance(up)), isLongRun: true });
    const noise = Array.from({ length: 40 }, (_, i) => (i * 7) % 10);
    expect(spreadOfMean(noise)).toMatchObject({ isLongRun: false, deviation: deviation(momentsOf(noise)) });
    expect(spreadOfMean(Array.from({ length: 20 }, () => 3))).toMatchObject({ deviation: 0, isLongRun: false });
  });
  test('both arms: one side has no upper bound, two sides lie evenly about the estimate', () => {
    const of = { estimate: 0.3, standardError: 0.1, freedom: 90, n: 400 };
    const [one, two] = [anytimeInterval(of, { alpha: 0.05, sides: 1, nStar: 400 }), anytimeInterval(of, { alpha: 0.05, sides: 2, nStar: 400 })];
    const radius = asymptoticRadius({ n: 400, deviation: 2 }, { rho: asymptoticRho(400, 0.05, 'one-sided'), alpha: 0.05, sides: 'one-sided' });
    expect(one).toMatchObject({ lower: 0.3 - radius, upper: null });
    expect(two.upper! - 0.3).toBeCloseTo(0.3 - two.lower!, 12);
    expect(two.lower!).toBeLessThan(one.lower!);
    expect(one.pValue).toBeLessThan(two.pValue);
    expect(anytimeInterval({ ...of, estimate: 0.9 }, { alpha: 0.05, sides: 2, nStar: 400 }).pValue).toBeLessThan(1e-6);
    expect([armOf({ n: 1, sum: 2, sumSquares: 4 }, false).variance, armOf({ n: 2, sum: 2, sumSquares: 4 }, false).variance, armOf({ n: 1, sum: 1, sumSquares: 1 }, true).variance]).toEqual([NaN, 2, 0]);
  });
});

describe('block means by hand', () => {
  const assumptions = { lossBound: 0.5, centreCap: 0.1, vOpt: 1 };
  test('the centre is the mean of the past, at most the cap, and nought at first', () => {
    expect(centred([0.4, 0.2, -0.3], 0.25)).toEqual({ sum: expect.closeTo(0.3, 12) as number, v: expect.closeTo(0.16 + (0.2 - 0.25) ** 2 + (-0.3 - 0.25) ** 2, 12) as number });
    expect(centred([-0.4, 0.2], 0.25).v).toBeCloseTo(0.16 + 0.36, 12);
    expect(centred([], 1)).toEqual({ sum: 0, v: 0 });
  });
  test('the bound is the sum less what chance explains, over the blocks', () => {
    const means = [0.2, 0.1, 0.3, -0.1];
    const { sum, v } = centred(means, 0.1);
    const of = { rho: tunedRho(1, 0.05, 'one-sided'), c: 0.6 };
    expect(lowerBound(means, assumptions, 0.05)).toBe((sum - sumBound(of, v, 0.05)) / 4);
    expect(lowerBound(means, { ...assumptions, leastV: 1 }, 0.05)).toBe((sum - sumBound(of, 1, 0.05)) / 4);
    expect(lowerBound(means, { ...assumptions, leastV: v }, 0.05)).toBe(lowerBound(means, assumptions, 0.05));
    expect([lowerBound([], assumptions, 0.05), logEvidence([], assumptions, { alpha: 0.05 })]).toEqual([-Infinity, 0]);
  });
  test('evidence is beyond ln(1/α) where the bound is above mu0, and grows as mu0 falls', () => {
    const means = Array.from({ length: 60 }, (_, i) => 0.3 + 0.05 * (i % 3));
    const bound = lowerBound(means, assumptions, 0.05);
    expect(logEvidence(means, assumptions, { alpha: 0.05, mu0: bound - 1e-6 })).toBeGreaterThan(Math.log(20));
    expect(logEvidence(means, assumptions, { alpha: 0.05, mu0: bound + 1e-6 })).toBeLessThan(Math.log(20));
    expect(logEvidence(means, assumptions, { alpha: 0.05 })).toBe(logEvidence(means, assumptions, { alpha: 0.05, mu0: 0 }));
  });
  test('in full: what blocks beyond the loss bound could cost is taken off, as often as they may come', () => {
    const good = Array.from({ length: 80 }, () => 0.2);
    expect(lowerBoundInFull(good, assumptions, 0.05, -1)).toBeCloseTo(lowerBound(good, assumptions, 0.025) - (Math.log(40) / 80) * 0.5, 12);
    expect(lowerBoundInFull(good, assumptions, 0.05, -0.5)).toBe(lowerBound(good, assumptions, 0.05));
    expect(lowerBoundInFull(good.slice(0, 2), assumptions, 0.05, -1)).toBeCloseTo(lowerBound(good.slice(0, 2), assumptions, 0.025) - 0.5, 12);
    const bad = [...good, -0.9, -0.5];
    const rate = rateInterval({ n: 82, bad: 1 }, 0.025, 100).upper;
    expect(lowerBoundInFull(bad, assumptions, 0.05, -1)).toBeCloseTo(lowerBound([...good, -0.5, -0.5], assumptions, 0.025) - rate * 0.5, 12);
  });
});

describe('discoveries, whatever their order', () => {
  test('p-values at the very threshold fall; what is no number never does, and takes no place', () => {
    expect(benjaminiHochberg([0.04, 0.025, 0.9], 0.075)).toEqual([true, true, false]);
    expect(benjaminiHochberg([0.9, NaN, 0.01, 0], 0.05)).toEqual([false, false, true, true]);
    expect(benjaminiHochberg([0.0251, 0.0501], 0.05)).toEqual([false, false]);
  });
  test('e-values likewise', () => {
    expect(eBenjaminiHochberg([1, 40, NaN, 20], 0.1)).toEqual([false, true, false, true]);
    expect(eBenjaminiHochberg([10, 5, 0], 0.3)).toEqual([true, true, false]);
    expect(eBenjaminiHochberg([0, 0], 0.5)).toEqual([false, false]);
  });
});

describe('series and sums by hand', () => {
  test('the long-run variance of nine numbers, by its two lags', () => {
    const xs = [1, 3, 2, 5, 6, 5, 8, 9, 7];
    const mean = xs.reduce((a, b) => a + b, 0) / 9;
    const gamma = (lag: number): number => xs.slice(lag).reduce((sum, x, i) => sum + (x - mean) * (xs[i]! - mean), 0) / 9;
    // L = floor(4 (9/100)^(2/9)) = 2.
    expect(longRunVariance(xs)).toBeCloseTo(gamma(0) + 2 * ((2 / 3) * gamma(1) + (1 / 3) * gamma(2)), 12);
    expect(longRunVariance([4, 8])).toBe(8);
  });
  test('moments: one by one, together and at once', () => {
    const xs = [4, -2, 7, 7.5, 100];
    const one = xs.reduce(add, NO_MOMENTS);
    const both = merge(momentsOf(xs.slice(0, 2)), momentsOf(xs.slice(2)));
    const [mean, m2] = [23.3, xs.reduce((sum, x) => sum + (x - 23.3) ** 2, 0)];
    for (const { n, mean: found, m2: spread } of [one, both, momentsOf(xs)]) expect([n, found, spread]).toEqual([5, expect.closeTo(mean, 10), expect.closeTo(m2, 8)]);
    expect([merge(NO_MOMENTS, one), merge(one, NO_MOMENTS)]).toEqual([one, one]);
    expect([deviation(momentsOf([])), deviation(momentsOf([3])), deviation(momentsOf([1, 3]))]).toEqual([0, 0, Math.SQRT2]);
  });
  test('CUPED of two small arms', () => {
    const arm = (rows: readonly (readonly [number, number])[]): CovariateSums => rows.reduce((all, [x, y]) => ({ n: all.n + 1, y: all.y + y, yy: all.yy + y * y, x: all.x + x, xx: all.xx + x * x, xy: all.xy + x * y }), { n: 0, y: 0, yy: 0, x: 0, xx: 0, xy: 0 });
    const [a, b] = [arm([[1, 2], [2, 5], [4, 6]]), arm([[3, 3], [5, 9]])];
    // All five: x̄ = 3, ȳ = 5; Σ(x−3)(y−5) = 6 + 0 + 1 + 0 + 8 = 15; Σ(x−3)² = 10.
    const theta = cupedTheta([a, b]);
    expect(theta).toBeCloseTo(1.5, 12);
    // Y − 1.5 (x − 3): 5, 6.5, 4.5 and 3, 6.
    expect(cupedAdjusted(a, theta, 3)).toEqual({ n: 3, mean: expect.closeTo(16 / 3, 12) as number, variance: expect.closeTo(13 / 12, 12) as number });
    expect(cupedAdjusted(b, theta, 3)).toEqual({ n: 2, mean: expect.closeTo(4.5, 12) as number, variance: expect.closeTo(4.5, 12) as number });
    expect(cupedAdjusted(arm([[3, 4]]), theta, 3).variance).toBeNaN();
  });
  test('equal values share their ranks, at the ends and in the middle', () => {
    expect(midranks([2, 2, 1, 3, 3, 3])).toEqual([2.5, 2.5, 1, 5, 5, 5]);
    expect(midranks([])).toEqual([]);
  });
  test('equal x are one point of their mean; equal values are one step', () => {
    expect(isotonicFit([{ x: 1, y: 2 }, { x: 1, y: 4 }, { x: 1, y: 6 }, { x: 2, y: 4 }, { x: 3, y: 1 }, { x: 4, y: 9 }])).toEqual([{ x: 1, value: 3.4 }, { x: 4, value: 9 }]);
    const steps = [{ x: 1, value: 10 }, { x: 2, value: 20 }, { x: 3, value: 30 }];
    expect([0.5, 1, 1.5, 2, 2.9, 3, 4].map((x) => isotonicValue(steps, x))).toEqual([10, 10, 10, 20, 20, 30, 30]);
  });
  test('a trend against ties: only pairs that differ count, and ties make z larger', () => {
    const tied = [1, 1, 2, 2, 3, 3, 4, 4];
    // S = 24, Var = (8·7·21 − 4·2·1·9)/18 = 61.33, z = 23/7.83 = 2.937; without ties 23/8.08 = 2.845.
    expect([mannKendall(tied, 2.9), mannKendall(tied, 2.94), mannKendall([...tied].reverse(), 2.9)]).toEqual(['up', 'steady', 'down']);
    expect(mannKendall([1, 2, 3, 4, 5, 6, 7], 0)).toBe('unknown');
  });
});

describe('roots, bounds and numbers from seeds', () => {
  test('a crossing is found to the last digit that matters, on the safe side', () => {
    const found = crossing((x) => x * x > 2, 0, 2);
    expect(found).toBeGreaterThanOrEqual(Math.SQRT2);
    expect(found - Math.SQRT2).toBeLessThan(1e-12);
    let asked = 0;
    crossing((x) => { asked += 1; return x > 0.1; }, 0, 1);
    expect(asked).toBeLessThan(60);
  });
  test('the alarm rings at its limit', () => { expect([isAlarm({ limit: 5 }, [5, 5]), isAlarm({ limit: 5 }, [5, 4.9])]).toEqual([true, false]); });
  test('stitching: ζ(2) is π²/6, and before its start time stands still', () => {
    const [v, eta] = [50, 2];
    const l = 2 * Math.log(Math.log(2 * v)) + Math.log(Math.PI ** 2 / 6 / (0.05 * Math.log(eta) ** 2));
    const [k1, k2] = [(2 ** 0.25 + 2 ** -0.25) / Math.SQRT2, (Math.SQRT2 + 1) / 2];
    expect(stitchedBound({ vMin: 1, c: 0.3, s: 2 }, v, 0.05)).toBeCloseTo(Math.sqrt(k1 * k1 * v * l + (k2 * 0.3 * l) ** 2) + k2 * 0.3 * l, 9);
    expect(stitchedBound({ vMin: 10, c: 1 }, 1, 0.05)).toBe(stitchedBound({ vMin: 10, c: 1 }, 10, 0.05));
    expect(stitchedBound({ vMin: 1, c: 1, s: 1.4 + 1e-9 }, 30, 0.05)).toBeCloseTo(stitchedBound({ vMin: 1, c: 1 }, 30, 0.05), 6);
  });
  test('Φ and its inverse', () => {
    for (const z of [-8, -2.5, -0.3, 0, 0.7, 3]) expect(normalQuantile(normalCdf(z))).toBeCloseTo(z, 7);
    expect(normalCdf(1.959963984540054)).toBeCloseTo(0.975, 13);
  });
  test('the same seed, the same numbers, spread as they should be', () => {
    const [a, b] = [uniforms(42), uniforms(42)];
    const first = Array.from({ length: 5 }, a);
    expect(Array.from({ length: 5 }, b)).toEqual(first);
    expect(Array.from({ length: 5 }, uniforms(43))).not.toEqual(first);
    const many = momentsOf(Array.from({ length: 20_000 }, uniforms(7)));
    expect([many.mean, many.m2 / many.n]).toEqual([expect.closeTo(0.5, 2), expect.closeTo(1 / 12, 2)]);
    const bell = momentsOf(Array.from({ length: 20_000 }, normals(7)));
    expect([Math.abs(bell.mean) < 0.03, Math.abs(deviation(bell) - 1) < 0.03]).toEqual([true, true]);
  });
});
