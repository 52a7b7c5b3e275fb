import { pseudoOutcome, pseudoRange, worstCase } from '../../../../domain/analysis/stats/aipw.ts';
import { anytimeP, asymptoticLogE, asymptoticRadius, asymptoticRho } from '../../../../domain/analysis/stats/asymptotic-sequence.ts';
import { auc, midranks } from '../../../../domain/analysis/stats/auc.ts';
import { calibrationError } from '../../../../domain/analysis/stats/calibration-error.ts';
import { calibration, expectedAccuracy, expectedConfusion } from '../../../../domain/analysis/stats/cbpe.ts';
import { cupedAdjusted, cupedTheta, type CovariateSums } from '../../../../domain/analysis/stats/cuped.ts';
import { aucStandardError, delong } from '../../../../domain/analysis/stats/delong.ts';
import { benjaminiHochberg, eBenjaminiHochberg } from '../../../../domain/analysis/stats/false-discovery.ts';
import { isotonicFit, isotonicValue } from '../../../../domain/analysis/stats/isotonic.ts';
import { longRunVariance } from '../../../../domain/analysis/stats/long-run-variance.ts';
import { quantileInterval, sameQuantileLogE, uniformQuantileC, uniformQuantileRadius } from '../../../../domain/analysis/stats/quantile-sequence.ts';
import { ratioDifference } from '../../../../domain/analysis/stats/ratio.ts';
import { detect, detectorValue, isAlarm, newDetectorState, USUAL_GRID } from '../../../../domain/analysis/stats/shiryaev-roberts.ts';
import { anytimeInterval, armOf, differenceOfArms, fixedInterval } from '../../../../domain/analysis/stats/two-arms.ts';
import { congruential, scoredPairs } from '../../../support/congruential.ts';

const classes = (column: 'champion' | 'challenger') => ({ positive: scoredPairs().filter(({ label }) => label === 1).map((row) => row[column]), negative: scoredPairs().filter(({ label }) => label === 0).map((row) => row[column]) });

describe('area under the curve', () => {
  test('ranks, ties, and what has no both classes', () => {
    expect(midranks([3, 1, 3, 2])).toEqual([3.5, 1, 3.5, 2]);
    expect(auc({ positive: [1, 2], negative: [0, 1] })).toBe(0.875);
    expect(auc({ positive: [1], negative: [] })).toBeNaN();
  });
  /** By the definition over all pairs, in numpy. */
  test('DeLong', () => {
    const found = delong(classes('champion'), classes('challenger'));
    expect(found.champion).toBeCloseTo(0.812215421147883, 12);
    expect(found.challenger).toBeCloseTo(0.9952277207179168, 12);
    expect(found.statistic).toBeCloseTo(10.59336979848743, 9);
    expect(found.p / 3.19865402889775e-26).toBeCloseTo(1, 6);
    expect(aucStandardError(classes('champion'))).toBeCloseTo(0.017203388026236287, 12);
  });
  test('the same scores do not differ', () => { expect(delong(classes('champion'), classes('champion'))).toMatchObject({ difference: 0, statistic: 0, p: 1 }); });
});

describe('the asymptotic sequence', () => {
  /** Width over 1.96/√n with n* = 5,000 (arXiv 2103.06476 v7, eq 9 and 161). */
  test.each([[500, 1.97], [1_000, 1.72], [5_000, 1.55], [10_000, 1.56], [50_000, 1.65], [1_000_000, 1.87]])('at n = %d it is %d times as wide as a fixed interval', (n, wanted) => {
    const rho = asymptoticRho(5_000, 0.05, 'two-sided');
    expect(Math.abs(asymptoticRadius({ n, deviation: 1 }, { rho, alpha: 0.05, sides: 'two-sided' }) * Math.sqrt(n) / 1.959964 - wanted)).toBeLessThan(0.006);
  });
  test('e-values reach 1/α where the bound leaves mu0, on both kinds of sides', () => {
    for (const sides of ['one-sided', 'two-sided'] as const) {
      const rho = asymptoticRho(200, 0.05, sides);
      const radius = asymptoticRadius({ n: 300, deviation: 2 }, { rho, alpha: 0.05, sides });
      expect(asymptoticLogE({ n: 300, mean: radius, deviation: 2 }, { rho, mu0: 0, sides })).toBeCloseTo(Math.log(20), 10);
    }
  });
  test('nothing is known without observations or without spread', () => {
    expect(asymptoticRadius({ n: 0, deviation: 1 }, { rho: 1, alpha: 0.05, sides: 'two-sided' })).toBe(Infinity);
    expect(anytimeP(asymptoticLogE({ n: 50, mean: 3, deviation: 0 }, { rho: 1, mu0: 0, sides: 'one-sided' }))).toBe(1);
  });
});

