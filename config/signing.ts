import { createPrivateKey, createPublicKey, generateKeyPairSync, sign, verify, type KeyObject } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { CheckSignature, PublicKeyText } from '../domain/audit/signature.ts';
import { canonicalJson, type Json } from '../domain/canonical-json.ts';
import { digestOf } from '../domain/digest.ts';
import { LastmileError } from '../domain/errors.ts';
import type { BreakGlassClaims } from '../domain/kill/break-glass.ts';
import type { RouteTable, SignedTable } from '../domain/traffic/table.ts';

export interface SigningKey { readonly keyId: string; readonly key: KeyObject }

export function keyIdOf(publicKey: KeyObject): string { return digestOf(publicKey.export({ type: 'spki', format: 'der' })).slice('sha256:'.length, 'sha256:'.length + 16); }

/** Makes an Ed25519 pair where there is none; never replaces one. The private file is readable by its owner alone. */
export function ensureKeyPair(keyFile: string, publicKeyFile: string): void {
  if (existsSync(keyFile)) return;
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  for (const file of [keyFile, publicKeyFile]) mkdirSync(dirname(file), { recursive: true });
  writeFileSync(publicKeyFile, publicKey.export({ type: 'spki', format: 'pem' }), { mode: 0o644 });
  writeFileSync(keyFile, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
}

/** Throws LM_INVALID_CONFIG when the file is missing or no Ed25519 key. */
export function loadSigningKey(keyFile: string): SigningKey {
  const [key] = readKeys(keyFile, (pem) => [createPrivateKey(pem)]) as readonly [KeyObject];
  return { key, keyId: keyIdOf(createPublicKey(key)) };
}

/** Every key of the file, in PEM blocks: two while the signing key is rotated, and what either signed is taken. */
export function loadPublicKeys(publicKeyFile: string): readonly SigningKey[] {
  const blocks = (text: string): readonly string[] => text.match(/-----BEGIN [A-Z ]+-----[^-]+-----END [A-Z ]+-----/g) ?? [text];
  return readKeys(publicKeyFile, (text) => blocks(text).map((pem) => createPublicKey(pem))).map((key) => ({ key, keyId: keyIdOf(key) }));
}

function readKeys(file: string, parse: (pem: string) => readonly KeyObject[]): readonly KeyObject[] {
  try {
    const keys = parse(readFileSync(file, 'utf8'));
    if (keys.every(({ asymmetricKeyType }) => asymmetricKeyType === 'ed25519')) return keys;
  } catch (error) {
    throw new LastmileError('LM_INVALID_CONFIG', `The route signing key ${file} cannot be read; \`npm start\` makes one, or set LASTMILE_SIGNING_KEY_FILE.`, { cause: error });
  }
  throw new LastmileError('LM_INVALID_CONFIG', `The route signing key ${file} is not an Ed25519 key.`);
}

export function signTable(table: RouteTable, { key, keyId }: SigningKey): SignedTable {
  const text = canonicalJson(table as unknown as Json);
  return { keyId, table: text, signature: sign(null, Buffer.from(text), key).toString('base64') };
}

/** The table when the signature holds under the one of `keys` that it names; null otherwise. */
export function verifyTable(signed: SignedTable, keys: readonly SigningKey[]): RouteTable | null {
  const key = keys.find(({ keyId }) => keyId === signed.keyId)?.key;
  if (key === undefined || !verify(null, Buffer.from(signed.table), key, Buffer.from(signed.signature, 'base64'))) return null;
  return JSON.parse(signed.table) as RouteTable;
}

/** `bg1.<key id>.<claims>.<signature>`, base64url: one word that fits a header. */
export function signBreakGlass(claims: BreakGlassClaims, { key, keyId }: SigningKey): string {
  const text = canonicalJson(claims as unknown as Json);
  return ['bg1', keyId, Buffer.from(text).toString('base64url'), sign(null, Buffer.from(BREAK_GLASS_DOMAIN + text), key).toString('base64url')].join('.');
}

/** The claims of a token that one of the keys signed and that has not expired; null for anything else. */
export function verifyBreakGlass(token: string, keys: readonly SigningKey[], nowMs: number): BreakGlassClaims | null {
  const [version, id, claims = '', signature = '', ...rest] = token.split('.');
  const key = keys.find(({ keyId }) => keyId === id)?.key;
  if (version !== 'bg1' || key === undefined || rest.length > 0) return null;
  const text = Buffer.from(claims, 'base64url').toString();
  if (!verify(null, Buffer.from(BREAK_GLASS_DOMAIN + text), key, Buffer.from(signature, 'base64url'))) return null;
  const said = JSON.parse(text) as { readonly v: number; readonly use: string } & Omit<BreakGlassClaims, 'v' | 'use'>;
  return said.v === 1 && said.use === 'kill' && said.expiresAtMs > nowMs ? said as BreakGlassClaims : null;
}

/** A signature over a route table must never pass for a token, nor the other way round. */
const BREAK_GLASS_DOMAIN = 'lastmile break-glass 1\n';

/** The public half as documents carry it, of a private or a public key. */
export function publicKeyText({ key }: SigningKey): PublicKeyText {
  const publicKey = key.type === 'private' ? createPublicKey(key) : key;
  return { keyId: keyIdOf(publicKey), publicKey: publicKey.export({ type: 'spki', format: 'der' }).toString('base64') };
}

/** Ed25519 over the UTF-8 bytes of the text, base64. Callers sign texts that say in a `type` what they are, so that no signature means two things. */
export function signText(text: string, { key }: SigningKey): string { return sign(null, Buffer.from(text), key).toString('base64'); }

/**
 * Checks signatures against these keys. A key whose id is not that of its bytes is none, and base64 counts to the last bit: a changed byte never passes
 * because a decoder was kind.
 */
export function signatureCheck(keys: readonly PublicKeyText[]): CheckSignature {
  const known = new Map(keys.flatMap((text) => { const key = publicKeyOf(text); return key === null ? [] : [[text.keyId, key] as const]; }));
  return (text, signature, keyId) => {
    const key = known.get(keyId);
    if (key === undefined) return 'unknown-key';
    const bytes = Buffer.from(signature, 'base64');
    return bytes.toString('base64') === signature && verify(null, Buffer.from(text), key, bytes) ? 'good' : 'bad';
  };
}

function publicKeyOf({ keyId, publicKey }: PublicKeyText): KeyObject | null {
  try {
    const key = createPublicKey({ key: Buffer.from(publicKey, 'base64'), type: 'spki', format: 'der' });
    // DER is read kindly too: only the bytes that the key itself would be written with are the key.
    return key.asymmetricKeyType === 'ed25519' && key.export({ type: 'spki', format: 'der' }).toString('base64') === publicKey && keyIdOf(key) === keyId ? key : null;
  } catch {
    return null;
  }
}
