import { openComparison } from '../../../collector/comparison.ts';
import { expireRecords } from '../../../collector/expiry.ts';
import { createIngest } from '../../../collector/ingest.ts';
import { progressOf } from '../../../collector/progress.ts';
import { createReaders } from '../../../collector/readers.ts';
import { sealDue } from '../../../collector/seal.ts';
import { stores as databases } from '../../../adapters/store/index.ts';
import type { MicroBlock } from '../../../domain/analysis/blocks.ts';
import type { Stores } from '../../../ports/stores.ts';
import { openShadow, recordedStream, ROLLOUT, SCOPE, type Operation } from '../../integration/collector/stream.ts';
import { SILENT } from './world.ts';

const STREAM = recordedStream({ inferences: 600, perBatch: 40, eventStepMs: 1_800_000, atStepMs: 20, seed: 11 });

async function filled(operations: readonly Operation[] = STREAM): Promise<Stores> {
  const stores = databases.memory.create({});
  await openShadow(stores);
  const ingest = createIngest({ records: stores.records, findReader: createReaders(stores, Date.now), now: () => 0, log: SILENT, arrived: () => undefined });
  for (const operation of operations) await (operation.type === 'labels' ? stores.labels.put(operation.labels) : ingest(operation.batch));
  return stores;
}

async function rollout(stores: Stores) { return (await stores.deployments.activeRollouts())[0]!; }

async function advance(stores: Stores, windowMs: number | null = null): Promise<number> {
  const comparison = (await openComparison(stores, await rollout(stores)))!;
  if (windowMs !== null) Object.assign(comparison.windowMs, { ruling: windowMs, gateway: windowMs });
  const { completeAtMs, rulingMs } = await stores.records.watermark(SCOPE.tenant, SCOPE.uid, 0);
  return sealDue({ stores, now: () => 1 }, comparison, { completeAtMs, rulingMs });
}

const blocksOf = (stores: Stores): Promise<readonly MicroBlock[]> => stores.evidence.blocks(SCOPE.tenant, ROLLOUT);

test('blocks are the same whether sealed as the stream comes or at its end, in small windows or large ones', async () => {
  const [step, whole, narrow] = [databases.memory.create({}), await filled(), await filled()];
  await openShadow(step);
  const ingest = createIngest({ records: step.records, findReader: createReaders(step, Date.now), now: () => 0, log: SILENT, arrived: () => undefined });
  for (const operation of STREAM) {
    await (operation.type === 'labels' ? step.labels.put(operation.labels) : ingest(operation.batch));
    await advance(step);
  }
  expect(await advance(whole)).toBeGreaterThan(100);
  await advance(narrow, 1);
  const expected = await blocksOf(whole);
  expect(await blocksOf(step)).toEqual(expected);
  expect(await blocksOf(narrow)).toEqual(expected);
});

test('a later label, a record too late and a second look change no sealed block', async () => {
  const stores = await filled();
  await advance(stores);
  const before = await blocksOf(stores);
  const label = (STREAM.find(({ type }) => type === 'labels') as Extract<Operation, { type: 'labels' }>).labels[0]!;
  await stores.labels.put([{ ...label, value: 'other', labelMs: label.labelMs + 1 }]);
  expect(await advance(stores)).toBe(0);
  expect(await blocksOf(stores)).toEqual(before);
});

test('a slot without its outcomes holds the line of its metric, and only of that', async () => {
  const stores = await filled(STREAM.filter(({ type }) => type === 'batch'));
  await advance(stores);
  const blocks = await blocksOf(stores);
  const brier = blocks.filter(({ metric }) => metric === 'brier');
  expect(brier.length).toBeGreaterThan(20);
  expect(brier.every(({ state }) => state === 'short')).toBe(true);
  expect(blocks.filter(({ metric }) => metric === 'errors').every(({ state }) => state === 'sealed')).toBe(true);
  const slots = brier.map(({ slot }) => slot);
  expect(slots).toEqual(slots.map((_, i) => slots[0]! + i));
});

test('two collectors at once store each block once', async () => {
  const [alone, shared] = [await filled(), await filled()];
  await advance(alone);
  await Promise.all([advance(shared), advance(shared), advance(shared)]);
  expect(await blocksOf(shared)).toEqual(await blocksOf(alone));
});

test('progress counts pairs, coverage and drops', async () => {
  const stores = await filled();
  await advance(stores);
  const comparison = (await openComparison(stores, await rollout(stores)))!;
  const watermark = await stores.records.watermark(SCOPE.tenant, SCOPE.uid, 0);
  const progress = progressOf(comparison, watermark, { drops: { cap: 2 }, nowMs: 9 });
  expect(progress).toMatchObject({ watermarkMs: watermark.rulingMs, drops: { cap: 2 }, updatedAtMs: 9 });
  expect(progress.pairs).toBeGreaterThan(400);
  expect(progress.labelCoverage).toBeGreaterThan(0.8);
  expect(progress.openSlots).toBeGreaterThan(0);
  expect(progress.openSlots).toBeLessThan(20);
});

test('expiry goes by the ruling clock and keeps what an active rollout still needs', async () => {
  const stores = await filled();
  expect(await expireRecords(stores, 0)).toBe(0);
  const record = await rollout(stores);
  await stores.deployments.putRollout({ ...record, revision: record.revision + 1, endedAtMs: 5 });
  const hour = 3_600_000;
  const spec = (await stores.deployments.getSpec(SCOPE.tenant, record.specHash))!;
  const specHash = await stores.deployments.putSpec(SCOPE.tenant, { ...spec, spec: { ...spec.spec, records: { inputs: false, keepMs: 24 * hour } } });
  const deployment = (await stores.deployments.getDeployment(SCOPE.tenant, 'churn'))!;
  await stores.deployments.putDeployment({ ...deployment, specHash });
  expect(await expireRecords(stores, 0)).toBeGreaterThan(800);
  const { rulingMs } = await stores.records.watermark(SCOPE.tenant, SCOPE.uid, 0);
  const kept = await stores.records.legs(SCOPE.tenant, SCOPE.uid, { clock: 'ruling', fromMs: 0, toMs: Number.MAX_SAFE_INTEGER, variantIds: ['var_champion'] });
  expect(Math.min(...kept.map((leg) => leg.rulingMs))).toBeGreaterThanOrEqual(rulingMs! - 24 * hour);
  expect(kept.length).toBeGreaterThan(30);
});
