import { tunedRho, logMixture, sumBound } from '../../../domain/analysis/stats/gamma-exponential.ts';
import { rateInterval } from '../../../domain/analysis/stats/bernoulli-sequence.ts';
import { betaBinomialBound, betaBinomialLogMixture } from '../../../domain/analysis/stats/beta-binomial.ts';
import { gammaPoissonBound, gammaPoissonLogMixture } from '../../../domain/analysis/stats/gamma-poisson.ts';
import { logGammaP } from '../../../domain/analysis/stats/log-incomplete-gamma.ts';
import { mcnemarChiSquare, mcnemarExactP, mcnemarLogE } from '../../../domain/analysis/stats/mcnemar.ts';
import { deviation, momentsOf } from '../../../domain/analysis/stats/moments.ts';
import { normalBound, normalLogMixture } from '../../../domain/analysis/stats/normal-mixture.ts';
import { stitchedBound } from '../../../domain/analysis/stats/stitching.ts';

/** Values that others published, or that were computed from the formulas by other software; the letters are those of the design's list. */

const [V, ALPHA] = [100, 0.05];
const rho = (sides: 'one-sided' | 'two-sided'): number => tunedRho(V, ALPHA, sides);

describe('A1: the uniform boundaries of confseq, v_opt = v = 100, s = 10', () => {
  const near = (value: number, wanted: number): void => { expect(Math.abs(value - wanted)).toBeLessThan(1e-5); };
  test('tuning', () => { near(rho('two-sided'), 12.60056); });
  test('normal, two-sided and one-sided', () => {
    near(normalLogMixture(rho('two-sided'), 10, V, 'two-sided'), -0.6510052);
    near(normalBound(rho('two-sided'), V, { alpha: ALPHA, sides: 'two-sided' }), 30.35209);
    near(normalLogMixture(rho('one-sided'), 10, V, 'one-sided'), -0.06502391);
    near(normalBound(rho('one-sided'), V, { alpha: ALPHA, sides: 'one-sided' }), 27.66071);
  });
  test('gamma-exponential, c = 2', () => {
    near(logMixture({ rho: rho('one-sided'), c: 2 }, 10, V), -0.2490165);
    near(sumBound({ rho: rho('one-sided'), c: 2 }, V, ALPHA), 33.02017);
  });
  test('gamma-Poisson, c = 2', () => {
    near(gammaPoissonLogMixture({ rho: rho('one-sided'), c: 2 }, 10, V), -0.06991219);
    near(gammaPoissonBound({ rho: rho('one-sided'), c: 2 }, V, ALPHA), 30.1949);
  });
  test('beta-binomial, g = .2, h = .8', () => {
    const of = (sides: 'one-sided' | 'two-sided') => ({ rho: rho(sides), g: 0.2, h: 0.8, sides });
    near(betaBinomialLogMixture(of('two-sided'), 10, V), -0.6941012);
    near(betaBinomialBound(of('two-sided'), V, ALPHA), 31.4308);
    near(betaBinomialLogMixture(of('one-sided'), 10, V), -0.07134019);
    near(betaBinomialBound(of('one-sided'), V, ALPHA), 28.41238);
  });
  test('polynomial stitching', () => {
    near(stitchedBound({ vMin: 10, c: 3 }, V, ALPHA), 64.48755);
    near(stitchedBound({ vMin: 10, c: -1 }, V, ALPHA), 28.99389);
  });
});

test.each([
  [700, 1_000, 100, 0.6516298, 0.7459495], [15, 50, 50, 0.129557, 0.5118964], [5, 50, 50, 0.0130218, 0.2692647], [1, 50, 50, 0, 0.1348916], [1, 2, 50, 0, 1], [100, 200, 1, 0.3289234, 0.6710766],
] as const)('A2: the Bernoulli confidence sequence of %d in %d, t_opt %d', (...of) => {
  const [bad, n, tOpt, lower, upper] = of;
  const found = rateInterval({ n, bad }, ALPHA, tOpt);
  expect(Math.abs(found.lower - lower)).toBeLessThan(1e-6);
  expect(Math.abs(found.upper - upper)).toBeLessThan(1e-6);
});

describe('A7: McNemar as in statsmodels, R and Vassar', () => {
  const of = (better: number, worse: number) => ({ better, worse });
  test('exact', () => {
    expect(mcnemarExactP(of(121, 59))).toBeCloseTo(0.000004, 6);
    expect(mcnemarExactP(of(70, 59))).toBeCloseTo(0.378688, 6);
    expect(mcnemarExactP(of(80, 59))).toBeCloseTo(0.089452, 6);
    expect(mcnemarExactP(of(30, 60))).toBeCloseTo(0.00206, 5);
    expect([mcnemarExactP(of(0, 0)), mcnemarExactP(of(5, 5))]).toEqual([1, 1]);
  });
  test.each([
    [121, 59, true, 20.67222, 5.450095e-6], [121, 59, false, 21.35556, 3.815136e-6], [70, 59, true, 0.7751938, 0.3786151], [70, 59, false, 0.9379845, 0.3327967],
    [80, 59, true, 2.87769784, 0.08981434], [80, 59, false, 3.17266187, 0.07488031],
  ] as const)('%d against %d, corrected %s', (...row) => {
    const [better, worse, corrected, statistic, p] = row;
    const found = mcnemarChiSquare(of(better, worse), corrected);
    expect(Math.abs(found.statistic / statistic - 1)).toBeLessThan(1e-6);
    expect(Math.abs(found.p / p - 1)).toBeLessThan(1e-6);
  });
  test.each([[121, 59, 0.5, 3215.83], [121, 59, 1, 4730.99], [121, 59, 10, 5757.85], [70, 59, 0.5, 0.112132], [70, 59, 1, 0.174826], [70, 59, 10, 0.545655]])('anytime e-value of %d against %d, a = %d', (better, worse, a, e) => {
    expect(Math.abs(Math.exp(mcnemarLogE(of(better, worse), a)) / e - 1)).toBeLessThan(5e-6);
  });
});

describe('A13: numerics', () => {
  test('NIST NumAcc4: mean and deviation of numbers that lie far from zero', () => {
    const values = [10_000_000.2, ...Array.from({ length: 500 }, () => [10_000_000.1, 10_000_000.3]).flat()];
    const moments = momentsOf(values);
    expect(Math.abs(moments.mean - 10_000_000.2)).toBeLessThan(2e-9);
    expect(Math.abs(deviation(moments) - 0.1)).toBeLessThan(1e-8);
  });
  test.each([[100, 100, 0.5132987982791], [1_000, 1_020, 0.7385271844801], [3_000, 3_000, 0.5024278898941], [5_000, 5_100, 0.9206711189224], [1e4, 1e4, 0.50132980834]])('P(%d, %d)', (a, x, p) => {
    expect(Math.abs(Math.exp(logGammaP(a, x)) / p - 1)).toBeLessThan(1e-9);
  });
});
