import { stores as databases } from '../../../adapters/store/index.ts';
import type { Comparison } from '../../../collector/comparison.ts';
import { createNews } from '../../../collector/news.ts';
import { samplePlan, sampleRollout } from '../../../conformance/stores/samples.ts';
import { INITIAL } from '../../../domain/rollout/machine.ts';
import { SCOPE } from './world.ts';

const rollout = sampleRollout(SCOPE, { state: { ...INITIAL, stage: 'shadowing' }, startedAtMs: 1_000 });
const idleMs = rollout.plan.idleMs;
const at = (slot: number | null): Comparison => ({
  rollout, plan: samplePlan(SCOPE), lines: [{ metric: 'accuracy', clock: 'ruling', storedUpTo: slot, sealedUpTo: slot, held: false }],
} as unknown as Comparison);
const ids = async (outbox: ReturnType<typeof databases.memory.create>['outbox']): Promise<string[]> => (await outbox.pending(100)).map(({ id }) => id);

test('fast seals are told at most twice a second, and the last one is told', async () => {
  const { outbox } = databases.memory.create({});
  const news = createNews(outbox);
  await news.sealed(at(null), 0);
  for (let ms = 0; ms <= 2_000; ms += 100) await news.sealed(at(ms), ms);
  expect(await ids(outbox)).toHaveLength(5);
  await news.sealed(at(2_050), 2_100);
  await news.sealed(at(2_050), 2_700);
  await news.sealed(at(2_050), 9_000);
  expect(await ids(outbox)).toHaveLength(6);
});

test('another collector, or one after a restart, tells the same news under the same id', async () => {
  const { outbox } = databases.memory.create({});
  await createNews(outbox).sealed(at(7), 100);
  await createNews(outbox).sealed(at(7), 9_999);
  expect(await ids(outbox)).toHaveLength(1);
});

test('idle is told once for each limit without a record, not in other stages, not right after a break', async () => {
  const { outbox } = databases.memory.create({});
  const news = createNews(outbox);
  const look = (lastAtMs: number | null, nowMs: number, openForMs = 1e9): Promise<void> => news.idle(rollout, { lastAtMs, nowMs, openForMs });
  await look(5_000, 5_000 + idleMs);
  await look(5_000, 6_000 + idleMs, 59_000);
  await news.idle({ ...rollout, state: { ...INITIAL, stage: 'packaging' } }, { lastAtMs: 5_000, nowMs: 6_000 + idleMs, openForMs: 1e9 });
  expect(await ids(outbox)).toEqual([]);
  await look(5_000, 6_000 + idleMs);
  await look(5_000, 7_000 + idleMs);
  expect(await ids(outbox)).toHaveLength(1);
  await look(5_000, 6_000 + 2 * idleMs);
  expect(await ids(outbox)).toHaveLength(2);
  await look(null, 2_000 + idleMs);
  expect(await ids(outbox)).toHaveLength(3);
});
