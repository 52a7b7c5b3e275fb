import { chain, GENESIS, type AuditEntry, type AuditRecord } from '../../domain/audit.ts';
import { checkpointText, type Checkpoint } from '../../domain/audit/checkpoint.ts';
import { checkpointLine, endLine, headLine, recordLine } from '../../domain/audit/export-file.ts';
import type { CheckSignature, PublicKeyText } from '../../domain/audit/signature.ts';
import { keyIdOf, publicKeyText, signatureCheck, signText, type SigningKey } from '../../config/signing.ts';
import { createPublicKey, generateKeyPairSync } from 'node:crypto';

export function newSigningKey(): SigningKey {
  const { privateKey } = generateKeyPairSync('ed25519');
  return { keyId: keyIdOf(createPublicKey(privateKey)), key: privateKey };
}

export function auditEntry(n: number, change: Partial<AuditEntry> = {}): AuditEntry {
  return { auditId: `aud_${n}`, atMs: 1_000 + n, actor: { kind: 'person', name: 'ada' }, via: 'api', action: 'rollout.abort', subject: 'dep_1/1', digest: null, reason: 'noise, ünïcode and "quotes"', evidenceHash: null, ...change };
}

export function chainOf(entries: readonly AuditEntry[], tenant = 'default'): readonly AuditRecord[] {
  const records: AuditRecord[] = [];
  for (const entry of entries) records.push(chain(tenant, entry, records.at(-1) ?? { seq: 0, hash: GENESIS }));
  return records;
}

export function chained(count: number): readonly AuditRecord[] { return chainOf(Array.from({ length: count }, (_, i) => auditEntry(i + 1))); }

export function checkpointOf({ tenantId, seq, hash }: AuditRecord, key: SigningKey, atMs = 1_700_000_000_000): Checkpoint {
  const unsigned = { tenantId, seq, hash, atMs, keyId: key.keyId };
  return { ...unsigned, signature: signText(checkpointText(unsigned), key) };
}

export function exportText(records: readonly AuditRecord[], checkpoints: readonly Checkpoint[], key: SigningKey): string {
  const text = headLine(records[0]?.tenantId ?? 'default', [publicKeyText(key)]) + records.map(recordLine).join('') + checkpoints.map(checkpointLine).join('');
  return text + endLine(text, { records: records.length, checkpoints: checkpoints.length });
}

export const byOwnKeys = (keys: readonly PublicKeyText[]): CheckSignature => signatureCheck(keys);
