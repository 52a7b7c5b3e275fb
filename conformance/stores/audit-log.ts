import assert from 'node:assert/strict';
import { firstBreak, GENESIS, type AuditEntry } from '../../domain/audit.ts';
import type { AuditFilter, AuditLog } from '../../ports/audit-log.ts';
import { sampleEntry } from './samples.ts';
import { newScope, type Suite } from './suite.ts';

export const auditLogPromises: Suite<AuditLog> = {
  'records form one chain from the beginning': async (audit) => {
    const { tenant } = newScope();
    for (let i = 1; i <= 5; i += 1) assert.equal((await audit.append(tenant, sampleEntry(`a${i}`))).seq, i);
    const records = await audit.read(tenant, { afterSeq: 0, limit: 10, subject: null });
    assert.equal(records[0]?.prevHash, GENESIS);
    assert.equal(firstBreak(records), null);
  },
  'an entry is appended once, and a repeat returns its record': async (audit) => {
    const { tenant } = newScope();
    const first = await audit.append(tenant, sampleEntry('a1', { reason: 'because' }));
    await audit.append(tenant, sampleEntry('a2'));
    assert.deepEqual(await audit.append(tenant, sampleEntry('a1', { reason: 'other' })), first);
    assert.equal((await audit.read(tenant, { afterSeq: 0, limit: 10, subject: null })).length, 2);
  },
  'writers at once: every entry once, no gap, no break': async (audit) => {
    const { tenant } = newScope();
    const ids = Array.from({ length: 30 }, (_, i) => `a${i % 20}`);
    await Promise.all(ids.map((id) => audit.append(tenant, sampleEntry(id))));
    const records = await audit.read(tenant, { afterSeq: 0, limit: 100, subject: null });
    assert.deepEqual(records.map(({ seq }) => seq), Array.from({ length: 20 }, (_, i) => i + 1));
    assert.equal(new Set(records.map(({ auditId }) => auditId)).size, 20);
    assert.equal(firstBreak(records), null);
  },
  'a page begins behind afterSeq, and can be about one subject': async (audit) => {
    const { tenant } = newScope();
    for (let i = 1; i <= 6; i += 1) await audit.append(tenant, sampleEntry(`a${i}`, { subject: i % 2 === 0 ? 'even' : 'odd' }));
    const seqs = async (afterSeq: number, limit: number, subject: string | null): Promise<number[]> => (await audit.read(tenant, { afterSeq, limit, subject })).map(({ seq }) => seq);
    assert.deepEqual([await seqs(2, 2, null), await seqs(2, 5, 'even'), await seqs(6, 5, null)], [[3, 4], [4, 6], []]);
  },
  'a page can be about actions, actors, times and everything below a subject': async (audit) => {
    const { tenant } = newScope();
    const of = (n: number, change: Partial<AuditEntry>): Promise<unknown> => audit.append(tenant, sampleEntry(`a${n}`, change));
    await of(1, { action: 'key.create', subject: 'dep_1', atMs: 100 });
    await of(2, { action: 'key.revoke', subject: 'dep_1/1', atMs: 200, actor: { kind: 'service', name: 'ci' } });
    await of(3, { action: 'keyboard', subject: 'dep_10', atMs: 300 });
    await of(4, { action: '$gt', subject: 'dep_1/1', atMs: 400 });
    const seqs = async (filter: Partial<AuditFilter>): Promise<number[]> => (await audit.read(tenant, { afterSeq: 0, limit: 9, subject: null, ...filter })).map(({ seq }) => seq);
    assert.deepEqual(await seqs({ action: 'key.*' }), [1, 2]);
    assert.deepEqual(await seqs({ action: '$gt' }), [4]);
    assert.deepEqual(await seqs({ action: 'key' }), []);
    assert.deepEqual(await seqs({ actor: 'ci' }), [2]);
    assert.deepEqual(await seqs({ sinceMs: 200, untilMs: 400 }), [2, 3]);
    assert.deepEqual(await seqs({ subject: 'dep_1/*' }), [2, 4]);
    assert.deepEqual(await seqs({ subject: 'dep_1/*', action: 'key.*' }), [2]);
  },
  'facts come back as they were, and a record without them has none': async (audit) => {
    const { tenant } = newScope();
    const facts = { name: 'ci', scopes: ['read', 'operate'], expiresAtMs: null, revision: 7, paused: false };
    await audit.append(tenant, sampleEntry('a1', { facts }));
    await audit.append(tenant, sampleEntry('a2'));
    const records = await audit.read(tenant, { afterSeq: 0, limit: 9, subject: null });
    assert.deepEqual(records[0]?.facts, facts);
    assert.equal(records[1] !== undefined && 'facts' in records[1], false);
    assert.equal(firstBreak(records), null);
  },
  'heads are the newest records of the tenants that have a chain': async (audit) => {
    const { tenant, other } = newScope();
    await audit.append(tenant, sampleEntry('a1'));
    const { seq, hash } = await audit.append(tenant, sampleEntry('a2'));
    const heads = await audit.heads();
    assert.deepEqual(heads.filter(({ tenantId }) => tenantId === tenant || tenantId === other), [{ tenantId: tenant, seq, hash }]);
  },
  'each tenant has its own chain': async (audit) => {
    const { tenant, other } = newScope();
    await audit.append(tenant, sampleEntry('a1'));
    await audit.append(tenant, sampleEntry('a2'));
    assert.equal((await audit.append(other, sampleEntry('a1'))).seq, 1);
    assert.deepEqual((await audit.read(other, { afterSeq: 0, limit: 9, subject: null })).map(({ tenantId }) => tenantId), [other]);
  },
};
