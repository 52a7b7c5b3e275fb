import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { isServiceToken } from '../config/service-token.ts';
import type { Secret } from '../config/schema.ts';
import { LastmileError } from '../domain/errors.ts';
import type { ApiKey, KeyStore, Scope } from '../ports/key-store.ts';
import type { Principal } from './call.ts';
import { bearerToken } from '../config/bearer.ts';

const KEY = /^lm_[A-Za-z0-9_-]{43}$/;
const PREFIX_LENGTH = 9;

/** `lm_` and 256 random bits, base64url. Shown once; only its hash is kept. A slow hash would protect nothing that the entropy does not. */
export function newApiKey(): string { return `lm_${randomBytes(32).toString('base64url')}`; }
export function hashKey(key: string): string { return createHash('sha256').update(key).digest('hex'); }
/** What tells keys apart in a list. */
export function keyPrefix(key: string): string { return key.slice(0, PREFIX_LENGTH); }

/** The principal of a live key with the scope. LM_UNAUTHENTICATED, LM_FORBIDDEN. */
export async function authenticate(keys: KeyStore, given: string | null, scope: Scope, nowMs: number): Promise<Principal> {
  const key = given === null ? null : await liveKey(keys, given, nowMs);
  if (key === null) throw new LastmileError('LM_UNAUTHENTICATED', given === null ? 'This call needs an API key: send Authorization: Bearer lm_….' : 'The API key is unknown, expired or revoked.');
  if (!key.scopes.includes(scope)) throw new LastmileError('LM_FORBIDDEN', `The key ${key.prefix}… lacks the scope ${scope}; it has ${key.scopes.join(', ')}.`, { details: { needed: scope, scopes: key.scopes } });
  return { tenant: key.tenantId, actor: key.actor, scopes: key.scopes, roles: key.roles, keyHash: key.hash };
}

async function liveKey(keys: KeyStore, given: string, nowMs: number): Promise<ApiKey | null> {
  if (!KEY.test(given)) return null;
  const hash = hashKey(given);
  const key = await keys.byHash(hash);
  return key !== null && sameText(key.hash, hash) && isLive(key, nowMs) ? key : null;
}

/** Neither revoked nor expired. */
export function isLive(key: ApiKey, nowMs: number): boolean { return key.revokedAtMs === null && (key.expiresAtMs === null || key.expiresAtMs > nowMs); }

/** Refuses whoever is not one of our own processes. LM_UNAUTHENTICATED. */
export function authenticateService(request: IncomingMessage, tokens: readonly Secret[]): void {
  if (!isServiceToken(bearerToken(request.headers.authorization), tokens.map((token) => token.reveal()))) throw new LastmileError('LM_UNAUTHENTICATED', 'This path is for lastmile\'s own processes: send the service token (LASTMILE_SERVICE_TOKEN).');
}

/** In constant time, whatever the lengths. */
function sameText(a: string, b: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}