describe('quantiles', () => {
  test('C for A = .85 and α = .05 (arXiv 1906.09712)', () => { expect(uniformQuantileC(0.05)).toBeCloseTo(8.1227, 3); });
  test('the uniform band falls with t and is infinite before its start', () => {
    expect(uniformQuantileRadius(9, { tMin: 10, alpha: 0.05 })).toBe(Infinity);
    expect(uniformQuantileRadius(1_000, { tMin: 10, alpha: 0.05 })).toBeCloseTo(0.85 * Math.sqrt((Math.log(1 + Math.log(100)) + uniformQuantileC(0.05)) / 1_000), 12);
  });
  test('the median of 1..999 lies in its interval, which is open while nothing is known', () => {
    const values = Array.from({ length: 999 }, (_, i) => i + 1);
    const { lower, upper } = quantileInterval(values, 0.5, { alpha: 0.05, tOpt: 500 });
    expect(lower).toBeGreaterThan(400);
    expect(lower).toBeLessThan(500);
    expect(upper).toBeGreaterThan(500);
    expect(upper).toBeLessThan(600);
    expect(quantileInterval([1, 2], 0.5, { alpha: 0.05, tOpt: 500 })).toEqual({ lower: -Infinity, upper: Infinity });
  });
  test('two arms: equal ones give no evidence, shifted ones much', () => {
    const u = congruential(3, 800);
    const [a, b] = [[...u.slice(0, 400)].sort((x, y) => x - y), [...u.slice(400)].sort((x, y) => x - y)];
    const of = { p: 0.9, alpha: 0.05, tOpt: 400 };
    expect(sameQuantileLogE(a, b, of)).toBeLessThan(1);
    expect(sameQuantileLogE(a, b.map((value) => value + 0.3), of)).toBeGreaterThan(Math.log(1e6));
  });
});

describe('false discoveries', () => {
  /** Benjamini and Hochberg 1995, their own example of fifteen p-values: four fall at 5 %. */
  test('the example of the paper', () => {
    const ps = [0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.324, 0.4262, 0.5719, 0.6528, 0.759, 1];
    expect(benjaminiHochberg(ps, 0.05).filter(Boolean)).toHaveLength(4);
    expect(benjaminiHochberg([...ps].reverse(), 0.05).slice(-4)).toEqual([true, true, true, true]);
  });
  test('e-values: k fall where the kth largest is m/(kα)', () => {
    expect(eBenjaminiHochberg([81, 25, 1, 41], 0.05)).toEqual([true, false, false, true]);
    expect(eBenjaminiHochberg([79, 25, 1, 1], 0.05)).toEqual([false, false, false, false]);
    expect([benjaminiHochberg([NaN], 0.05), eBenjaminiHochberg([NaN], 0.05)]).toEqual([[false], [false]]);
  });
});

describe('calibration and what is expected without outcomes', () => {
  test('isotonic fit pools what falls, ties as one point', () => {
    const steps = isotonicFit([{ x: 1, y: 1 }, { x: 2, y: 3 }, { x: 3, y: 2 }, { x: 4, y: 4 }, { x: 4, y: 6 }]);
    expect(steps).toEqual([{ x: 1, value: 1 }, { x: 2, value: 2.5 }, { x: 4, value: 5 }]);
    expect([0, 2.5, 9].map((x) => isotonicValue(steps, x))).toEqual([1, 2.5, 5]);
    expect(isotonicValue([], 1)).toBeNaN();
  });
  test('CBPE: with calibrated scores the expected accuracy is the one that comes', () => {
    const u = congruential(7, 40_000);
    const rows = Array.from({ length: 20_000 }, (_, i): { score: number; label: 0 | 1 } => ({ score: u[i] ?? 0, label: (u[20_000 + i] ?? 0) < (u[i] ?? 0) ** 2 ? 1 : 0 }));
    const steps = calibration(rows.slice(0, 10_000));
    const later = rows.slice(10_000).map(({ score, label }) => ({ score, label, positive: score >= 0.6 }));
    const truth = later.filter(({ positive, label }) => positive === (label === 1)).length / later.length;
    const expected = expectedConfusion(later, steps);
    expect(Math.abs(expectedAccuracy(expected) - truth)).toBeLessThan(0.02);
    expect(expected.tp + expected.fp + expected.tn + expected.fn).toBeCloseTo(later.length, 6);
  });
  test('the expected calibration error by hand, and of the pairs as numpy has it', () => {
    expect(calibrationError([{ probability: 0.05, outcome: 0 }, { probability: 0.95, outcome: 1 }, { probability: 1, outcome: 0 }])).toBeCloseTo((0.05 + Math.abs(0.05 - 1)) / 3, 12);
    const of = (column: 'champion' | 'challenger'): number => calibrationError(scoredPairs().map((row) => ({ probability: row[column], outcome: row.label })));
    expect([of('champion'), of('challenger')].map((value) => Number(value.toFixed(6)))).toEqual([0.107233, 0.227283]);
    expect(calibrationError([])).toBeNaN();
  });
});

