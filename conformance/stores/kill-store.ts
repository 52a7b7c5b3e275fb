import assert from 'node:assert/strict';
import type { KillRecord } from '../../domain/kill/kill.ts';
import type { KillStore } from '../../ports/kill-store.ts';
import { sampleKill } from './samples.ts';
import { newScope, type Scope, type Suite } from './suite.ts';

export const killStorePromises: Suite<KillStore> = {
  'the first order under an id is kept whole, every repeat is answered with it': async (kills) => {
    const scope = newScope();
    const stored = await Promise.all(Array.from({ length: 5 }, (_, n) => kills.put(sampleKill(scope, { reason: `repeat ${n}` }))));
    assert.equal(new Set(stored.map(({ reason }) => reason)).size, 1);
    assert.deepEqual(await kills.get(scope.tenant, sampleKill(scope).killId), stored[0]);
  },
  'of changes made from one record exactly one is taken': async (kills) => {
    const scope = newScope();
    const record = await kills.put(sampleKill(scope));
    const taken = await Promise.all(Array.from({ length: 6 }, (_, n) => kills.update({ ...record, state: 'fenced', fencedAtMs: n, revisionOfRecord: 2 })));
    assert.equal(taken.filter(Boolean).length, 1);
    assert.equal((await kills.get(scope.tenant, record.killId))?.fencedAtMs, taken.indexOf(true));
  },
  'an older, a repeated and a leaping change are left out': async (kills) => {
    const scope = newScope();
    const record = await kills.put(sampleKill(scope));
    assert.equal(await kills.update({ ...record, state: 'silent', revisionOfRecord: 2 }), true);
    for (const revisionOfRecord of [1, 2, 4]) assert.equal(await kills.update({ ...record, revisionOfRecord }), false);
    assert.deepEqual(await kills.get(scope.tenant, record.killId), { ...record, state: 'silent', revisionOfRecord: 2 });
  },
  'a change of a record that is not there is none': async (kills) => {
    const scope = newScope();
    assert.equal(await kills.update(sampleKill(scope, { revisionOfRecord: 2 })), false);
    assert.equal(await kills.get(scope.tenant, sampleKill(scope).killId), null);
  },
  'a deployment shows its kills newest first, as many as asked, of its tenant alone': async (kills) => {
    const scope = newScope();
    for (const n of [2, 1, 3]) await kills.put(sampleKill(scope, { killId: `kil_${scope.id}${n}`, requestedAtMs: n }));
    await kills.put(sampleKill(scope, { tenantId: scope.other }));
    const times = async (limit: number): Promise<readonly number[]> => (await kills.list(scope.tenant, scope.uid, limit)).map(({ requestedAtMs }) => requestedAtMs);
    assert.deepEqual([await times(10), await times(2)], [[3, 2, 1], [3, 2]]);
    assert.deepEqual(await kills.list(scope.tenant, 'dep_none', 10), []);
    assert.equal((await kills.list(scope.other, scope.uid, 10)).length, 1);
  },
  'drills are told apart from kills in earnest, and are open until they are taken back': async (kills) => {
    const scope = newScope();
    for (const [n, state] of (['fencing', 'proved', 'revived'] as const).entries()) {
      await kills.put(sampleKill(scope, { killId: `kil_${scope.id}${n}`, state, requestedAtMs: n }));
      await kills.put(sampleKill(scope, { killId: `kil_d${scope.id}${n}`, drillId: `dri_d${scope.id}${n}`, state, requestedAtMs: 10 + n }));
    }
    const times = async (kind?: 'kill' | 'drill'): Promise<readonly number[]> => (await kills.list(scope.tenant, scope.uid, 10, kind)).map(({ requestedAtMs }) => requestedAtMs);
    assert.deepEqual([await times(), await times('kill'), await times('drill')], [[12, 11, 10, 2, 1, 0], [2, 1, 0], [12, 11, 10]]);
    assert.deepEqual((await mine(kills, scope)).map(({ requestedAtMs }) => requestedAtMs), [0, 10, 11]);
  },
  'what is neither proved nor revived is open, of every tenant': async (kills) => {
    const scope = newScope();
    const states = ['fencing', 'fenced', 'silent', 'proved', 'unconfirmed', 'revived'] as const;
    for (const [n, state] of states.entries()) await kills.put(sampleKill(scope, { killId: `kil_${scope.id}${n}`, state, requestedAtMs: n }));
    await kills.put(sampleKill(scope, { tenantId: scope.other, requestedAtMs: 9 }));
    assert.deepEqual((await mine(kills, scope)).map(({ tenantId, state }) => [tenantId === scope.other, state]), [[false, 'fencing'], [false, 'fenced'], [false, 'silent'], [false, 'unconfirmed'], [true, 'fencing']]);
    const [first] = await mine(kills, scope);
    assert.ok(first !== undefined);
    await kills.update({ ...first, state: 'proved', revisionOfRecord: first.revisionOfRecord + 1 });
    assert.equal((await mine(kills, scope)).length, 4);
  },
  'the kill of another tenant is as one that nobody ordered': async (kills) => {
    const scope = newScope();
    const record = await kills.put(sampleKill(scope));
    assert.equal(await kills.get(scope.other, record.killId), null);
    assert.equal(await kills.update({ ...record, tenantId: scope.other, revisionOfRecord: 2 }), false);
    assert.deepEqual(await kills.get(scope.tenant, record.killId), record);
  },
};

async function mine(kills: KillStore, { uid }: Scope): Promise<readonly KillRecord[]> { return (await kills.open()).filter(({ deploymentUid }) => deploymentUid === uid); }
