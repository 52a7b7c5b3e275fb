import { judgeSummary, type Summary } from '../../../domain/offline/judge-summary.ts';

const sums = (n: number, mean: number, deviation: number) => ({ n, sum: n * mean, sumSquares: (n - 1) * deviation ** 2 + n * mean * mean });
const summary = (of: Partial<Summary>): Summary => ({ champion: sums(3_407, 0.41, 3.9), challenger: sums(3_461, 0.7, 6.2), scale: 'absolute', sides: 2, alpha: 0.05, nStar: null, proportion: false, covariate: null, ...of });
const rounded = (values: readonly (number | null)[]): readonly number[] => values.map((value) => Number((value ?? NaN).toFixed(5)));

/** The example of GrowthBook's own tests. */
test('a fixed sample, relative', () => {
  const { estimate, standardError, lower, upper, pValue } = judgeSummary(summary({ scale: 'relative' }));
  expect(rounded([estimate, standardError, lower, upper, pValue])).toEqual([0.70732, 0.37879, -0.03526, 1.44989, 0.06191]);
});
/** By arXiv 2103.06476 v7, eq 9, 155 and 161, with s² = n SE² and n = 6,868: computed by hand from the standard error. */
test('any number of looks: wider, by the formula', () => {
  const { estimate, standardError, lower, upper, pValue, method } = judgeSummary(summary({ nStar: 5_000 }));
  const n = 6_868;
  const rho2 = (-2 * Math.log(0.05) + Math.log(1 - 2 * Math.log(0.05))) / 5_000;
  const radius = standardError * Math.sqrt(n) * Math.sqrt((2 * (n * rho2 + 1)) / (n * n * rho2) * Math.log(Math.sqrt(n * rho2 + 1) / 0.05));
  expect([lower, upper]).toEqual([expect.closeTo(estimate - radius, 12), expect.closeTo(estimate + radius, 12)]);
  expect(pValue).toBeCloseTo(Math.min(1, Math.sqrt(n * rho2 + 1) / Math.exp((rho2 * n * n * estimate ** 2) / (2 * n * standardError ** 2 * (n * rho2 + 1)))), 10);
  expect(method).toContain('any number of looks');
});
test('one side has no upper bound and a lower one that is nearer', () => {
  const [one, two] = [judgeSummary(summary({ sides: 1, nStar: 5_000 })), judgeSummary(summary({ nStar: 5_000 }))];
  expect(one.upper).toBeNull();
  expect(one.lower).toBeGreaterThan(two.lower ?? NaN);
});
test('a proportion has the variance p(1 − p)', () => {
  const { estimate, standardError } = judgeSummary(summary({ champion: { n: 1_000, sum: 100, sumSquares: 100 }, challenger: { n: 1_000, sum: 130, sumSquares: 130 }, proportion: true }));
  expect(estimate).toBeCloseTo(0.03, 12);
  expect(standardError).toBeCloseTo(Math.sqrt(0.1 * 0.9 / 1_000 + 0.13 * 0.87 / 1_000), 12);
});
test('a covariate that explains the outcome narrows the interval by √(1 − ρ²)', () => {
  // x = 1..100 alternating, y = 2x + noise of ±1: sums by hand of both arms.
  const arm = (shift: number) => {
    const sums = { n: 100, y: 0, yy: 0, x: 0, xx: 0, xy: 0 };
    for (let x = 0; x < 100; x += 1) {
      const y = 2 * x + (x % 2 === 0 ? 1 : -1) + shift;
      sums.y += y; sums.yy += y * y; sums.x += x; sums.xx += x * x; sums.xy += x * y;
    }
    return sums;
  };
  const [a, b] = [arm(0), arm(0.5)];
  const of = { champion: { n: a.n, sum: a.y, sumSquares: a.yy }, challenger: { n: b.n, sum: b.y, sumSquares: b.yy } };
  const covariate = { champion: { sum: a.x, sumSquares: a.xx, sumProducts: a.xy }, challenger: { sum: b.x, sumSquares: b.xx, sumProducts: b.xy } };
  const [plain, adjusted] = [judgeSummary(summary(of)), judgeSummary(summary({ ...of, covariate }))];
  expect(adjusted.estimate).toBeCloseTo(0.5, 10);
  expect(adjusted.standardError).toBeCloseTo(Math.sqrt(2 / 100), 2);
  expect(adjusted.standardError).toBeLessThan(plain.standardError / 20);
});
test.each([
  ['n of one', { champion: { n: 1, sum: 1, sumSquares: 1 } }, /champion: n is a whole number of at least 2/],
  ['squares too small', { challenger: { n: 10, sum: 100, sumSquares: 10 } }, /challenger: sumSquares is at least sum²\/n/],
  ['a share above one', { proportion: true, champion: { n: 10, sum: 11, sumSquares: 11 } }, /lies between 0 and n/],
  ['a base of zero', { scale: 'relative' as const, champion: { n: 10, sum: 0, sumSquares: 5 } }, /nothing can be told relative to it/],
  ['nothing that varies', { champion: { n: 10, sum: 10, sumSquares: 10 }, challenger: { n: 10, sum: 20, sumSquares: 40 } }, /Neither arm varies/],
])('%s is refused', (_, of, message) => { expect(() => judgeSummary(summary(of))).toThrow(message); });
