import assert from 'node:assert/strict';
import type { EvidenceStore } from '../../ports/evidence-store.ts';
import { sampleBlock, samplePlan, sampleProgress, sampleVerdict } from './samples.ts';
import { newScope, type Suite } from './suite.ts';

export const evidenceStorePromises: Suite<EvidenceStore> = {
  'a sealed block stays as it is, to the last digit, infinities and signed zeros too': async (evidence) => {
    const scope = newScope();
    assert.equal(await evidence.seal(sampleBlock(scope)), true);
    assert.equal(await evidence.seal(sampleBlock(scope, { sealedAtMs: 9, state: 'short' })), false);
    assert.deepEqual(await evidence.blocks(scope.tenant, `${scope.uid}/1`), [sampleBlock(scope)]);
  },
  'writers at once seal a block once': async (evidence) => {
    const scope = newScope();
    const answers = await Promise.all(Array.from({ length: 10 }, (_, i) => evidence.seal(sampleBlock(scope, { sealedAtMs: i }))));
    assert.equal(answers.filter(Boolean).length, 1);
  },
  'blocks come by slot, then metric, of one rollout': async (evidence) => {
    const scope = newScope();
    for (const [metric, slot] of [['value', 10], ['accuracy', 10], ['value', 9], ['accuracy', -1]] as const) await evidence.seal(sampleBlock(scope, { metric, slot }));
    await evidence.seal(sampleBlock(scope, { rolloutId: `${scope.uid}/2` }));
    assert.deepEqual((await evidence.blocks(scope.tenant, `${scope.uid}/1`)).map(({ metric, slot }) => `${metric} ${slot}`), ['accuracy -1', 'value 9', 'accuracy 10', 'value 10']);
  },
  'rate and share sums come back as they were': async (evidence) => {
    const scope = newScope();
    const count = { n: 3, bad: 1 };
    const rate = sampleBlock(scope, { metric: 'errors', sums: { kind: 'rate', champion: count, challengerServing: count, challengerShadow: count, championShadow: count } });
    const share = sampleBlock(scope, { metric: 'share', sums: { kind: 'share', cells: [{ challengerPer10k: 500, challenger: 1, total: 20 }] } });
    for (const block of [rate, share]) await evidence.seal(block);
    assert.deepEqual(await evidence.blocks(scope.tenant, `${scope.uid}/1`), [rate, share]);
  },
  'draft and fixed plan are each written once; the fixed one is read': async (evidence) => {
    const scope = newScope();
    const id = `${scope.uid}/1`;
    assert.equal(await evidence.getPlan(scope.tenant, id), null);
    assert.deepEqual(await evidence.putPlan(samplePlan(scope)), samplePlan(scope));
    assert.deepEqual(await evidence.putPlan(samplePlan(scope, { horizonMs: 1 })), samplePlan(scope));
    assert.deepEqual(await evidence.getPlan(scope.tenant, id), samplePlan(scope));
    const fixed = samplePlan(scope, { state: 'fixed', evidenceFromMs: 2_000 });
    await Promise.all([evidence.putPlan(fixed), evidence.putPlan(fixed)]);
    assert.deepEqual(await evidence.getPlan(scope.tenant, id), fixed);
    assert.deepEqual(await evidence.getPlan(scope.tenant, id, 'draft'), samplePlan(scope));
  },
  'a verdict is written once under its number': async (evidence) => {
    const scope = newScope();
    assert.deepEqual(await evidence.putVerdict(sampleVerdict(scope)), sampleVerdict(scope));
    assert.deepEqual(await evidence.putVerdict(sampleVerdict(scope, { kind: 'promote' })), sampleVerdict(scope));
    for (const n of [2, 11, 10]) await evidence.putVerdict(sampleVerdict(scope, { n }));
    assert.deepEqual((await evidence.verdicts(scope.tenant, `${scope.uid}/1`, 3)).map(({ n }) => n), [11, 10, 2]);
  },
  'progress is the newest one said': async (evidence) => {
    const scope = newScope();
    assert.equal(await evidence.getProgress(scope.tenant, `${scope.uid}/1`), null);
    await Promise.all([3, 1, 2].map((updatedAtMs) => evidence.putProgress(sampleProgress(scope, { updatedAtMs, pairs: updatedAtMs }))));
    assert.deepEqual(await evidence.getProgress(scope.tenant, `${scope.uid}/1`), sampleProgress(scope, { updatedAtMs: 3, pairs: 3 }));
  },
  'another tenant sees no block, plan, verdict or progress, and can hold its own': async (evidence) => {
    const scope = newScope();
    const theirs = { ...scope, tenant: scope.other };
    const id = `${scope.uid}/1`;
    await Promise.all([evidence.seal(sampleBlock(scope)), evidence.putPlan(samplePlan(scope)), evidence.putVerdict(sampleVerdict(scope)), evidence.putProgress(sampleProgress(scope))]);
    assert.deepEqual([await evidence.blocks(scope.other, id), await evidence.getPlan(scope.other, id), await evidence.verdicts(scope.other, id, 9), await evidence.getProgress(scope.other, id)], [[], null, [], null]);
    assert.equal(await evidence.seal(sampleBlock(theirs)), true);
    assert.deepEqual(await evidence.putVerdict(sampleVerdict(theirs, { kind: 'first' })), sampleVerdict(theirs, { kind: 'first' }));
  },
};
