import { rateInterval } from '../../../domain/analysis/stats/bernoulli-sequence.ts';
import { lowerBound, lowerBoundInFull } from '../../../domain/analysis/stats/block-means.ts';
import { lag1Correlation } from '../../../domain/analysis/stats/correlation.ts';
import { logMixture, sumBound, tunedRho } from '../../../domain/analysis/stats/gamma-exponential.ts';
import { logBeta, logGamma } from '../../../domain/analysis/stats/log-gamma.ts';
import { logGammaP } from '../../../domain/analysis/stats/log-incomplete-gamma.ts';
import { add, deviation, merge, momentsOf, NO_MOMENTS } from '../../../domain/analysis/stats/moments.ts';
import { logShareEvidence } from '../../../domain/analysis/stats/share-evidence.ts';

const within = (actual: number, expected: number, relative: number): void => { expect(Math.abs(actual / expected - 1)).toBeLessThan(relative); };

describe('gamma functions', () => {
  test.each([[0.5, 0.5 * Math.log(Math.PI)], [5, Math.log(24)], [11, Math.log(3_628_800)], [1e-4, 9.210282658633961]] as const)('ln Γ(%d)', (x, expected) => { within(logGamma(x), expected, 1e-12); });
  test('ln Γ(1) and ln Γ(2) are zero, and there is none at or below zero', () => {
    expect(logGamma(1)).toBeCloseTo(0, 14);
    expect(logGamma(2)).toBeCloseTo(0, 14);
    expect(logGamma(0)).toBeNaN();
    expect(logGamma(-1.5)).toBeNaN();
    within(Math.exp(logBeta(2, 3)), 1 / 12, 1e-12);
  });
  test.each([[100, 100, 0.5132987982791], [1000, 1020, 0.7385271844801], [3000, 3000, 0.5024278898941], [5000, 5100, 0.9206711189224], [1e4, 1e4, 0.50132980834]])('A13: P(%d, %d)', (a, x, expected) => { within(Math.exp(logGammaP(a, x)), expected, 1e-9); });
  test('P(1, x) is 1 − exp(−x) on both sides of the switch between methods, and keeps its logarithm where P underflows', () => {
    for (const x of [0.01, 1.9, 2.1, 30]) within(Math.exp(logGammaP(1, x)), -Math.expm1(-x), 1e-12);
    within(logGammaP(1000, 0.001), 1000 * Math.log(0.001) - 0.001 - logGamma(1001) + Math.log1p(0.001 / 1001), 1e-12);
    expect(logGammaP(3, 0)).toBe(-Infinity);
  });
});

describe('gamma-exponential mixture (A1)', () => {
  const mixture = { rho: tunedRho(100, 0.05, 'one-sided'), c: 2 };
  test('tuning', () => {
    expect(tunedRho(100, 0.05, 'two-sided')).toBeCloseTo(12.60056, 5);
    expect(mixture.rho).toBeCloseTo(15.80063, 5);
  });
  test('log e-value and bound', () => {
    expect(logMixture(mixture, 10, 100)).toBeCloseTo(-0.2490165, 6);
    expect(sumBound(mixture, 100, 0.05)).toBeCloseTo(33.02017, 5);
    expect(logMixture(mixture, sumBound(mixture, 100, 0.05), 100)).toBeCloseTo(Math.log(20), 9);
  });
  test('where P has no value it is a lower bound: exact −3.368, bound −3.420', () => {
    expect(logMixture(mixture, -80, 100)).toBeCloseTo(-3.42, 3);
    expect(logMixture(mixture, -80, 100)).toBeLessThan(-3.368);
  });
  test('grows with s, through the lower bound and both methods for P', () => {
    const values = Array.from({ length: 400 }, (_, i) => logMixture(mixture, i - 100, 100));
    values.slice(1).forEach((value, i) => { expect(value).toBeGreaterThan(values[i]!); });
  });
  test('no variance at all and a tiny ρ still have a bound', () => {
    const bound = sumBound({ rho: 1e-6, c: 0.02 }, 0, 0.05);
    expect(bound).toBeGreaterThan(0);
    expect(bound).toBeLessThan(1);
  });
});