describe('outcomes that are partly missing', () => {
  test('the pseudo-outcome has the true mean whatever is predicted', () => {
    const [u, v] = [congruential(11, 50_000), congruential(13, 50_000)];
    const mean = u.reduce((sum, value, i) => sum + pseudoOutcome({ value: (v[i] ?? 0) < 0.2 ? value : null, propensity: 0.2, predicted: 0.9 }), 0) / u.length;
    expect(Math.abs(mean - 0.5)).toBeLessThan(0.02);
    expect(pseudoOutcome({ value: 1, propensity: 0, predicted: 0 })).toBeNaN();
  });
  test('its range, and the bounds where nobody knows why', () => {
    expect(pseudoRange({ lo: -1, hi: 1 }, 0.05)).toEqual({ lo: -39, hi: 39 });
    expect(worstCase([1, null, 0, null], { lo: -1, hi: 1 })).toEqual({ lower: -0.25, upper: 0.75 });
  });
});

describe('ratios, arms, series', () => {
  /** Linearised in numpy over the same 600 rows. */
  test.each([
    ['precision', 0.6131386861313869, 0.9822222222222222, 0.02953322669470359], ['recall', 0.691358024691358, 0.9094650205761317, 0.03624428491321782], ['f1', 0.6499032882011605, 0.9444444444444444, 0.026973921759182735],
  ] as const)('%s', (name, champion, challenger, standardError) => {
    const part = (score: number, label: number) => {
      const [predicted, both] = [score >= 0.5 ? 1 : 0, score >= 0.5 && label === 1 ? 1 : 0];
      return name === 'f1' ? { y: 2 * both, x: predicted + label } : { y: both, x: name === 'precision' ? predicted : label };
    };
    const found = ratioDifference(scoredPairs().map((row) => part(row.champion, row.label)), scoredPairs().map((row) => part(row.challenger, row.label)));
    const n = found.influence.length;
    expect(found.champion).toBeCloseTo(champion, 12);
    expect(found.challenger).toBeCloseTo(challenger, 12);
    expect(Math.sqrt(found.influence.reduce((sum, value) => sum + value * value, 0) / (n - 1) / n)).toBeCloseTo(standardError, 12);
  });
  const [old, young] = [{ n: 3_407, mean: 0.41, variance: 3.9 ** 2 }, { n: 3_461, mean: 0.7, variance: 6.2 ** 2 }];
  /** The example of GrowthBook's tests; absolute p by scipy's ttest_ind_from_stats. */
  test('Welch, relative and absolute', () => {
    const relative = differenceOfArms(old, young, { scale: 'relative', base: { champion: 0.41, challenger: 0.7 } });
    const { lower, upper, pValue } = fixedInterval(relative, { alpha: 0.05, sides: 2 });
    expect([relative.estimate, relative.standardError, lower, upper, pValue].map((value) => Number((value ?? NaN).toFixed(5)))).toEqual([0.70732, 0.37879, -0.03526, 1.44989, 0.06191]);
    const absolute = differenceOfArms(old, young, { scale: 'absolute', base: { champion: 0.41, challenger: 0.7 } });
    expect(fixedInterval(absolute, { alpha: 0.05, sides: 2 }).pValue).toBeCloseTo(0.02015840264358697, 10);
    expect(fixedInterval(absolute, { alpha: 0.05, sides: 1 })).toMatchObject({ upper: null, pValue: expect.closeTo(0.02015840264358697 / 2, 10) });
  });
  test('an interval for every look is wider, and its p larger', () => {
    const estimate = differenceOfArms(old, young, { scale: 'absolute', base: { champion: 0.41, challenger: 0.7 } });
    const [fixed, any] = [fixedInterval(estimate, { alpha: 0.05, sides: 2 }), anytimeInterval(estimate, { alpha: 0.05, sides: 2, nStar: 5_000 })];
    expect((any.upper ?? NaN) - (any.lower ?? NaN)).toBeGreaterThan(1.5 * ((fixed.upper ?? NaN) - (fixed.lower ?? NaN)));
    expect(any.pValue).toBeGreaterThan(fixed.pValue);
  });
  test('sums of an arm: sample variance, p(1 − p) of a proportion', () => {
    expect(armOf({ n: 4, sum: 10, sumSquares: 30 }, false)).toEqual({ n: 4, mean: 2.5, variance: 5 / 3 });
    expect(armOf({ n: 10, sum: 3, sumSquares: 3 }, true).variance).toBeCloseTo(0.21, 12);
  });
  test('CUPED takes away what the covariate explains, and moves no difference on average', () => {
    const [x, e] = [congruential(17, 4_000), congruential(19, 4_000)];
    const sums = (from: number, shift: number): CovariateSums => x.slice(from, from + 2_000).reduce((all, xi, i) => {
      const y = 3 * xi + (e[from + i] ?? 0) + shift;
      return { n: all.n + 1, y: all.y + y, yy: all.yy + y * y, x: all.x + xi, xx: all.xx + xi * xi, xy: all.xy + xi * y };
    }, { n: 0, y: 0, yy: 0, x: 0, xx: 0, xy: 0 });
    const arms = [sums(0, 0), sums(2_000, 0.1)];
    const theta = cupedTheta(arms);
    expect(theta).toBeCloseTo(3, 1);
    const overall = arms.reduce((sum, arm) => sum + arm.x, 0) / 4_000;
    const [champion, challenger] = arms.map((arm) => cupedAdjusted(arm, theta, overall));
    expect((challenger?.mean ?? 0) - (champion?.mean ?? 0)).toBeCloseTo(0.1, 1);
    expect(champion?.variance).toBeLessThan(0.15 * (arms[0]!.yy / 2_000 - (arms[0]!.y / 2_000) ** 2));
    expect(cupedTheta([{ n: 2, y: 1, yy: 1, x: 2, xx: 2, xy: 1 }])).toBe(0);
  });
  test('the long-run variance of an AR(1) with .7 is near its 1/(1 − .7)², of noise it is the variance', () => {
    const u = congruential(23, 40_000).map((value) => (value - 0.5) * Math.sqrt(12));
    const ar: number[] = [];
    for (const value of u) ar.push(0.7 * (ar.at(-1) ?? 0) + value);
    expect(longRunVariance(ar)).toBeGreaterThan(7);
    expect(longRunVariance(ar)).toBeLessThan(12);
    expect(longRunVariance(u)).toBeCloseTo(1, 1);
    expect([longRunVariance([1]), longRunVariance([1, -1, 1, -1, 1, -1])]).toEqual([0, 1.2]);
  });
});

describe('the e-Shiryaev-Roberts detector', () => {
  const detector = { limit: 1_000, grid: USUAL_GRID, m: 0.06 };
  test('by hand, for one λ', () => {
    const one = { grid: [0.3], m: 0.06 };
    // λ = 5: e = 1 + 5(x − .06); M = e (1 + M).
    const first = detect(one, newDetectorState(one), 1);
    expect(first[0]).toBeCloseTo(5.7, 12);
    expect(detect(one, first, 0)[0]).toBeCloseTo(0.7 * 6.7, 12);
  });
  test('it is quiet on what it knows and tells of what is worse; NaN is neither', () => {
    const run = (rate: number, seed: number): number => {
      let state = newDetectorState(detector);
      return congruential(seed, 3_000).findIndex((u) => { state = detect(detector, state, u < rate ? 1 : 0); return isAlarm(detector, state); });
    };
    expect(run(0.2, 29)).toBeGreaterThan(0);
    expect(run(0.2, 29)).toBeLessThan(300);
    expect(run(0.02, 31)).toBe(-1);
    expect(detectorValue(detect(detector, newDetectorState(detector), NaN))).toBeNaN();
    expect(isAlarm(detector, detect(detector, newDetectorState(detector), 2))).toBe(false);
  });
});
