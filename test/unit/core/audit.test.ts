import { chain, firstBreak, GENESIS, type AuditEntry, type AuditRecord } from '../../../domain/audit.ts';

const entry = (n: number): AuditEntry => ({ auditId: `aud_${n}`, atMs: 1_000 + n, actor: { kind: 'person', name: 'ada' }, via: 'api', action: 'rollout.abort', subject: 'dep_1/2', digest: null, reason: 'noise', evidenceHash: null });

function chained(count: number): AuditRecord[] {
  const records: AuditRecord[] = [];
  for (let n = 1; n <= count; n += 1) records.push(chain('default', entry(n), records.at(-1) ?? { seq: 0, hash: GENESIS }));
  return records;
}

test('an honest chain has no break', () => { expect(firstBreak(chained(5))).toBeNull(); });

test('a changed, dropped, swapped or moved record is found at its place', () => {
  const records = chained(5);
  const changed = records.map((record) => (record.seq === 3 ? { ...record, reason: 'another' } : record));
  expect(firstBreak(changed)).toBe(3);
  expect(firstBreak(records.filter((record) => record.seq !== 2))).toBe(3);
  expect(firstBreak([records[1]!, records[0]!])).toBe(2);
  expect(firstBreak(records.map((record) => ({ ...record, tenantId: 'other' })))).toBe(1);
});
