import { digestOfJson, type Digest } from './digest.ts';
import type { Json } from './canonical-json.ts';
import type { TenantId } from './ids.ts';

/** Who did it: a person's or service's API key, or a workflow. */
export interface Actor { readonly kind: 'person' | 'service' | 'workflow'; readonly name: string }

/** The part of a record that programs read: names and numbers, never free text. Absent where there is nothing to say. */
export type AuditFacts = Readonly<Record<string, string | number | boolean | null | readonly string[]>>;

/** What a state change says of itself. `auditId` is deterministic, so that a retry appends nothing. */
export interface AuditEntry {
  readonly auditId: string;
  readonly atMs: number;
  readonly actor: Actor;
  readonly via: 'api' | 'cli' | 'workflow' | 'gateway';
  readonly action: string;
  readonly subject: string;
  readonly digest: string | null;
  readonly reason: string | null;
  readonly evidenceHash: string | null;
  readonly facts?: AuditFacts;
}

/** An entry in the tenant's hash chain (decision D2). */
export interface AuditRecord extends AuditEntry { readonly tenantId: TenantId; readonly seq: number; readonly prevHash: Digest; readonly hash: Digest }

export const GENESIS: Digest = `sha256:${'0'.repeat(64)}`;

/** Links an entry behind the record with hash `prevHash`. */
export function chain(tenantId: TenantId, entry: AuditEntry, previous: { seq: number; hash: Digest }): AuditRecord {
  const unsealed = { ...entry, actor: { ...entry.actor }, tenantId, seq: previous.seq + 1, prevHash: previous.hash };
  return { ...unsealed, hash: digestOfJson(unsealed satisfies Json) };
}

/** The sequence number of the first record that does not follow from the one before it (at first from `after`), or null when the chain holds. */
export function firstBreak(records: readonly AuditRecord[], after: { seq: number; hash: Digest } = { seq: 0, hash: GENESIS }): number | null {
  let previous = after;
  for (const record of records) {
    const { tenantId, seq, prevHash, hash, ...entry } = record;
    const expected = chain(tenantId, entry, previous);
    if (seq !== expected.seq || prevHash !== expected.prevHash || hash !== expected.hash) return seq;
    previous = record;
  }
  return null;
}
