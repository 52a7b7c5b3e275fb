import { createPatience } from '../../../collector/patience.ts';

test('in the open, time is time', () => {
  const patience = createPatience(0);
  patience.heard('d', 90_000);
  expect(patience.at('d', 100_000)).toBe(100_000);
});

test('after a break gateways are given up by the time before it, for as long as they would have had', () => {
  const patience = createPatience(0);
  patience.heard('d', 100_000);
  patience.resumed(400_000);
  patience.heard('d', 401_000);
  expect(patience.at('d', 400_000)).toBe(100_000);
  expect(patience.at('d', 420_000)).toBe(120_000);
  expect(patience.at('d', 430_000)).toBe(430_000);
  expect(patience.at('unknown', 400_000)).toBe(400_000);
  expect(patience.openForMs(420_000)).toBe(20_000);
});

test('a gateway whose clock runs ahead moves nothing into the future', () => {
  const patience = createPatience(0);
  patience.heard('d', 999_999);
  patience.resumed(400_000);
  expect(patience.at('d', 401_000)).toBe(401_000);
});
