import { mannKendall } from '../../../../domain/analysis/stats/mann-kendall.ts';

/** Worked by hand: nine values in order have S = 36, Var S = 9·8·23/18 = 92, z = 35/9.592 = 3.649. */
test('it has its critical value where the formula says', () => {
  expect([3.64, 3.66].map((critical) => mannKendall([1, 2, 3, 4, 5, 6, 7, 8, 9], critical))).toEqual(['up', 'steady']);
  expect([3.64, 3.66].map((critical) => mannKendall([9, 8, 7, 6, 5, 4, 3, 2, 1], critical))).toEqual(['down', 'steady']);
  // S = 24, z = 23/9.592 = 2.398.
  expect([2.39, 2.4].map((critical) => mannKendall([3, 1, 2, 6, 4, 5, 9, 7, 8], critical))).toEqual(['up', 'steady']);
});
test('ties lessen the variance: two equal values of nine, S = 35, Var S = 92 - 1, z = 34/9.539 = 3.564', () => {
  expect([3.56, 3.57].map((critical) => mannKendall([1, 2, 3, 4, 5, 6, 7, 8, 8], critical))).toEqual(['up', 'steady']);
});
test('one wild value is no trend, equal ones neither, and seven are too few', () => {
  expect(mannKendall([80, 81, 79, 80, 82, 78, 81, 5_000], 2.576)).toBe('steady');
  expect([mannKendall(Array<number>(20).fill(7), 2.576), mannKendall([1, 2, 3, 4, 5, 6, 7], 0)]).toEqual(['steady', 'unknown']);
});
