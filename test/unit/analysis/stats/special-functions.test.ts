import { logBetaI } from '../../../../domain/analysis/stats/log-incomplete-beta.ts';
import { logNormalCdf, normalCdf, normalQuantile, twoSidedP } from '../../../../domain/analysis/stats/normal-distribution.ts';
import { studentQuantile, studentTail } from '../../../../domain/analysis/stats/student-t.ts';

/** Values of scipy 1.17: special.betainc, special.log_ndtr, stats.norm, stats.t. */
const relative = (value: number, wanted: number): number => Math.abs(value / wanted - 1);

test.each([
  [0.01, 50, 1_000, -41.964254778107296], [0.05, 50, 1_000, -0.42237196138503413], [0.5, 0.5, 0.5, -0.6931471805599451], [0.3, 2, 5, -0.5450289451074884],
  [0.9, 200, 10, -6.217006826682069], [0.999, 3, 0.2, -0.4026568291656561], [1e-4, 1, 40, -5.523410349052205],
])('ln I_%d(%d, %d)', (x, a, b, wanted) => { expect(relative(logBetaI(x, a, b), wanted)).toBeLessThan(1e-9); });
test('I_x(a, b) = 1 − I_{1−x}(b, a) on a grid', () => {
  for (const a of [0.2, 1, 3.5, 40, 800]) for (const b of [0.3, 2, 17, 500]) for (const x of [0.001, 0.1, 0.5, 0.77, 0.999]) {
    expect(Math.abs(Math.exp(logBetaI(x, a, b)) + Math.exp(logBetaI(1 - x, b, a)) - 1)).toBeLessThan(1e-9);
  }
  expect([logBetaI(0, 2, 3), logBetaI(1, 2, 3)]).toEqual([-Infinity, 0]);
});
test('the normal distribution keeps its digits in the tails', () => {
  expect(relative(logNormalCdf(-10), -53.23128515051248)).toBeLessThan(1e-12);
  expect(relative(logNormalCdf(-37), -689.0305855768908)).toBeLessThan(1e-12);
  expect(normalCdf(0)).toBeCloseTo(0.5, 14);
  expect(relative(normalQuantile(1e-10), -6.361340902404056)).toBeLessThan(1e-9);
  expect(relative(normalQuantile(0.975), 1.959963984540054)).toBeLessThan(1e-12);
  for (const p of [1e-12, 1e-4, 0.3, 0.5, 0.9, 1 - 1e-9]) expect(relative(normalCdf(normalQuantile(p)), p)).toBeLessThan(1e-8);
  expect([normalQuantile(0), normalQuantile(1), normalQuantile(-1)]).toEqual([-Infinity, Infinity, NaN]);
  expect(twoSidedP(1.959963984540054)).toBeCloseTo(0.05, 12);
});
test('Student\'s t', () => {
  expect(studentQuantile(0.025, 10)).toBeCloseTo(2.228138851986274, 9);
  expect(studentQuantile(0.05, 3.5)).toBeCloseTo(2.2224334936496004, 9);
  expect(studentTail(2.5, 7.25)).toBeCloseTo(0.019932760379457286, 11);
  expect([studentTail(0, 4), studentTail(-1, 4) + studentTail(1, 4)]).toEqual([0.5, 1]);
  expect(studentQuantile(0.025, 1e15)).toBeCloseTo(1.959963984540054, 9);
});
