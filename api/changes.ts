import type { Actor, AuditEntry } from '../domain/audit.ts';
import { digestOfJson } from '../domain/digest.ts';
import type { ApiPorts, Call } from './call.ts';

/** The part of a call that an audit record needs. */
export type Cause = Pick<Call, 'principal' | 'updateId' | 'nowMs' | 'via'>;

/** Appends the record of a change that a caller made. A repeat with the same Idempotency-Key appends nothing (decision D2). */
export async function recordChange({ stores }: ApiPorts, cause: Cause, change: { readonly action: string; readonly subject: string; readonly digest?: string | null; readonly reason?: string | null }): Promise<void> {
  const { principal: { tenant, actor }, updateId, nowMs, via } = cause;
  const { action, subject, digest = null, reason = null } = change;
  const entry: AuditEntry = { auditId: auditIdOf(updateId, action, subject), atMs: nowMs, actor: plainActor(actor), via, action, subject, digest, reason, evidenceHash: null };
  await stores.audit.append(tenant, entry);
}

function auditIdOf(updateId: string, action: string, subject: string): string { return `aud_${digestOfJson([updateId, action, subject]).slice('sha256:'.length, 'sha256:'.length + 32)}`; }
function plainActor({ kind, name }: Actor): Actor { return { kind, name }; }
