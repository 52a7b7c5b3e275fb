import type { AuditRecord } from '../../../domain/audit.ts';
import { createChainCheck, type ChainResult } from '../../../domain/audit/chain-check.ts';
import { checkExport } from '../../../domain/audit/export-file.ts';
import type { Checkpoint } from '../../../domain/audit/checkpoint.ts';
import { publicKeyText, signatureCheck } from '../../../config/signing.ts';
import { auditEntry, byOwnKeys, chained, chainOf, checkpointOf, exportText, newSigningKey } from '../../support/signed-audit.ts';

const key = newSigningKey();
const check = signatureCheck([publicKeyText(key)]);
const records = chained(8);
const at = (seq: number): AuditRecord => records[seq - 1]!;
const points = [checkpointOf(at(3), key), checkpointOf(at(6), key)];

function look(given: readonly AuditRecord[], checkpoints: readonly Checkpoint[] = points): ChainResult {
  const chain = createChainCheck('default');
  given.forEach((record) => { chain.add(record); });
  checkpoints.forEach((checkpoint) => { chain.addCheckpoint(checkpoint, check); });
  return chain.result();
}
const without = (seq: number): AuditRecord[] => records.filter((record) => record.seq !== seq);

test('an honest chain holds and is confirmed to its newest checkpoint', () => {
  expect(look(records)).toEqual({ records: 8, checkpoints: 2, lastSeq: 8, confirmedTo: 6, problems: [] });
});

test.each(Object.entries<(record: AuditRecord) => AuditRecord>({
  auditId: (record) => ({ ...record, auditId: 'aud_x' }), atMs: (record) => ({ ...record, atMs: 5 }), actor: (record) => ({ ...record, actor: { kind: 'service', name: 'ada' } }),
  name: (record) => ({ ...record, actor: { kind: 'person', name: 'eve' } }), via: (record) => ({ ...record, via: 'cli' }), action: (record) => ({ ...record, action: 'rollout.promote' }), subject: (record) => ({ ...record, subject: 'dep_1/2' }),
  digest: (record) => ({ ...record, digest: 'sha256:00' }), reason: (record) => ({ ...record, reason: null }), evidenceHash: (record) => ({ ...record, evidenceHash: 'sha256:00' }), facts: (record) => ({ ...record, facts: { a: 1 } }),
  tenantId: (record) => ({ ...record, tenantId: 'other' }), hash: (record) => ({ ...record, hash: `sha256:${'0'.repeat(64)}` }), prevHash: (record) => ({ ...record, prevHash: `sha256:${'1'.repeat(64)}` }), added: (record) => ({ ...record, extra: true }) as AuditRecord,
}))('a record whose %s was changed is named', (_member, change) => {
  const { problems } = look(records.map((record) => (record.seq === 5 ? change(record) : record)), []);
  expect(problems[0]).toMatchObject({ seq: 5 });
});

test('a missing record, one out of order and a repeated one are told apart', () => {
  expect(look(without(4), []).problems).toEqual([{ seq: 4, problem: 'record 4 is missing' }]);
  expect(look([...records.slice(0, 3), ...records.slice(6)], []).problems[0]).toEqual({ seq: 4, problem: 'records 4 to 6 are missing' });
  expect(look([at(1), at(2), at(2), at(3)], []).problems[0]?.problem).toMatch(/record 2 comes after record 2/);
  expect(look([at(2), at(1)], []).problems.map(({ seq }) => seq)).toContain(1);
});

test('a cut end and a whole chain written anew are seen against checkpoints, and against nothing else', () => {
  const cut = records.slice(0, 4);
  expect(look(cut, []).problems).toEqual([]);
  expect(look(cut).problems).toEqual([{ seq: 5, problem: expect.stringMatching(/the chain was cut: it ends at record 4, and checkpoint 6/) as string }]);
  const anew = chainOf(Array.from({ length: 8 }, (_, i) => auditEntry(i + 1, i === 4 ? { reason: 'nothing happened' } : {})));
  expect(look(anew, []).problems).toEqual([]);
  expect(look(anew)).toMatchObject({ confirmedTo: 3, problems: [{ seq: 4, problem: expect.stringMatching(/written anew.*records 4 to 6/) as string }] });
});

test('a checkpoint that was changed, or is of another key or tenant, confirms nothing', () => {
  const [point] = points as [Checkpoint, Checkpoint];
  for (const change of [{ seq: 4, hash: at(4).hash }, { atMs: 1 }, { hash: at(4).hash }, { signature: Buffer.alloc(64).toString('base64') }, { signature: `${point.signature.slice(0, -3)}B==` }] as const) {
    expect(look(records, [{ ...point, ...change }])).toMatchObject({ confirmedTo: 0, problems: [{ problem: expect.stringMatching(/does not hold/) as string }] });
  }
  expect(look(records, [checkpointOf(at(3), newSigningKey())]).problems[0]?.problem).toMatch(/not among the keys at hand/);
  expect(look(records, [{ ...point, tenantId: 'other' }]).problems[0]?.problem).toMatch(/of tenant other/);
});

test('an export verifies without a server; a key that is not whole counts for nothing', () => {
  const text = exportText(records, points, key);
  expect(checkExport(text, byOwnKeys)).toMatchObject({ tenantId: 'default', records: 8, checkpoints: 2, confirmedTo: 6, problems: [], fileProblems: [] });
  expect(checkExport(text, () => signatureCheck([publicKeyText(newSigningKey())])).problems[0]?.problem).toMatch(/not among the keys/);
  // The same key in other bytes is another text, whatever a reader of DER makes of it.
  const der = Buffer.from(publicKeyText(key).publicKey, 'base64');
  for (let at = 0; at < der.length; at += 1) {
    const bytes = Uint8Array.from(der);
    bytes[at] = (bytes[at]! + 4) % 256;
    expect(checkExport(text, () => signatureCheck([{ ...publicKeyText(key), publicKey: Buffer.from(bytes).toString('base64') }])).problems).toHaveLength(2);
  }
  const { keyId } = publicKeyText(key);
  expect(checkExport(text, () => signatureCheck([{ keyId, publicKey: publicKeyText(newSigningKey()).publicKey }])).problems).toHaveLength(2);
});

test('an unfinished, lengthened or reordered export says so; checkpoints from elsewhere are held against it', () => {
  const text = exportText(records, points, key);
  const lines = text.split('\n').slice(0, -1);
  expect(checkExport(`${lines.slice(0, -1).join('\n')}\n`, byOwnKeys).fileProblems).toEqual([{ line: expect.any(Number) as number, problem: expect.stringMatching(/no end/) as string }]);
  expect(checkExport(`${text}{"record":{}}\n`, byOwnKeys).fileProblems[0]).toMatchObject({ line: 13, problem: 'comes after the end of the export' });
  expect(checkExport(text.slice(0, -1), byOwnKeys).fileProblems[0]?.problem).toMatch(/cut off/);
  expect(checkExport('', byOwnKeys).fileProblems[0]?.problem).toMatch(/not the head/);
  // The administrator cuts the chain and the checkpoints in the export; the auditor has one from the webhook.
  const cut = exportText(records.slice(0, 4), points.slice(0, 1), key);
  expect(checkExport(cut, byOwnKeys).problems).toEqual([]);
  expect(checkExport(cut, byOwnKeys, points.slice(1)).problems).toMatchObject([{ seq: 5 }]);
});
