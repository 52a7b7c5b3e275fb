import { canonicalJson } from '../canonical-json.ts';
import { idTail, type Digest } from '../digest.ts';
import type { TenantId } from '../ids.ts';
import type { CheckSignature, SignatureState } from './signature.ts';

/**
 * What lastmile signed about a tenant's chain at a moment: record `seq` has this hash, and through it all records before it.
 * Kept outside MongoDB, so that whoever can write there can neither cut the chain nor write it anew unseen.
 */
export interface Checkpoint {
  readonly tenantId: TenantId;
  readonly seq: number;
  readonly hash: Digest;
  readonly atMs: number;
  readonly keyId: string;
  /** Ed25519 over checkpointText, base64. */
  readonly signature: string;
}

/** The exact text that is signed; its type keeps the signature from meaning anything else. */
export function checkpointText({ tenantId, seq, hash, atMs, keyId }: Omit<Checkpoint, 'signature'>): string {
  return canonicalJson({ type: 'lastmile/audit-checkpoint/v1', tenantId, seq, hash, atMs, keyId });
}

/** The same for every process that saw the same chain: receivers know a repeat by it. */
export function checkpointId({ tenantId, seq, hash }: Pick<Checkpoint, 'tenantId' | 'seq' | 'hash'>): string {
  return `chk_${idTail([tenantId, seq, hash])}`;
}

export function checkpointState(checkpoint: Checkpoint, check: CheckSignature): SignatureState { return check(checkpointText(checkpoint), checkpoint.signature, checkpoint.keyId); }
