import assert from 'node:assert/strict';
import type { DriftReference, DriftWindow } from '../../domain/drift/watch.ts';
import type { DriftStore } from '../../ports/drift-store.ts';
import { newScope, type Scope, type Suite } from './suite.ts';

type Of = Pick<Scope, 'tenant' | 'uid'>;
export function sampleReference({ tenant, uid }: Of, of: Partial<DriftReference> = {}): DriftReference {
  return {
    tenantId: tenant, deploymentUid: uid, variantId: 'var_1', source: 'rollout', rolloutId: `${uid}/2`, fromMs: 0, toMs: 1_000,
    profile: { rows: 3, columns: [{ name: 'a.b$c', numbers: [[-50_001, 1], [0, 1]], texts: [], otherTexts: 0, missing: 1 }, { name: 'plan', numbers: [], texts: [['$gold.', 2]], otherTexts: 1, missing: 0 }] },
    calibration: [{ x: 0, value: 0.1 }], expectedAccuracy: 0.75, space: { seed: 7, columns: [{ at: 0, mean: -0, deviation: 1.5 }] }, blocks: [[0.5, -0.25]], madeAtMs: 5, ...of,
  };
}

export function sampleWindow({ tenant, uid }: Of, fromMs: number, of: Partial<DriftWindow> = {}): DriftWindow {
  return {
    tenantId: tenant, deploymentUid: uid, variantId: 'var_1', fromMs, toMs: fromMs + 1_000, rows: 700, verdict: 'drift', alpha: 0.03,
    columns: [{ name: 'a.b$c', type: 'numeric', nRef: 3, nCur: 700, missing: { ref: 1, cur: 0 }, psi: 0.5, psiP: 1e-9, jsDistance: 0.2, lInfinity: 0.3, ks: 0.4, ksP: 0.01, newCategories: [], verdict: 'drift' }],
    together: { mmd2: 0.01, p: 0.002, isDrift: true }, estimate: { accuracy: 0.7, reference: 0.75, standardError: 0.01, isLow: true }, foldedAtMs: 9, ...of,
  };
}

export const driftStorePromises: Suite<DriftStore> = {
  'a reference is made once, and comes back as it was': async (store) => {
    const scope = newScope();
    assert.equal(await store.reference(scope.tenant, scope.uid, 'var_1'), null);
    assert.equal(await store.putReference(sampleReference(scope)), true);
    assert.equal(await store.putReference(sampleReference(scope, { madeAtMs: 99 })), false);
    assert.deepEqual(await store.reference(scope.tenant, scope.uid, 'var_1'), sampleReference(scope));
    assert.equal(await store.reference(scope.tenant, scope.uid, 'var_2'), null);
    assert.equal(await store.reference(scope.other, scope.uid, 'var_1'), null);
  },
  'a window is stored once, whoever folds it': async (store) => {
    const scope = newScope();
    const answers = await Promise.all(Array.from({ length: 8 }, (_, i) => store.putWindow(sampleWindow(scope, 1_000, { foldedAtMs: i }))));
    assert.equal(answers.filter(Boolean).length, 1);
    assert.equal((await store.windows(scope.tenant, scope.uid, 'var_1', 10)).length, 1);
  },
  'a change that begins is told once, and only what was stored is told': async (store) => {
    const scope = newScope();
    const mine = async (): Promise<readonly number[]> => (await store.untold(10_000)).filter(({ deploymentUid }) => deploymentUid === scope.uid).map(({ fromMs }) => fromMs);
    await store.putWindow(sampleWindow(scope, 3_000, { begins: true }));
    await store.putWindow(sampleWindow(scope, 2_000));
    await store.putWindow(sampleWindow(scope, 1_000, { begins: true, tenantId: scope.other }));
    await store.putWindow(sampleWindow(scope, 2_000, { begins: true }));
    assert.deepEqual(await mine(), [1_000, 3_000]);
    await store.told(sampleWindow(scope, 1_000));
    assert.deepEqual(await mine(), [1_000, 3_000]);
    await store.told(sampleWindow(scope, 1_000, { tenantId: scope.other }));
    await store.told(sampleWindow(scope, 1_000, { tenantId: scope.other }));
    assert.deepEqual(await mine(), [3_000]);
    await store.putWindow(sampleWindow(scope, 1_000, { begins: true, tenantId: scope.other }));
    assert.deepEqual(await mine(), [3_000]);
    assert.deepEqual(await store.windows(scope.tenant, scope.uid, 'var_1', 1), [sampleWindow(scope, 3_000, { begins: true })]);
  },
  'windows come newest first, of one champion of one tenant, at most as many as asked for': async (store) => {
    const scope = newScope();
    for (const fromMs of [2_000, 9_000, 4_000]) await store.putWindow(sampleWindow(scope, fromMs));
    await store.putWindow(sampleWindow(scope, 5_000, { variantId: 'var_2' }));
    await store.putWindow(sampleWindow(scope, 6_000, { tenantId: scope.other }));
    assert.deepEqual(await store.windows(scope.tenant, scope.uid, 'var_1', 2), [sampleWindow(scope, 9_000), sampleWindow(scope, 4_000)]);
    assert.deepEqual((await store.windows(scope.other, scope.uid, 'var_1', 9)).map(({ fromMs }) => fromMs), [6_000]);
  },
};
