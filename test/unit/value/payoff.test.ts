import { payoff, valueRange } from '../../../domain/value/payoff.ts';
import { BINARY, CONFUSION, PER_UNIT, REGRESSION } from '../../support/analysis-arbitraries.ts';

const row = (klass: string | number | null, score: number | null = null): Parameters<typeof payoff>[2] => ({ row: 0, score, klass });

test.each([[1, 1, 5], [1, 0, -3], [0, 0, 0], [0, 1, -1]])('decided %d, was %d: %d', (klass, label, earned) => {
  expect(payoff(CONFUSION, BINARY, row(klass), label)).toBe(earned);
});

test('per unit of error, cut at clip', () => {
  expect(payoff(PER_UNIT, REGRESSION, row(null, 3), 4.5)).toBe(-3);
  expect(payoff(PER_UNIT, REGRESSION, row(null, 0), 10)).toBe(-8);
});

test('what is not of the right kind is not a number, never zero', () => {
  expect(payoff(CONFUSION, BINARY, row(null), 1)).toBeNaN();
  expect(payoff(CONFUSION, BINARY, row('yes'), 1)).toBeNaN();
  expect(payoff(CONFUSION, BINARY, row(1), 'yes')).toBeNaN();
  expect(payoff(CONFUSION, { ...BINARY, task: 'multiclass' }, row(1), 1)).toBeNaN();
  expect(payoff(PER_UNIT, REGRESSION, row(null, null), 1)).toBeNaN();
  expect(payoff(PER_UNIT, REGRESSION, row(null, 1), 'x')).toBeNaN();
});

test('the range of differences: the larger column of the matrix, or clip in money', () => {
  expect(valueRange(CONFUSION)).toEqual({ lo: -6, hi: 6 });
  expect(valueRange(PER_UNIT)).toEqual({ lo: -8, hi: 8 });
});
