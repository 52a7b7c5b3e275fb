import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { newId } from '../config/ids.ts';
import { LastmileError } from '../domain/errors.ts';
import type { TenantId } from '../domain/ids.ts';
import type { KeyStore } from '../ports/key-store.ts';
import type { Answer } from './call.ts';
import { asLastmileError, invalidRequest, problemOf, statusOf } from './problem.ts';

/** Idempotency-Key (IETF draft-ietf-httpapi-idempotency-key-header): same key and request replays, another request 422, still running 409. */

/** The key of the request, or null. LM_INVALID_REQUEST when it is not 1 to 200 printable characters. */
export function idempotencyKey(request: IncomingMessage): string | null {
  const key = request.headers['idempotency-key'];
  if (key === undefined) return null;
  if (typeof key === 'string' && /^[\x21-\x7e]{1,200}$/.test(key)) return key;
  throw invalidRequest('The Idempotency-Key must be 1 to 200 printable characters without blanks.');
}

/** What the orchestrator knows a repeat by. */
export function updateIdOf(tenant: TenantId, key: string | null): string { return key === null ? newId('req') : `${tenant}:${key}`; }

export interface Guarded { readonly keys: KeyStore; readonly tenant: TenantId; readonly key: string; readonly fingerprint: string; readonly nowMs: number; readonly requestId: string }

export function fingerprintOf(method: string, path: string, bodyDigest: string): string {
  return createHash('sha256').update(`${method} ${path}\n${bodyDigest}`).digest('hex');
}

/**
 * Runs `act` once for the key. Answers and refusals are kept and replayed; what may succeed when tried again
 * (unavailable, busy, timeout, a defect) gives the key back.
 */
export async function once(guarded: Guarded, act: () => Promise<Answer>): Promise<{ readonly answer: Answer; readonly replayed: boolean }> {
  const { keys, tenant, key, fingerprint, nowMs } = guarded;
  const before = await keys.reserve(tenant, key, fingerprint, nowMs);
  if (before !== null) return { answer: replay(before, fingerprint), replayed: true };
  try {
    const answer = await act();
    if ('body' in answer) await keys.answer(tenant, key, { fingerprint, status: answer.status, body: JSON.stringify(answer.body), atMs: nowMs });
    return { answer, replayed: false };
  } catch (thrown) {
    await settle(guarded, thrown);
    throw thrown;
  }
}

async function settle({ keys, tenant, key, fingerprint, nowMs, requestId }: Guarded, thrown: unknown): Promise<void> {
  const error = asLastmileError(thrown);
  if (error.retryable || error.kind === 'bug') await keys.release(tenant, key);
  else await keys.answer(tenant, key, { fingerprint, status: statusOf(error), body: JSON.stringify(problemOf(error, requestId)), atMs: nowMs });
}

function replay(before: NonNullable<Awaited<ReturnType<KeyStore['reserve']>>>, fingerprint: string): Answer {
  if (before.fingerprint !== fingerprint) throw new LastmileError('LM_IDEMPOTENCY_MISMATCH', 'This Idempotency-Key was used before with another request; take a new key.');
  if ('running' in before) throw new LastmileError('LM_CONFLICT', 'A request with this Idempotency-Key is still running; ask again in a moment.', { retryAfterMs: 1_000 });
  return { status: before.status, body: JSON.parse(before.body) as unknown };
}
