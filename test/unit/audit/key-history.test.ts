import { keyFacts, whoCould } from '../../../domain/audit/key-history.ts';
import type { AuditEntry } from '../../../domain/audit.ts';
import { auditEntry, chainOf } from '../../support/signed-audit.ts';

const made = (n: number, id: string, of: { name: string; scopes: readonly string[]; atMs: number; expiresAtMs?: number }): AuditEntry => auditEntry(n, { action: 'key.create', subject: id, atMs: of.atMs, facts: keyFacts({ actor: { kind: 'person', name: of.name }, scopes: of.scopes, expiresAtMs: of.expiresAtMs ?? null }) });
const revoked = (n: number, id: string, atMs: number): AuditEntry => auditEntry(n, { action: 'key.revoke', subject: id, atMs });
const names = (entries: readonly AuditEntry[], scope: string, atMs: number): readonly string[] => whoCould(chainOf(entries), { scope, atMs }).map(({ name }) => name);

const entries = [
  made(1, 'key_a', { name: 'ada', scopes: ['read', 'operate'], atMs: 100 }), made(2, 'key_b', { name: 'bob', scopes: ['read'], atMs: 100 }), made(3, 'key_c', { name: 'cyd', scopes: ['operate'], atMs: 200, expiresAtMs: 400 }), revoked(4, 'key_a', 300),
];

test('who could is whose key had the scope and lived then: at its first moment yes, at its end no more', () => {
  expect([99, 100, 199, 200, 299, 300, 399, 400].map((atMs) => names(entries, 'operate', atMs).join(' '))).toEqual(['', 'ada', 'ada', 'ada cyd', 'ada cyd', 'cyd', 'cyd', '']);
  expect(names(entries, 'read', 1_000)).toEqual(['bob']);
});

test('a revocation before the key runs out ends it then, one after changes nothing', () => {
  expect(names([...entries, revoked(5, 'key_c', 350)], 'operate', 360)).toEqual([]);
  expect(whoCould(chainOf([...entries, revoked(5, 'key_c', 500)]), { scope: 'operate', atMs: 350 })).toMatchObject([{ keyId: 'key_c', untilMs: 400, ended: 'expired', seqs: [3, 5] }]);
});

test('a record without facts says nothing of scopes; the one that completes it does', () => {
  const old = auditEntry(1, { action: 'key.create', subject: 'key_a', atMs: 100 });
  expect(names([old], 'operate', 150)).toEqual([]);
  expect(names([old, made(2, 'key_a', { name: 'ada', scopes: ['operate'], atMs: 100 })], 'operate', 150)).toEqual(['ada']);
});
