import assert from 'node:assert/strict';
import type { AnalysisPlan } from '../../domain/analysis/plan.ts';
import type { EvidenceStore } from '../../ports/evidence-store.ts';
import { sampleBlock, sampleMetric, samplePlan, sampleProgress, sampleVerdict } from './samples.ts';
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
  'the newest blocks of one metric come in order of slots, of one rollout': async (evidence) => {
    const scope = newScope();
    for (const [metric, slot] of [['value', 9], ['value', 10], ['accuracy', 10], ['value', 2], ['value', 100], ['accuracy', 1]] as const) await evidence.seal(sampleBlock(scope, { metric, slot }));
    await evidence.seal(sampleBlock(scope, { metric: 'value', slot: 11, rolloutId: `${scope.uid}/2` }));
    const id = `${scope.uid}/1`;
    assert.deepEqual(await evidence.newestBlocks(scope.tenant, id, { metric: 'value', limit: 3 }), [9, 10, 100].map((slot) => sampleBlock(scope, { metric: 'value', slot })));
    assert.deepEqual((await evidence.newestBlocks(scope.tenant, id, { metric: 'accuracy', limit: 9 })).map(({ slot }) => slot), [1, 10]);
    assert.deepEqual(await evidence.newestBlocks(scope.other, id, { metric: 'value', limit: 3 }), []);
  },
  'the newest plans of a deployment: one a rollout, the fixed one where there is one, newest first': async (evidence) => {
    const scope = newScope();
    const plan = (n: number, startedAtMs: number, state: 'draft' | 'fixed' = 'draft'): AnalysisPlan => samplePlan(scope, { rolloutId: `${scope.uid}/${n}`, startedAtMs, state, evidenceFromMs: state === 'fixed' ? 1_000 : null });
    for (const each of [plan(1, 100), plan(1, 100, 'fixed'), plan(10, 300, 'fixed'), plan(9, 200), plan(11, 400), plan(11, 400, 'fixed'), plan(12, 500)]) await evidence.putPlan(each);
    await evidence.putPlan({ ...plan(1, 450), deploymentUid: 'dep_other', rolloutId: `${scope.uid}-other/1` });
    const newest = (sinceMs: number, limit: number): Promise<readonly AnalysisPlan[]> => evidence.newestPlans(scope.tenant, scope.uid, { sinceMs, limit });
    assert.deepEqual(await newest(0, 9), [plan(12, 500), plan(11, 400, 'fixed'), plan(10, 300, 'fixed'), plan(9, 200), plan(1, 100, 'fixed')]);
    for (const limit of [1, 2, 3, 4]) assert.deepEqual(await newest(0, limit), (await newest(0, 9)).slice(0, limit));
    assert.deepEqual(await newest(400, 9), (await newest(0, 9)).slice(0, 2));
    assert.deepEqual(await evidence.newestPlans(scope.other, scope.uid, { sinceMs: 0, limit: 9 }), []);
  },
  'what fixed plans spend is counted once for a rollout, drafts and other deployments not': async (evidence) => {
    const scope = newScope();
    const plan = (n: number, startedAtMs: number, alphas: readonly number[]): AnalysisPlan => samplePlan(scope, { rolloutId: `${scope.uid}/${n}`, state: 'fixed', startedAtMs, metrics: alphas.map(sampleMetric) });
    for (const each of [plan(2, 200, [0.025, 0.05]), plan(2, 200, [0.5]), plan(1, 100, [0.01]), plan(3, 300, [0.0125])]) await evidence.putPlan(each);
    await evidence.putPlan(samplePlan(scope, { rolloutId: `${scope.uid}/4`, startedAtMs: 400, metrics: [sampleMetric(0.05)] }));
    await evidence.putPlan({ ...plan(9, 250, [0.05]), deploymentUid: 'dep_other', rolloutId: `${scope.uid}-other/9` });
    const spent = [{ rolloutId: `${scope.uid}/1`, atMs: 100, alpha: 0.01 }, { rolloutId: `${scope.uid}/2`, atMs: 200, alpha: 0.05 }, { rolloutId: `${scope.uid}/3`, atMs: 300, alpha: 0.0125 }];
    assert.deepEqual(await evidence.alphaSpent(scope.tenant, scope.uid, 0), spent);
    assert.deepEqual(await evidence.alphaSpent(scope.tenant, scope.uid, 200), spent.slice(1));
    assert.deepEqual(await evidence.alphaSpent(scope.other, scope.uid, 0), []);
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
