import { constantBounds, levelOf, SPENDING, spendingBounds } from '../../../../domain/analysis/stats/group-sequential.ts';

/** A8: standard tables of Pocock 1977, O'Brien and Fleming 1979, Lan and DeMets 1983; α = .05, two-sided. */
const near = (values: readonly number[], wanted: readonly number[]): void => { values.forEach((value, k) => { expect(Math.abs(value - (wanted[k] ?? NaN))).toBeLessThan(1e-3); }); };

test.each([[2, 2.178], [3, 2.289], [4, 2.361], [5, 2.413], [10, 2.555]])('Pocock, %d looks', (looks, wanted) => { near([constantBounds(looks, 0.05, 'pocock').at(-1) ?? NaN], [wanted]); });
test.each([[2, 1.977], [3, 2.004], [4, 2.024], [5, 2.04], [10, 2.087]])('O\'Brien-Fleming, %d looks', (looks, wanted) => {
  const bounds = constantBounds(looks, 0.05, 'obrien-fleming');
  near([bounds.at(-1) ?? NaN], [wanted]);
  // c/√t: at five looks it begins at 4.562.
  expect(bounds[0]).toBeCloseTo(Math.sqrt(looks) * (bounds.at(-1) ?? NaN), 10);
});
test('α spending at five looks', () => {
  const looks = [0.2, 0.4, 0.6, 0.8, 1];
  near(spendingBounds(looks, (t) => SPENDING['obrien-fleming'](t, 0.05, 2), 2), [4.8769, 3.357, 2.6803, 2.2898, 2.031]);
  near(spendingBounds(looks, (t) => SPENDING.pocock(t, 0.05), 2), [2.438, 2.4268, 2.4102, 2.3966, 2.386]);
});
test.each([[2, 0.083], [5, 0.142], [10, 0.193], [20, 0.248]])('a fixed 5 %% test looked at %d times', (looks, wanted) => {
  const times = Array.from({ length: looks }, (_, k) => (k + 1) / looks);
  expect(Math.abs(levelOf(times, times.map(() => 1.959964)) - wanted)).toBeLessThan(6e-4);
});
test('one-sided spending spends what it says', () => {
  const looks = [0.5, 1];
  const bounds = spendingBounds(looks, (t) => SPENDING['obrien-fleming'](t, 0.025, 1), 1);
  // At one look the one-sided bound of 2.5 % is 1.96; with little spent before, hardly more.
  expect(bounds[1]).toBeGreaterThan(1.96);
  expect(bounds[1]).toBeLessThan(1.98);
});
