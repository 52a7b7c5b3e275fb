import { remembered } from '../../../collector/remembered.ts';

function counted(answer: () => Promise<string | null>) {
  let [loads, nowMs] = [0, 0];
  const look = remembered(() => { loads += 1; return answer(); }, { foundMs: 100, missingMs: 10, now: () => nowMs });
  return { at: async (ms: number) => { nowMs = ms; await look('t', 'a').catch(() => undefined); return loads; } };
}

test('a found value is kept for its time, an absent one for a shorter one, a failure not at all', async () => {
  const found = counted(async () => 'x');
  expect([await found.at(0), await found.at(99), await found.at(100)]).toEqual([1, 1, 2]);
  const missing = counted(async () => null);
  expect([await missing.at(0), await missing.at(9), await missing.at(10)]).toEqual([1, 1, 2]);
  const failing = counted(async () => { throw new Error('away'); });
  expect([await failing.at(0), await failing.at(0)]).toEqual([1, 2]);
});

test('tenants are kept apart', async () => {
  const look = remembered(async (tenant, id) => `${tenant}-${id}`, { foundMs: 100, missingMs: 10, now: () => 0 });
  expect([await look('a', 'x'), await look('b', 'x')]).toEqual(['a-x', 'b-x']);
});
