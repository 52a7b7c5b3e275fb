import { formatDuration, parseDuration } from '../../../domain/duration.ts';
import { formatMoney, money } from '../../../domain/money.ts';
import { formatShare, parseShare } from '../../../domain/share.ts';

test.each([['30d', 2_592_000_000], ['1h30m', 5_400_000], ['250ms', 250], ['0.5s', 500], ['2w', 1_209_600_000]])('duration %s', (text, ms) => {
  expect(parseDuration(text)).toBe(ms);
});

test.each(['', '5', 'd', '5 m', '5m later', '-5m', '1e3s', '5y'])('not a duration: %p', (text) => {
  expect(() => parseDuration(text)).toThrow(expect.objectContaining({ code: 'LM_INVALID_SPEC' }));
});

test.each([0, 1, 999, 61_000, 5_400_000, 2_592_000_000])('%d ms survives format and parse', (ms) => {
  expect(parseDuration(formatDuration(ms))).toBe(ms);
});

test.each([['5%', 500], ['0.25%', 25], ['100%', 10_000], ['0%', 0], [0.05, 500], [1, 10_000]] as const)('share %p', (value, per10k) => {
  expect(parseShare(value)).toBe(per10k);
});

test.each(['5', '101%', '-1%', '0.001%', 1.5, -0.1, Number.NaN, ''])('not a share: %p', (value) => {
  expect(() => parseShare(value)).toThrow(expect.objectContaining({ code: 'LM_INVALID_SPEC' }));
});

test('money counts micros and prints without a locale', () => {
  expect(money(0.1 + 0.2, 'EUR')).toEqual({ micros: 300_000, currency: 'EUR' });
  expect(formatMoney(money(1_234_567.891, 'EUR'))).toBe('EUR 1,234,567.89');
  expect(formatMoney(money(-0.0123, 'USD'))).toBe('-USD 0.0123');
  expect(formatShare(25)).toBe('0.25%');
  expect(() => money(Number.NaN, 'EUR')).toThrow(RangeError);
  expect(() => money(1e12, 'EUR')).toThrow(RangeError);
});
