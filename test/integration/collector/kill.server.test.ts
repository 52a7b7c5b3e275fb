import { randomUUID } from 'node:crypto';
import { stores as databases } from '../../../adapters/store/index.ts';
import type { MicroBlock } from '../../../domain/analysis/blocks.ts';
import type { Stores } from '../../../ports/stores.ts';
import { collectorProcess, postUntilTaken, type CollectorProcess } from './collector-process.ts';
import { openShadow, recordedStream, ROLLOUT, SCOPE, type Operation } from './stream.ts';

const uri = process.env.TEST_MONGODB_URI!;
const STREAM = recordedStream({ inferences: 6_000, perBatch: 60, eventStepMs: 450_000, atStepMs: 250, seed: 7 });
const KILLS = 6;

interface Run { readonly stores: Stores; readonly collector: CollectorProcess }

async function opened(): Promise<Run> {
  const database = `kill-${randomUUID().slice(0, 8)}`;
  const stores = databases.mongodb.create({ uri, database });
  await openShadow(stores);
  return { stores, collector: await collectorProcess({ uri, database }) };
}

/** One after another and each until it is acknowledged, as gateways and the API do. */
async function replay({ stores, collector }: Run, operations: readonly Operation[], killEvery: number | null): Promise<number> {
  let kills = 0;
  await collector.start();
  for (const [i, operation] of operations.entries()) {
    if (operation.type === 'labels') {
      await stores.labels.put(operation.labels);
      continue;
    }
    const taken = postUntilTaken(collector.url, JSON.stringify(operation.batch));
    if (killEvery !== null && i % killEvery === killEvery - 1) {
      // At another moment of the request each time: before, while and after it is stored.
      await new Promise((resolve) => { setTimeout(resolve, kills * 7); });
      await collector.kill();
      kills += 1;
      await collector.start();
    }
    await taken;
  }
  return kills;
}

/** The blocks once nothing has been added for two looks of the sealer. */
async function settled({ stores }: Run): Promise<readonly MicroBlock[]> {
  for (let last = -1; ;) {
    const blocks = await stores.evidence.blocks(SCOPE.tenant, ROLLOUT);
    if (blocks.length === last) return blocks;
    last = blocks.length;
    await new Promise((resolve) => { setTimeout(resolve, 1_500); });
  }
}

const timeless = (blocks: readonly MicroBlock[]): unknown[] => blocks.map((block) => ({ ...block, sealedAtMs: 0 }));
const pagesOf = async ({ stores }: Run): Promise<readonly string[]> => (await stores.evidence.summary(SCOPE.tenant, ROLLOUT)).pages.map(({ metric, page, digest }) => `${metric} ${page} ${digest}`).sort();
const lastNews = async ({ stores }: Run): Promise<string | undefined> => (await stores.outbox.pending(10_000)).filter(({ type }) => type === 'block-sealed').at(-1)?.id;

test('a collector killed in the middle seals the blocks of an uninterrupted one, to the last digit', async () => {
  const [calm, broken] = [await opened(), await opened()];
  try {
    await replay(calm, STREAM, null);
    const expected = await settled(calm);
    const kills = await replay(broken, STREAM, Math.floor(STREAM.length / (KILLS + 1)));
    const found = await settled(broken);

    expect(kills).toBeGreaterThanOrEqual(KILLS - 1);
    expect(new Set(expected.map(({ metric }) => metric))).toEqual(new Set(['accuracy', 'brier', 'value', 'errors', 'off-contract', 'latency', 'share']));
    expect(expected.filter(({ metric, state }) => metric === 'accuracy' && state === 'sealed').length).toBeGreaterThan(80);
    expect(expected.filter(({ metric, state }) => metric === 'accuracy' && state === 'short').length).toBeGreaterThan(2);
    expect(timeless(found)).toEqual(timeless(expected));

    const pages = await pagesOf(calm);
    expect(pages.length).toBeGreaterThanOrEqual(12);
    expect(await pagesOf(broken)).toEqual(pages);

    const challenger = 'var_challenger';
    expect(await broken.stores.records.drops(SCOPE.tenant, SCOPE.uid, challenger)).toEqual(await calm.stores.records.drops(SCOPE.tenant, SCOPE.uid, challenger));
    const last = await lastNews(calm);
    expect(last).toBeDefined();
    expect(await lastNews(broken)).toBe(last);
  } finally {
    await Promise.all([calm, broken].map(async ({ stores, collector }) => { await collector.kill(); await stores.close(); }));
  }
}, 240_000);