describe('rate by the beta-binomial mixture (A2)', () => {
  test.each([
    [700, 1000, 100, [0.6516298, 0.7459495]], [15, 50, 50, [0.129557, 0.5118964]], [5, 50, 50, [0.0130218, 0.2692647]],
    [1, 50, 50, [0, 0.1348916]], [1, 2, 50, [0, 1]], [100, 200, 1, [0.3289234, 0.6710766]],
  ] as const)('%d of %d, t_opt %d', (bad, n, tOpt, [lower, upper]) => {
    const interval = rateInterval({ n, bad }, 0.05, tOpt);
    expect(Math.abs(interval.lower - lower)).toBeLessThan(1e-6);
    expect(Math.abs(interval.upper - upper)).toBeLessThan(1e-6);
  });
  test('no data is everything; all and nothing touch the ends', () => {
    expect(rateInterval({ n: 0, bad: 0 }, 0.05, 100)).toEqual({ lower: 0, upper: 1 });
    expect(rateInterval({ n: 400, bad: 0 }, 0.05, 200).lower).toBe(0);
    expect(rateInterval({ n: 400, bad: 0 }, 0.05, 200).upper).toBeLessThan(0.01);
    expect(rateInterval({ n: 400, bad: 400 }, 0.05, 200).upper).toBe(1);
  });
});

describe('moments', () => {
  test('A13: NIST NumAcc4 keeps its digits, in one stream and merged', () => {
    const values = [10_000_000.2, ...Array.from({ length: 500 }, () => [10_000_000.1, 10_000_000.3]).flat()];
    for (const moments of [momentsOf(values), merge(momentsOf(values.slice(0, 333)), momentsOf(values.slice(333)))]) {
      expect(Math.abs(moments.mean - 10_000_000.2)).toBeLessThan(2e-9);
      expect(Math.abs(deviation(moments) - 0.1)).toBeLessThan(1e-8);
      expect(moments.n).toBe(1001);
    }
  });
  test('nothing merges to the other; one value has no deviation', () => {
    expect(merge(NO_MOMENTS, add(NO_MOMENTS, 3))).toEqual({ n: 1, mean: 3, m2: 0 });
    expect(merge(add(NO_MOMENTS, 3), NO_MOMENTS)).toEqual({ n: 1, mean: 3, m2: 0 });
    expect(deviation(add(NO_MOMENTS, 3))).toBe(0);
  });
  test('lag-1 correlation', () => {
    expect(lag1Correlation([1, -1, 1, -1])).toBe(-0.75);
    expect(lag1Correlation([1, 2, 3, 4, 5])).toBeCloseTo(0.4, 12);
    expect(lag1Correlation([2, 2, 2])).toBeNull();
    expect(lag1Correlation([1, 2])).toBeNull();
  });
});

describe('bounds of block means', () => {
  const assumptions = { lossBound: 0.2, centreCap: 0.03, vOpt: 0.02 };
  const means = Array.from({ length: 40 }, (_, i) => 0.05 + 0.02 * Math.sin(i));
  test('no data proves nothing; more data proves more; a gain beyond any cap does not hurt much', () => {
    expect(lowerBound([], assumptions, 0.05)).toBe(-Infinity);
    const [few, many] = [lowerBound(means.slice(0, 10), assumptions, 0.05), lowerBound(means, assumptions, 0.05)];
    expect(few).toBeLessThan(many);
    expect(many).toBeGreaterThan(0);
    expect(many).toBeLessThan(0.05);
    expect(lowerBound(means, assumptions, 0.01)).toBeLessThan(many);
  });
  test('without the loss bound: lower_L at half of α minus r (|lo| − L), r = ln(2/α)/n', () => {
    const full = lowerBoundInFull(means, assumptions, 0.05, -1);
    expect(full).toBeCloseTo(lowerBound(means, assumptions, 0.025) - (Math.log(40) / 40) * 0.8, 12);
    expect(lowerBoundInFull(means, { ...assumptions, lossBound: 1 }, 0.05, -1)).toBe(lowerBound(means, { ...assumptions, lossBound: 1 }, 0.05));
    expect(lowerBoundInFull([...means, -0.9], assumptions, 0.05, -1)).toBeLessThan(full);
  });
});

describe('split of callers', () => {
  test('as promised is no evidence; another split is; 0 % and 100 % say nothing', () => {
    expect(logShareEvidence([{ challengerPer10k: 500, challenger: 500, total: 10_000 }])).toBeLessThan(0);
    expect(logShareEvidence([{ challengerPer10k: 500, challenger: 800, total: 10_000 }])).toBeGreaterThan(Math.log(1_000));
    expect(logShareEvidence([{ challengerPer10k: 0, challenger: 5, total: 100 }, { challengerPer10k: 10_000, challenger: 5, total: 100 }])).toBe(0);
    expect(logShareEvidence([])).toBe(0);
  });
});
