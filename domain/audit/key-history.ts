import type { AuditFacts, AuditRecord } from '../audit.ts';

/** A key as the chain tells of it; `untilMs` is when it was revoked or ran out, null while neither is known. */
export interface KeyLife {
  readonly keyId: string;
  readonly name: string;
  readonly kind: string;
  readonly scopes: readonly string[];
  readonly fromMs: number;
  readonly untilMs: number | null;
  readonly ended: 'revoked' | 'expired' | null;
  /** Where in the chain this stands. */
  readonly seqs: readonly number[];
}

export const KEY_ACTIONS = 'key.*';

/** Facts of a key.create record. */
export function keyFacts(key: { readonly actor: { readonly kind: string; readonly name: string }; readonly scopes: readonly string[]; readonly expiresAtMs: number | null }): AuditFacts {
  return { name: key.actor.name, kind: key.actor.kind, scopes: [...key.scopes], expiresAtMs: key.expiresAtMs };
}

/** Every key that the chain has seen made, with its whole life. Records without facts were written before keys had any and are completed by later ones. */
export function keyHistory(records: readonly AuditRecord[]): readonly KeyLife[] {
  const lives = new Map<string, KeyLife & { readonly expiresAtMs: number | null }>();
  for (const { action, subject, seq, atMs, facts } of [...records].sort((a, b) => a.seq - b.seq)) {
    const known = lives.get(subject);
    if (action === 'key.create' && facts !== undefined) lives.set(subject, begun(subject, { seq, atMs, facts, known }));
    if (action === 'key.revoke' && known !== undefined && known.ended !== 'revoked') lives.set(subject, { ...known, untilMs: Math.min(atMs, known.expiresAtMs ?? atMs), ended: known.expiresAtMs !== null && known.expiresAtMs <= atMs ? 'expired' : 'revoked', seqs: [...known.seqs, seq] });
  }
  return [...lives.values()].map(({ expiresAtMs, ...life }) => (life.ended === null && expiresAtMs !== null ? { ...life, untilMs: expiresAtMs, ended: 'expired' as const } : life));
}

function begun(keyId: string, { seq, atMs, facts, known }: { seq: number; atMs: number; facts: AuditFacts; known: KeyLife | undefined }): KeyLife & { readonly expiresAtMs: number | null } {
  const { name, kind, scopes, expiresAtMs } = facts;
  return {
    keyId, name: String(name), kind: String(kind), scopes: Array.isArray(scopes) ? (scopes as readonly string[]) : [], fromMs: Math.min(atMs, known?.fromMs ?? atMs),
    untilMs: null, ended: null, seqs: [...(known?.seqs ?? []), seq], expiresAtMs: typeof expiresAtMs === 'number' ? expiresAtMs : null,
  };
}

/** Whose keys had the scope and lived at that time: made by then, and neither revoked nor run out. */
export function whoCould(records: readonly AuditRecord[], { scope, atMs }: { readonly scope: string; readonly atMs: number }): readonly KeyLife[] {
  return keyHistory(records).filter(({ scopes, fromMs, untilMs }) => scopes.includes(scope) && fromMs <= atMs && (untilMs === null || untilMs > atMs));
}
