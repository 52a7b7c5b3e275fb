import assert from 'node:assert/strict';
import { firstBreak, GENESIS } from '../../domain/audit.ts';
import type { AuditLog } from '../../ports/audit-log.ts';
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
  'each tenant has its own chain': async (audit) => {
    const { tenant, other } = newScope();
    await audit.append(tenant, sampleEntry('a1'));
    await audit.append(tenant, sampleEntry('a2'));
    assert.equal((await audit.append(other, sampleEntry('a1'))).seq, 1);
    assert.deepEqual((await audit.read(other, { afterSeq: 0, limit: 9, subject: null })).map(({ tenantId }) => tenantId), [other]);
  },
};
