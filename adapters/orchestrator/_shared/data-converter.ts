import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';
import { extname, join } from 'node:path';
import type { DataConverter, Payload, PayloadCodec } from '@temporalio/common';
import type { Secret } from '../../../config/schema.ts';
import { LastmileError } from '../../../domain/errors.ts';

const ENCODING = 'binary/encrypted';
const CIPHER = 'aes-256-gcm';
const KEY_BYTES = 32;
const IV_BYTES = 12;
const TAG_BYTES = 16;
/** Beside this file: .ts in the repository, .js in the published package. */
const FAILURE_CONVERTER = join(import.meta.dirname, `failure-converter${extname(import.meta.filename)}`);

interface KnownKey { readonly id: string; readonly key: Buffer }

/** Key id and bytes of a key given as base64. Throws LM_INVALID_CONFIG. */
function keyOf(secret: Secret): KnownKey {
  const key = Buffer.from(secret.reveal(), 'base64');
  if (key.length !== KEY_BYTES) throw new LastmileError('LM_INVALID_CONFIG', `LASTMILE_PAYLOAD_KEY must be the base64 of ${KEY_BYTES} bytes, it has ${key.length}; make one with: openssl rand -base64 32`);
  return { id: createHash('sha256').update(key).digest('hex').slice(0, 16), key };
}

/**
 * Encrypts whole payloads with AES-256-GCM: random 12-byte IV, tag behind the text, key id in the metadata. Payloads of other
 * encodings pass through, so that a key can be introduced while workflows run; `others` only decrypt, so that it can be rotated;
 * those of an unknown key are refused by name.
 */
export function encryption(secret: Secret, others: readonly Secret[] = []): PayloadCodec {
  const current = keyOf(secret);
  const known = [current, ...others.map(keyOf)];
  return {
    async encode(payloads) { return payloads.map((payload) => sealed(payload, current)); },
    async decode(payloads) { return payloads.map((payload) => opened(payload, known)); },
  };
}

function sealed(payload: Payload, { id, key }: KnownKey): Payload {
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv(CIPHER, key, iv);
  const text = Buffer.from(JSON.stringify({ metadata: encoded(payload.metadata ?? {}), data: Buffer.from(payload.data ?? []).toString('base64') }));
  const data = Buffer.concat([iv, cipher.update(text), cipher.final(), cipher.getAuthTag()]);
  return { metadata: { encoding: Buffer.from(ENCODING), 'encryption-key-id': Buffer.from(id) }, data };
}

function opened(payload: Payload, known: readonly KnownKey[]): Payload {
  const metadata = payload.metadata ?? {};
  if (textOf(metadata.encoding) !== ENCODING) return payload;
  const used = textOf(metadata['encryption-key-id']);
  const key = known.find(({ id }) => id === used)?.key;
  if (key === undefined) throw new LastmileError('LM_INVALID_CONFIG', `A workflow payload was encrypted with key ${used}, this process has ${known.map(({ id }) => id).join(', ')}; give every process the same LASTMILE_PAYLOAD_KEY, with the one before behind a comma.`);
  const data = Buffer.from(payload.data ?? []);
  const decipher = createDecipheriv(CIPHER, key, data.subarray(0, IV_BYTES), { authTagLength: TAG_BYTES });
  decipher.setAuthTag(data.subarray(-TAG_BYTES));
  const text = Buffer.concat([decipher.update(data.subarray(IV_BYTES, -TAG_BYTES)), decipher.final()]).toString('utf8');
  const plain = JSON.parse(text) as { metadata: Record<string, string>; data: string };
  return { metadata: Object.fromEntries(Object.entries(plain.metadata).map(([name, value]) => [name, Buffer.from(value, 'base64')])), data: Buffer.from(plain.data, 'base64') };
}

function encoded(metadata: Readonly<Record<string, Uint8Array>>): Record<string, string> {
  return Object.fromEntries(Object.entries(metadata).map(([name, value]) => [name, Buffer.from(value).toString('base64')]));
}

function textOf(bytes: Uint8Array | undefined): string { return bytes === undefined ? '' : Buffer.from(bytes).toString('utf8'); }

/**
 * The one data converter of clients, workers and the workflow bundle (decision D7): everything as it is, or, where a key is given,
 * payloads encrypted, and with them what failures say. Failures from before the key are read as they are.
 */
export function dataConverter(payloadKey: Secret | null, others: readonly Secret[] = []): DataConverter {
  return payloadKey === null ? {} : { payloadCodecs: [encryption(payloadKey, others)], failureConverterPath: FAILURE_CONVERTER };
}
