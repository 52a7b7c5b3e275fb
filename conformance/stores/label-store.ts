import assert from 'node:assert/strict';
import type { LabelStore } from '../../ports/label-store.ts';
import { sampleLabel } from './samples.ts';
import { newScope, type Suite } from './suite.ts';

export const labelStorePromises: Suite<LabelStore> = {
  'a label is accepted once; the same again is repeated; other content is revised': async (labels) => {
    const scope = newScope();
    assert.deepEqual(await labels.put([sampleLabel(scope), sampleLabel(scope, { row: 1, value: 'b' })]), { accepted: 2, repeated: 0, revised: 0 });
    assert.deepEqual(await labels.put([sampleLabel(scope, { receivedAtMs: 9_999 }), sampleLabel(scope, { labelMs: 2_000, value: 0 }), sampleLabel(scope, { row: 2, value: true })]), { accepted: 1, repeated: 1, revised: 1 });
    assert.equal(await labels.count(scope.tenant, scope.uid), 3);
  },
  'label and revision in one call are both kept': async (labels) => {
    const scope = newScope();
    assert.deepEqual(await labels.put([sampleLabel(scope), sampleLabel(scope), sampleLabel(scope, { labelMs: 2_000, value: 0, propensity: 0.25 })]), { accepted: 1, repeated: 1, revised: 1 });
    assert.deepEqual(await labels.history(scope.tenant, scope.uid, 'inf_1'), [sampleLabel(scope), sampleLabel(scope, { labelMs: 2_000, value: 0, propensity: 0.25 })]);
    assert.deepEqual(await labels.asOf(scope.tenant, scope.uid, ['inf_1'], 2_000), [sampleLabel(scope, { labelMs: 2_000, value: 0, propensity: 0.25 })]);
  },
  'asOf gives what held then, whatever the order of arrival': async (labels) => {
    const scope = newScope();
    await labels.put([sampleLabel(scope, { labelMs: 3_000, value: 3 })]);
    await labels.put([sampleLabel(scope, { labelMs: 1_000, value: 1 })]);
    await labels.put([sampleLabel(scope, { labelMs: 2_000, value: 2 })]);
    const at = async (ms: number): Promise<unknown> => (await labels.asOf(scope.tenant, scope.uid, ['inf_1'], ms)).map(({ value }) => value);
    assert.deepEqual([await at(999), await at(1_000), await at(1_999), await at(2_000), await at(99_999)], [[], [1], [1], [2], [3]]);
  },
  'of equal labelMs the one received last holds': async (labels) => {
    const scope = newScope();
    await labels.put([sampleLabel(scope, { value: 'later', receivedAtMs: 1_200 }), sampleLabel(scope, { value: 'earlier', receivedAtMs: 1_100 })]);
    assert.deepEqual((await labels.asOf(scope.tenant, scope.uid, ['inf_1'], 5_000)).map(({ value }) => value), ['later']);
  },
  'asOf takes many ids, answers by inference and row, and knows types apart': async (labels) => {
    const scope = newScope();
    const all = Array.from({ length: 2_500 }, (_, i) => sampleLabel(scope, { inferenceId: `inf_${String(i).padStart(5, '0')}`, value: i % 3 === 0 ? String(i) : i % 3 === 1 ? i : i % 2 === 0 }));
    await labels.put(all);
    await labels.put([sampleLabel(scope, { inferenceId: 'inf_00000', row: 1, value: 0.1 + 0.2 })]);
    const read = await labels.asOf(scope.tenant, scope.uid, all.map(({ inferenceId }) => inferenceId).reverse().concat(['unknown']), 1_000);
    assert.deepEqual(read, [...all.slice(0, 1), sampleLabel(scope, { inferenceId: 'inf_00000', row: 1, value: 0.1 + 0.2 }), ...all.slice(1)]);
  },
  'ids with any characters are kept apart': async (labels) => {
    const scope = newScope();
    await labels.put([sampleLabel(scope, { inferenceId: 'a/1', row: 0, value: 'x' }), sampleLabel(scope, { inferenceId: 'a', row: 1, value: 'y' }), sampleLabel(scope, { inferenceId: '$a.b', row: 0, value: 'z' })]);
    assert.equal(await labels.count(scope.tenant, scope.uid), 3);
    assert.deepEqual((await labels.asOf(scope.tenant, scope.uid, ['a', '$a.b'], 5_000)).map(({ value }) => value), ['z', 'y']);
  },
  'writers at once: every label counted once': async (labels) => {
    const scope = newScope();
    const batch = Array.from({ length: 50 }, (_, i) => sampleLabel(scope, { inferenceId: `inf_${i}` }));
    const receipts = await Promise.all(Array.from({ length: 6 }, () => labels.put(batch)));
    assert.equal(receipts.reduce((sum, { accepted }) => sum + accepted, 0), 50);
    assert.equal(receipts.reduce((sum, { repeated }) => sum + repeated, 0), 250);
    assert.equal(await labels.count(scope.tenant, scope.uid), 50);
  },
  'revisions of one label at once are all kept': async (labels) => {
    const scope = newScope();
    const receipts = await Promise.all(Array.from({ length: 10 }, (_, i) => labels.put([sampleLabel(scope, { labelMs: 1_000 + i, value: i })])));
    assert.deepEqual([receipts.reduce((sum, { accepted }) => sum + accepted, 0), receipts.reduce((sum, { revised }) => sum + revised, 0)], [1, 9]);
    assert.deepEqual((await labels.history(scope.tenant, scope.uid, 'inf_1')).map(({ value }) => value), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  },
  'nothing to put is nothing done': async (labels) => {
    assert.deepEqual(await labels.put([]), { accepted: 0, repeated: 0, revised: 0 });
  },
  'another tenant and another deployment see none': async (labels) => {
    const scope = newScope();
    await labels.put([sampleLabel(scope)]);
    assert.deepEqual(await labels.asOf(scope.other, scope.uid, ['inf_1'], 5_000), []);
    assert.deepEqual(await labels.history(scope.other, scope.uid, 'inf_1'), []);
    assert.deepEqual(await labels.asOf(scope.tenant, `${scope.uid}x`, ['inf_1'], 5_000), []);
    assert.equal(await labels.count(scope.other, scope.uid), 0);
    assert.deepEqual(await labels.put([sampleLabel({ ...scope, tenant: scope.other }, { value: 0 })]), { accepted: 1, repeated: 0, revised: 0 });
    assert.equal((await labels.history(scope.tenant, scope.uid, 'inf_1')).length, 1);
  },
};
