import assert from 'node:assert/strict';
import type { ApiKey, KeyStore } from '../../ports/key-store.ts';
import { newScope, type Scope, type Suite } from './suite.ts';

const ANSWER = { fingerprint: 'f1', status: 201, body: '{"ok":true}', atMs: 5 };

export const keyStorePromises: Suite<KeyStore> = {
  'a key is found by its hash, and listed within its tenant, oldest first': async (keys) => {
    const scope = newScope();
    await keys.put(apiKey(scope, 2));
    await keys.put(apiKey(scope, 1));
    assert.deepEqual(await keys.byHash(apiKey(scope, 1).hash), apiKey(scope, 1));
    assert.equal(await keys.byHash(`${scope.id}-none`), null);
    assert.deepEqual(await keys.list(scope.tenant), [apiKey(scope, 1), apiKey(scope, 2)]);
    assert.deepEqual(await keys.list(scope.other), []);
  },
  'a key is put again in its new form': async (keys) => {
    const scope = newScope();
    await keys.put(apiKey(scope, 1));
    await keys.put(apiKey(scope, 1, { scopes: ['read'] }));
    assert.deepEqual((await keys.list(scope.tenant)).map(({ scopes }) => scopes), [['read']]);
  },
  'callers are the live keys that may infer': async (keys) => {
    const scope = newScope();
    await keys.put(apiKey(scope, 1, { scopes: ['read', 'infer'] }));
    await keys.put(apiKey(scope, 2, { scopes: ['read'] }));
    await keys.put(apiKey(scope, 3, { scopes: ['infer'], revokedAtMs: 5 }));
    await keys.put(apiKey(scope, 4, { scopes: ['infer'], expiresAtMs: 5 }));
    await keys.put(apiKey(scope, 5, { scopes: ['infer'], expiresAtMs: Date.now() + 60_000 }));
    assert.deepEqual((await keys.callers()).filter(({ tenantId }) => tenantId === scope.tenant).map(({ createdAtMs }) => createdAtMs), [1, 5]);
  },
  'a key is revoked once, by its own tenant': async (keys) => {
    const scope = newScope();
    await keys.put(apiKey(scope, 1));
    const { id } = apiKey(scope, 1);
    assert.deepEqual([await keys.revoke(scope.other, id, 7), await keys.revoke(scope.tenant, 'none', 7)], [false, false]);
    assert.deepEqual([await keys.revoke(scope.tenant, id, 8), await keys.revoke(scope.tenant, id, 9)], [true, true]);
    assert.equal((await keys.list(scope.tenant))[0]?.revokedAtMs, 8);
  },
  'of calls at once with one idempotency key one goes on, the others hear that it runs': async (keys) => {
    const { tenant } = newScope();
    const answers = await Promise.all(Array.from({ length: 8 }, () => keys.reserve(tenant, 'k', 'f1', 1_000)));
    assert.equal(answers.filter((answer) => answer === null).length, 1);
    assert.deepEqual(answers.filter((answer) => answer !== null), Array.from({ length: 7 }, () => ({ running: true, fingerprint: 'f1' })));
  },
  'an answered key gives the stored answer, and keeps the first one': async (keys) => {
    const { tenant, other } = newScope();
    await keys.reserve(tenant, 'k', 'f1', 1_000);
    await keys.answer(tenant, 'k', ANSWER);
    await keys.answer(tenant, 'k', { ...ANSWER, status: 500 });
    assert.deepEqual(await keys.reserve(tenant, 'k', 'f2', 2_000), ANSWER);
    await keys.release(tenant, 'k');
    assert.deepEqual(await keys.reserve(tenant, 'k', 'f1', 2_000), ANSWER);
    assert.equal(await keys.reserve(other, 'k', 'f1', 1_000), null);
  },
  'a released key may be used again': async (keys) => {
    const { tenant } = newScope();
    await keys.reserve(tenant, 'k', 'f1', 1_000);
    await keys.release(tenant, 'k');
    assert.equal(await keys.reserve(tenant, 'k', 'f2', 1_001), null);
  },
  'a reservation whose call died is taken over by the same call after a minute, by no other': async (keys) => {
    const { tenant } = newScope();
    await keys.reserve(tenant, 'k', 'f1', 1_000);
    assert.deepEqual(await keys.reserve(tenant, 'k', 'f1', 60_000), { running: true, fingerprint: 'f1' });
    assert.deepEqual(await keys.reserve(tenant, 'k', 'f2', 99_000), { running: true, fingerprint: 'f1' });
    const answers = await Promise.all([keys.reserve(tenant, 'k', 'f1', 99_000), keys.reserve(tenant, 'k', 'f1', 99_000)]);
    assert.equal(answers.filter((answer) => answer === null).length, 1);
  },
};

function apiKey({ tenant, id }: Scope, n: number, change: Partial<ApiKey> = {}): ApiKey {
  return { id: `key_${id}_${n}`, hash: `${id}-${n}`, prefix: 'lm_abc', tenantId: tenant, actor: { kind: 'person', name: 'ada' }, scopes: ['admin'], roles: ['risk'], createdAtMs: n, expiresAtMs: null, revokedAtMs: null, ...change };
}
