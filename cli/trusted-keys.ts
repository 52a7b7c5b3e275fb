import { readFileSync } from 'node:fs';
import { loadPublicKeys, publicKeyText, signatureCheck } from '../config/signing.ts';
import type { CheckSignature, PublicKeyText } from '../domain/audit/signature.ts';
import { unreadable } from './read-input.ts';

/**
 * How signatures are checked: by the keys that the file carries, or, with `--key`, by those alone that the caller has from elsewhere. A key in the file
 * must be whole in both cases.
 */
export function trust(files: readonly string[]): (own: readonly PublicKeyText[]) => CheckSignature {
  const trusted = files.length === 0 ? null : signatureCheck(files.flatMap((file) => loadPublicKeys(file).map(publicKeyText)));
  return (own) => {
    const byFile = signatureCheck(own);
    if (trusted === null) return byFile;
    const named = new Set(own.map(({ keyId }) => keyId));
    return (text, signature, keyId) => {
      const inFile = named.has(keyId) ? byFile(text, signature, keyId) : 'good';
      return inFile === 'good' ? trusted(text, signature, keyId) : inFile;
    };
  };
}

/** The exact text of a file; null where its bytes are not UTF-8. LM_INVALID_REQUEST when it cannot be read. */
export function exactText(file: string): string | null {
  let bytes: Buffer;
  try { bytes = readFileSync(file); } catch (error) { throw unreadable(file, error); }
  try { return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes); } catch { return null; }
}
