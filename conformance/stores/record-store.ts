import assert from 'node:assert/strict';
import type { StoredLeg } from '../../domain/record.ts';
import type { RecordStore } from '../../ports/record-store.ts';
import { sampleLeg, variantOf } from './samples.ts';
import { newScope, type Scope, type Suite } from './suite.ts';

type Batch = Parameters<RecordStore['putBatch']>[0];
const NOW = 1_000_000;

/** A gateway's clock of its own for each check: marks are shared by all tenants of an installation, so each check lives in its own time. */
let era = 0;

export const recordStorePromises: Suite<RecordStore> = {
  'legs are stored once and read as they were written': async (records) => {
    const scope = newScope();
    const leg = sampleLeg(scope);
    assert.deepEqual(await records.putBatch(batchOf(scope, { legs: [leg, sampleLeg(scope, { variantId: variantOf(scope, 'b'), role: 'shadow' })] })), { stored: 2, repeated: false });
    assert.deepEqual(await records.byInference(scope.tenant, scope.uid, 'inf_1'), [leg, sampleLeg(scope, { variantId: variantOf(scope, 'b'), role: 'shadow' })]);
  },
  'a repeated batch is dropped whole, even with other content': async (records) => {
    const scope = newScope();
    await records.putBatch(batchOf(scope, { legs: [sampleLeg(scope)], drops: [drop(scope, 2)] }));
    assert.deepEqual(await records.putBatch(batchOf(scope, { legs: [sampleLeg(scope), sampleLeg(scope, { inferenceId: 'inf_2' })], drops: [drop(scope, 2)] })), { stored: 0, repeated: true });
    assert.deepEqual(await records.byInference(scope.tenant, scope.uid, 'inf_2'), []);
    assert.deepEqual(await records.drops(scope.tenant, scope.uid, variantOf(scope, 'b')), { cap: 2 });
  },
  'a leg in two batches is stored once and stays as it is': async (records) => {
    const scope = newScope();
    await records.putBatch(batchOf(scope, { legs: [sampleLeg(scope)] }));
    assert.deepEqual(await records.putBatch(batchOf(scope, { seq: 2, legs: [sampleLeg(scope, { latencyMs: 99 }), sampleLeg(scope, { inferenceId: 'inf_2' })] })), { stored: 1, repeated: false });
    assert.equal((await records.byInference(scope.tenant, scope.uid, 'inf_1'))[0]?.latencyMs, 4.25);
  },
  'the same batch at once from many deliveries is stored once': async (records) => {
    const scope = newScope();
    const batch = batchOf(scope, { legs: Array.from({ length: 40 }, (_, i) => sampleLeg(scope, { inferenceId: `inf_${i}`, atMs: i })), drops: [drop(scope, 3)] });
    const answers = await Promise.all(Array.from({ length: 6 }, () => records.putBatch(batch)));
    assert.equal(answers.reduce((sum, { stored }) => sum + stored, 0), 40);
    assert.equal((await records.legs(scope.tenant, scope.uid, { clock: 'gateway', fromMs: 0, toMs: 100, variantIds: [variantOf(scope, 'a')] })).length, 40);
    assert.deepEqual(await records.drops(scope.tenant, scope.uid, variantOf(scope, 'b')), { cap: 3 });
  },
  'legs are cut by either clock, half open, of the asked variants, in order': async (records) => {
    const scope = newScope();
    const make = (inferenceId: string, atMs: number, rulingMs: number, variant = 'a'): StoredLeg => sampleLeg(scope, { inferenceId, atMs, eventMs: rulingMs, rulingMs, variantId: variantOf(scope, variant) });
    await records.putBatch(batchOf(scope, { legs: [make('i3', 30, 100), make('i1', 10, 300), make('i2', 20, 200, 'b'), make('i2', 20, 200), make('i4', 40, 200), make('i5', 40, 200, 'c')] }));
    const read = async (clock: 'ruling' | 'gateway', fromMs: number, toMs: number): Promise<string[]> => (
      (await records.legs(scope.tenant, scope.uid, { clock, fromMs, toMs, variantIds: [variantOf(scope, 'a'), variantOf(scope, 'b')] })).map(({ inferenceId, variantId }) => `${inferenceId}${variantId.slice(-1)}`));
    assert.deepEqual(await read('gateway', 10, 40), ['i1a', 'i2a', 'i2b', 'i3a']);
    assert.deepEqual(await read('ruling', 100, 300), ['i3a', 'i2a', 'i2b', 'i4a']);
    assert.deepEqual(await read('ruling', 301, 400), []);
  },
  'drops add up by reason over batches, gateways and incarnations': async (records) => {
    const scope = newScope();
    await Promise.all([
      records.putBatch(batchOf(scope, { drops: [drop(scope, 2), drop(scope, 1, 'deadline'), drop(scope, 4)] })),
      records.putBatch(batchOf(scope, { seq: 2, drops: [drop(scope, 5)] })),
      records.putBatch(batchOf(scope, { incarnation: 2, drops: [drop(scope, 7)] })),
      records.putBatch(batchOf(scope, { gatewayId: `gw-2-${scope.id}`, drops: [drop(scope, 10)] })),
    ]);
    assert.deepEqual(await records.drops(scope.tenant, scope.uid, variantOf(scope, 'b')), { cap: 28, deadline: 1 });
    assert.deepEqual(await records.drops(scope.tenant, scope.uid, variantOf(scope, 'a')), {});
  },
  'batches that overtake each other are all kept': async (records) => {
    const scope = newScope();
    for (const seq of [3, 1, 2]) await records.putBatch(batchOf(scope, { seq, legs: [sampleLeg(scope, { inferenceId: `inf_${seq}` })], drops: [drop(scope, seq)] }));
    assert.deepEqual(await records.drops(scope.tenant, scope.uid, variantOf(scope, 'b')), { cap: 6 });
    assert.equal((await records.legs(scope.tenant, scope.uid, { clock: 'gateway', fromMs: 0, toMs: 99_999, variantIds: [variantOf(scope, 'a')] })).length, 3);
  },
  'a second inference under one alias is stored, counted and left out of comparisons': async (records) => {
    const scope = newScope();
    const legs = ['inf_1', 'inf_2'].flatMap((inferenceId) => ['a', 'b'].map((letter) => sampleLeg(scope, { inferenceId, variantId: variantOf(scope, letter), alias: 'order/7' })));
    await records.putBatch(batchOf(scope, { legs }));
    await records.putBatch(batchOf(scope, { seq: 2, legs: [sampleLeg(scope, { inferenceId: 'inf_3', alias: 'order/7' }), sampleLeg(scope, { inferenceId: 'inf_4', alias: 'order/8' })] }));
    await records.putBatch(batchOf(scope, { seq: 3, legs: [sampleLeg(scope, { inferenceId: 'inf_1', alias: 'order/7', variantId: variantOf(scope, 'c') })] }));
    assert.deepEqual(await Promise.all(['order/7', 'order/8', 'order/9'].map((alias) => records.byAlias(scope.tenant, scope.uid, alias))), ['inf_1', 'inf_4', null]);
    assert.equal(await records.byAlias(scope.other, scope.uid, 'order/7'), null);
    const kept = await records.legs(scope.tenant, scope.uid, { clock: 'ruling', fromMs: 0, toMs: 99_999, variantIds: [variantOf(scope, 'a'), variantOf(scope, 'b'), variantOf(scope, 'c')] });
    assert.deepEqual(kept.map(({ inferenceId, variantId }) => `${inferenceId} ${variantId.slice(-1)}`), ['inf_1 a', 'inf_1 b', 'inf_1 c', 'inf_4 a']);
    assert.equal((await records.byInference(scope.tenant, scope.uid, 'inf_2')).length, 2);
    assert.equal((await records.watermark(scope.tenant, scope.uid, NOW)).duplicates, 2);
  },
  'the watermark is the least mark of the gateways heard from, and ruling time counts below it': async (records) => {
    const scope = newScope();
    const now = nextEra();
    const at = (ms: number): number => now - 60_000 + ms;
    await records.putBatch(batchOf(scope, { gatewayId: `slow-${scope.id}`, completeToMs: at(100), receivedAtMs: now, legs: [sampleLeg(scope, { inferenceId: 'early', atMs: at(50), rulingMs: 7_000 })] }));
    await records.putBatch(batchOf(scope, { gatewayId: `fast-${scope.id}`, completeToMs: at(900), receivedAtMs: now - 20_000, legs: [sampleLeg(scope, { inferenceId: 'late', atMs: at(500), rulingMs: 9_000 })] }));
    assert.deepEqual(await records.watermark(scope.tenant, scope.uid, now), { completeAtMs: at(100), rulingMs: 7_000, lastAtMs: at(500), duplicates: 0 });
    await records.putBatch(batchOf(scope, { gatewayId: `slow-${scope.id}`, seq: 2, completeToMs: at(600), receivedAtMs: now }));
    assert.deepEqual(await records.watermark(scope.tenant, scope.uid, now), { completeAtMs: at(600), rulingMs: 9_000, lastAtMs: at(500), duplicates: 0 });
    assert.equal((await records.watermark(scope.tenant, scope.uid, now + 15_000)).completeAtMs, at(600));
    assert.deepEqual(await records.watermark(scope.tenant, scope.uid, now + 40_000), { completeAtMs: null, rulingMs: null, lastAtMs: at(500), duplicates: 0 });
  },
  'a gateway that is silent for 30 s no longer holds the line': async (records) => {
    const scope = newScope();
    const now = nextEra();
    await records.putBatch(batchOf(scope, { gatewayId: `gone-${scope.id}`, completeToMs: now - 50_000, receivedAtMs: now - 29_000 }));
    await records.putBatch(batchOf(scope, { gatewayId: `here-${scope.id}`, completeToMs: now - 10, receivedAtMs: now }));
    assert.equal((await records.watermark(scope.tenant, scope.uid, now)).completeAtMs, now - 50_000);
    assert.equal((await records.watermark(scope.tenant, scope.uid, now + 2_000)).completeAtMs, now - 10);
  },
  'a mark never goes back, and a repeat counts as being heard': async (records) => {
    const scope = newScope();
    const now = nextEra();
    const mine = { gatewayId: `g-${scope.id}` };
    await records.putBatch(batchOf(scope, { ...mine, completeToMs: now - 5, receivedAtMs: now - 25_000 }));
    await records.putBatch(batchOf(scope, { ...mine, seq: 2, completeToMs: now - 90, receivedAtMs: now - 28_000 }));
    assert.equal((await records.watermark(scope.tenant, scope.uid, now)).completeAtMs, now - 5);
    await records.putBatch(batchOf(scope, { ...mine, completeToMs: now - 5, receivedAtMs: now }));
    assert.equal((await records.watermark(scope.tenant, scope.uid, now + 20_000)).completeAtMs, now - 5);
  },
  'the newest mark is the newest of all gateways, heard from or not': async (records) => {
    const scope = newScope();
    const now = nextEra();
    await records.putBatch(batchOf(scope, { gatewayId: `new-${scope.id}`, completeToMs: now + 70_000, receivedAtMs: now - 90_000 }));
    await records.putBatch(batchOf(scope, { gatewayId: `old-${scope.id}`, completeToMs: now, receivedAtMs: now }));
    assert.equal(await records.newestMarkMs(), now + 70_000);
  },
  'a deployment without records has nulls': async (records) => {
    const scope = newScope();
    const { rulingMs, lastAtMs, duplicates } = await records.watermark(scope.tenant, scope.uid, nextEra());
    assert.deepEqual([rulingMs, lastAtMs, duplicates], [null, null, 0]);
  },
  'expire removes what is older by ruling time, of one deployment': async (records) => {
    const scope = newScope();
    const next = { ...scope, uid: `${scope.uid}x` };
    await records.putBatch(batchOf(scope, { legs: [sampleLeg(scope, { inferenceId: 'old', rulingMs: 99, alias: 'a' }), sampleLeg(scope, { inferenceId: 'new', rulingMs: 100 }), sampleLeg(next, { inferenceId: 'next', rulingMs: 5 })] }));
    assert.equal(await records.expire(scope.other, scope.uid, 1_000), 0);
    assert.equal(await records.expire(scope.tenant, scope.uid, 100), 1);
    assert.equal(await records.expire(scope.tenant, scope.uid, 100), 0);
    assert.deepEqual((await records.byInference(scope.tenant, scope.uid, 'new')).length, 1);
    assert.deepEqual((await records.byInference(next.tenant, next.uid, 'next')).length, 1);
  },
  'another tenant sees no leg, no drop, no time': async (records) => {
    const scope = newScope();
    await records.putBatch(batchOf(scope, { legs: [sampleLeg(scope)], drops: [drop(scope, 2)] }));
    assert.deepEqual(await records.byInference(scope.other, scope.uid, 'inf_1'), []);
    assert.deepEqual(await records.legs(scope.other, scope.uid, { clock: 'ruling', fromMs: 0, toMs: 99_999, variantIds: [variantOf(scope, 'a')] }), []);
    assert.deepEqual(await records.drops(scope.other, scope.uid, variantOf(scope, 'b')), {});
    assert.equal((await records.watermark(scope.other, scope.uid, NOW)).lastAtMs, null);
  },
};

function nextEra(): number {
  era += 1;
  return Date.now() + 1e12 + era * 10_000_000;
}

function batchOf(scope: Scope, change: Partial<Batch>): Batch {
  return { gatewayId: `gw-${scope.id}`, incarnation: 1, seq: 1, completeToMs: 0, receivedAtMs: 0, legs: [], drops: [], ...change };
}

function drop(scope: Scope, count: number, reason: 'cap' | 'deadline' = 'cap'): Batch['drops'][number] {
  return { tenantId: scope.tenant, deploymentUid: scope.uid, variantId: variantOf(scope, 'b'), reason, count };
}
