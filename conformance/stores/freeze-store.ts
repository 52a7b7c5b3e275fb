import assert from 'node:assert/strict';
import type { Freeze, FreezeWindow } from '../../domain/freeze.ts';
import type { FreezeStore } from '../../ports/freeze-store.ts';
import { newScope, type Scope, type Suite } from './suite.ts';

const BEA = { kind: 'person', name: 'bea' } as const;
const CY = { kind: 'person', name: 'cy' } as const;

export const freezeStorePromises: Suite<FreezeStore> = {
  'the first freeze under an id is kept whole, every repeat is answered with it': async (freezes) => {
    const scope = newScope();
    const stored = await Promise.all(Array.from({ length: 5 }, (_, n) => freezes.put(freeze(scope, { reason: `repeat ${String(n)}` }))));
    assert.equal(new Set(stored.map(({ reason }) => reason)).size, 1);
    assert.deepEqual(await freezes.list(scope.tenant, 10), [stored[0]]);
  },
  'every form of selector and window comes back as it was': async (freezes) => {
    const scope = newScope();
    const forms: readonly Partial<Freeze>[] = [
      { selector: { kind: 'labels', labels: { 'app.kubernetes.io/name': 'churn', $odd: 'x' } }, window: { kind: 'span', fromMs: 1, untilMs: 2 } },
      { selector: { kind: 'names', names: ['churn', 'fraud'] }, window: { kind: 'weekly', days: ['mon', 'fri'], from: '16:00', to: '09:00', zone: 'Europe/Berlin' } },
    ];
    for (const [n, form] of forms.entries()) assert.deepEqual(await freezes.put(freeze(scope, { ...form, freezeId: `frz_${scope.id}${String(n)}`, createdAtMs: n })), freeze(scope, { ...form, freezeId: `frz_${scope.id}${String(n)}`, createdAtMs: n }));
    assert.deepEqual((await freezes.list(scope.tenant, 10)).map(({ selector, window }) => ({ selector, window })), [...forms].reverse());
  },
  'a freeze is lifted once: who was first stays': async (freezes) => {
    const scope = newScope();
    const { freezeId } = await freezes.put(freeze(scope));
    assert.equal((await freezes.lift(scope.tenant, freezeId, { actor: BEA, atMs: 7 }))?.liftedAtMs, 7);
    const again = await freezes.lift(scope.tenant, freezeId, { actor: CY, atMs: 9 });
    assert.deepEqual([again?.liftedAtMs, again?.liftedBy], [7, BEA]);
    assert.deepEqual(await freezes.active(scope.tenant, 0), []);
  },
  'one that is not there, or of another tenant, is not lifted': async (freezes) => {
    const scope = newScope();
    const { freezeId } = await freezes.put(freeze(scope));
    assert.equal(await freezes.lift(scope.other, freezeId, { actor: BEA, atMs: 7 }), null);
    assert.equal(await freezes.lift(scope.tenant, 'frz_none', { actor: BEA, atMs: 7 }), null);
    assert.equal((await freezes.active(scope.tenant, 0)).length, 1);
  },
  'active are those neither lifted nor over, oldest first, of the tenant alone; weekly ones and those to come are among them': async (freezes) => {
    const scope = newScope();
    const windows: readonly FreezeWindow[] = [
      { kind: 'span', fromMs: 0, untilMs: 100 }, { kind: 'span', fromMs: 0, untilMs: null }, { kind: 'weekly', days: ['sun'], from: '00:00', to: '24:00', zone: 'UTC' }, { kind: 'span', fromMs: 500, untilMs: 600 },
    ];
    for (const [n, window] of windows.entries()) await freezes.put(freeze(scope, { freezeId: `frz_${scope.id}${String(n)}`, createdAtMs: n, window }));
    await freezes.put(freeze(scope, { tenantId: scope.other }));
    const active = async (atMs: number): Promise<readonly number[]> => (await freezes.active(scope.tenant, atMs)).map(({ createdAtMs }) => createdAtMs);
    assert.deepEqual([await active(99), await active(100), await active(600)], [[0, 1, 2, 3], [1, 2, 3], [1, 2]]);
  },
  'a list is newest first and as long as asked': async (freezes) => {
    const scope = newScope();
    for (const n of [2, 1, 3]) await freezes.put(freeze(scope, { freezeId: `frz_${scope.id}${String(n)}`, createdAtMs: n }));
    assert.deepEqual((await freezes.list(scope.tenant, 2)).map(({ createdAtMs }) => createdAtMs), [3, 2]);
    assert.deepEqual(await freezes.list(scope.other, 2), []);
  },
};

function freeze({ tenant, id }: Scope, change: Partial<Freeze> = {}): Freeze {
  return {
    tenantId: tenant, freezeId: `frz_${id}`, selector: { kind: 'all' }, window: { kind: 'span', fromMs: 0, untilMs: null }, reason: 'year end', actor: { kind: 'person', name: 'ada' },
    createdAtMs: 1, liftedAtMs: null, liftedBy: null, ...change,
  };
}
