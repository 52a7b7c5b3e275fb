import { stores as databases } from '../../../adapters/store/index.ts';
import { openComparison, type Comparison } from '../../../collector/comparison.ts';
import { createIngest } from '../../../collector/ingest.ts';
import { closePages } from '../../../collector/paging.ts';
import { progressOf } from '../../../collector/progress.ts';
import { createReaders } from '../../../collector/readers.ts';
import { sealDue } from '../../../collector/seal.ts';
import type { MicroBlock } from '../../../domain/analysis/blocks.ts';
import { PAGE_SLOTS, pageOf } from '../../../domain/analysis/pages.ts';
import type { EvidenceStore } from '../../../ports/evidence-store.ts';
import type { Stores } from '../../../ports/stores.ts';
import { openShadow, recordedStream, ROLLOUT, SCOPE, type Operation } from '../../integration/collector/stream.ts';
import { SILENT } from './world.ts';

/** An inference each two seconds, so that each slot of a rate holds one, over parts of three pages. */
const STREAM = recordedStream({ inferences: 2 * PAGE_SLOTS, perBatch: 40, eventStepMs: 1_800_000, atStepMs: 2_000, seed: 3 });
const RATES = ['errors', 'off-contract', 'latency', 'share'];

async function take(stores: Stores, operations: readonly Operation[]): Promise<void> {
  const ingest = createIngest({ records: stores.records, findReader: createReaders(stores, Date.now), now: () => 0, log: SILENT, arrived: () => undefined });
  for (const operation of operations) await (operation.type === 'labels' ? stores.labels.put(operation.labels) : ingest(operation.batch));
}

async function filled(operations: readonly Operation[] = STREAM): Promise<Stores> {
  const stores = databases.memory.create({});
  await openShadow(stores);
  await take(stores, operations);
  return stores;
}

/** With windows that take in the whole stream: the store in memory reads all of its legs for each. */
async function open(stores: Stores): Promise<Comparison> {
  const comparison = (await openComparison(stores, (await stores.deployments.activeRollouts())[0]!))!;
  Object.assign(comparison.windowMs, { ruling: 1e12, gateway: 1e12 });
  return comparison;
}

async function sealAll(stores: Stores, comparison: Comparison): Promise<void> {
  const { completeAtMs, rulingMs } = await stores.records.watermark(SCOPE.tenant, SCOPE.uid, 0);
  await sealDue({ stores, now: () => 1 }, comparison, { completeAtMs, rulingMs });
}

const blocksOf = ({ evidence }: Stores): Promise<readonly MicroBlock[]> => evidence.blocks(SCOPE.tenant, ROLLOUT);
const pagesOf = async ({ evidence }: Stores): Promise<readonly string[]> => (await evidence.summary(SCOPE.tenant, ROLLOUT)).pages.map(({ metric, page, digest }) => `${metric} ${page} ${digest}`).sort();
const tallyOf = ({ tally: { pairs, needed, labelled } }: Comparison): unknown => ({ pairs, needed, labelled });

test('pages behind the line close, one turn or many, and the evidence is as it was', async () => {
  const stores = await filled();
  const comparison = await open(stores);
  await sealAll(stores, comparison);
  const before = await blocksOf(stores);
  // The stream does not begin where a page does, so that its first page is a part of one.
  const behind = new Set(before.filter(({ metric, slot }) => metric === 'errors' && pageOf(slot) < pageOf(before.at(-1)!.slot)).map(({ slot }) => pageOf(slot)));
  expect(behind.size).toBeGreaterThanOrEqual(2);
  expect(await closePages(stores.evidence, comparison)).toBe(behind.size * RATES.length);
  expect(await closePages(stores.evidence, comparison)).toBe(0);
  expect(await blocksOf(stores)).toEqual(before);
  const { blocks } = await stores.evidence.summary(SCOPE.tenant, ROLLOUT);
  expect(blocks.filter(({ sums, slot }) => sums.kind !== 'paired' && behind.has(pageOf(slot)))).toEqual([]);
  expect(blocks.filter(({ sums }) => sums.kind === 'paired')).toEqual(before.filter(({ sums }) => sums.kind === 'paired'));
});

test('a collector that starts on pages goes on where they end, with the same counts', async () => {
  const [whole, halved] = [await filled(), await filled(STREAM.slice(0, Math.floor(STREAM.length * 0.7)))];
  const first = await open(halved);
  await sealAll(halved, first);
  expect(await closePages(halved.evidence, first)).toBeGreaterThan(0);
  const again = await open(halved);
  expect(tallyOf(again)).toEqual(tallyOf(first));
  expect(again.lines.map(({ metric, storedUpTo }) => [metric, storedUpTo])).toEqual(first.lines.map(({ metric, storedUpTo }) => [metric, storedUpTo]));
  await take(halved, STREAM.slice(Math.floor(STREAM.length * 0.7)));
  await sealAll(halved, again);
  await closePages(halved.evidence, again);
  const comparison = await open(whole);
  await sealAll(whole, comparison);
  await closePages(whole.evidence, comparison);
  expect(await blocksOf(halved)).toEqual(await blocksOf(whole));
  expect(await pagesOf(halved)).toEqual(await pagesOf(whole));
  const watermark = await whole.records.watermark(SCOPE.tenant, SCOPE.uid, 0);
  expect(progressOf(again, watermark, { drops: {}, nowMs: 1 }).pairs).toBe(progressOf(comparison, watermark, { drops: {}, nowMs: 1 }).pairs);
});

test('collectors at once, one of them far behind, agree to the last digit', async () => {
  const [alone, shared] = [await filled(), await filled()];
  const behind = await open(shared);
  for (const stores of [alone, shared]) {
    const comparison = await open(stores);
    await sealAll(stores, comparison);
    await closePages(stores.evidence, comparison);
  }
  await Promise.all([behind, await open(shared), await open(shared)].map(async (comparison) => { await sealAll(shared, comparison); await closePages(shared.evidence, comparison); }));
  expect(await blocksOf(shared)).toEqual(await blocksOf(alone));
  expect(await pagesOf(shared)).toEqual(await pagesOf(alone));
});

test('closing that is cut off between pages is ended by the next collector', async () => {
  const calm = await filled();
  const comparison = await open(calm);
  await sealAll(calm, comparison);
  await closePages(calm.evidence, comparison);
  for (const cutAt of [0, 5]) {
    const stores = await filled();
    const dying = await open(stores);
    await sealAll(stores, dying);
    const before = await blocksOf(stores);
    await expect(closePages(cutOff(stores.evidence, cutAt), dying)).rejects.toThrow('killed');
    expect(await blocksOf(stores)).toEqual(before);
    await closePages(stores.evidence, await open(stores));
    expect(await blocksOf(stores)).toEqual(before);
    expect(await pagesOf(stores)).toEqual(await pagesOf(calm));
  }
});

/** The store of a collector that dies after so many pages. */
function cutOff(evidence: EvidenceStore, cutAt: number): EvidenceStore {
  let closed = 0;
  return {
    ...evidence,
    async closePage(page) {
      if (closed === cutAt) throw new Error('killed');
      closed += 1;
      return evidence.closePage(page);
    },
  };
}
