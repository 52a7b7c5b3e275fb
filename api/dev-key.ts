import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { newId } from '../config/ids.ts';
import { LastmileError } from '../domain/errors.ts';
import { DEFAULT_TENANT } from '../domain/ids.ts';
import { SCOPES, type ApiKey, type KeyStore } from '../ports/key-store.ts';
import { hashKey, isLive, keyPrefix, newApiKey } from './auth.ts';

/** Whom a key belongs to that was made without anybody asking for it. */
const DEVELOPER = 'developer';
const SHAPE = /^lm_[A-Za-z0-9_-]{43}$/;

/**
 * A first key, so that somebody can make the others: where the default tenant has no live admin key, the one that the environment gives,
 * else the one in the file (left by an earlier database), else a new one written to the file for its owner alone. Says which it was.
 * A development key of an older lastmile gets the scopes that have come since. In production no key is made, and a development key that still opens the API is refused.
 */
export async function ensureFirstKey(keys: KeyStore, { given, file, nowMs, production = false }: { readonly given: string | null; readonly file: string; readonly nowMs: number; readonly production?: boolean }): Promise<'there' | 'given' | 'file'> {
  const known = await keys.list(DEFAULT_TENANT);
  if (production) refuseDevelopmentKey(known, nowMs);
  await widen(keys, known.filter((key) => isOfDeveloper(key, nowMs)));
  if (known.some((key) => isLive(key, nowMs) && key.scopes.includes('admin'))) return 'there';
  if (given !== null && !SHAPE.test(given)) throw new LastmileError('LM_INVALID_CONFIG', 'LASTMILE_API_KEY is not an API key (lm_ and 43 characters), and there is no admin key yet; leave it out to have one made.');
  if (given === null && production) throw new LastmileError('LM_INVALID_CONFIG', 'There is no admin key yet, and in production none is made: give the first one in LASTMILE_API_KEY_FILE (lm_ and 43 characters; compose/make-secrets.sh makes one).');
  const secret = given ?? storedKey(file) ?? writeKey(file, newApiKey());
  await keys.put(firstKey(secret, given === null ? DEVELOPER : 'operator', nowMs));
  return given === null ? 'file' : 'given';
}

async function widen(keys: KeyStore, ofDeveloper: readonly ApiKey[]): Promise<void> {
  for (const key of ofDeveloper) if (SCOPES.some((scope) => !key.scopes.includes(scope))) await keys.put({ ...key, scopes: SCOPES });
}

function storedKey(file: string): string | null {
  const text = existsSync(file) ? readFileSync(file, 'utf8').trim() : '';
  return SHAPE.test(text) ? text : null;
}

function writeKey(file: string, key: string): string {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  writeFileSync(file, `${key}\n`, { mode: 0o600 });
  chmodSync(file, 0o600);
  return key;
}

function refuseDevelopmentKey(known: readonly ApiKey[], nowMs: number): void {
  const live = known.find((key) => isOfDeveloper(key, nowMs));
  if (live !== undefined) throw new LastmileError('LM_INVALID_CONFIG', `The development key ${live.id} opens this API; start once with LASTMILE_ENVIRONMENT=development, make another admin key (lastmile keys new) and revoke that one (lastmile keys revoke ${live.id}).`);
}

function isOfDeveloper(key: ApiKey, nowMs: number): boolean { return isLive(key, nowMs) && key.actor.name === DEVELOPER; }

function firstKey(secret: string, name: string, createdAtMs: number): ApiKey {
  return { id: newId('key'), hash: hashKey(secret), prefix: keyPrefix(secret), tenantId: DEFAULT_TENANT, actor: { kind: 'person', name }, scopes: SCOPES, roles: [], createdAtMs, expiresAtMs: null, revokedAtMs: null };
}
