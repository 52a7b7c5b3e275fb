import type { Actor, AuditEntry, AuditFacts } from '../domain/audit.ts';
import { idTail } from '../domain/digest.ts';
import type { ApiPorts, Call } from './call.ts';

/** The part of a call that an audit record needs. */
export type Cause = Pick<Call, 'principal' | 'updateId' | 'nowMs' | 'via'>;

/**
 * Appends the record of a change that a caller made; exactly one, however often it is called (decision D2). The change is known by
 * its `identity`, else by the update id, which the same Idempotency-Key repeats.
 */
export async function recordChange({ stores }: ApiPorts, cause: Cause, change: { readonly action: string; readonly subject: string; readonly digest?: string | null; readonly reason?: string | null; readonly identity?: string; readonly facts?: AuditFacts }): Promise<void> {
  const { principal: { tenant, actor }, updateId, nowMs, via } = cause;
  const { action, subject, digest = null, reason = null, identity = updateId, facts } = change;
  const entry: AuditEntry = { auditId: auditIdOf(identity, action, subject), atMs: nowMs, actor: plainActor(actor), via, action, subject, digest, reason, evidenceHash: null, ...(facts === undefined ? {} : { facts }) };
  await stores.audit.append(tenant, entry);
}

export function auditIdOf(identity: string, action: string, subject: string): string { return `aud_${idTail([identity, action, subject])}`; }
function plainActor({ kind, name }: Actor): Actor { return { kind, name }; }
