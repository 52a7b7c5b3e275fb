import { sha256 } from '@noble/hashes/sha2';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils';
import { canonicalJson, type Json } from './canonical-json.ts';

/** `sha256:` and 64 lower-case hexadecimal digits. */
export type Digest = `sha256:${string}`;

const DIGEST = /^sha256:[0-9a-f]{64}$/;
export function isDigest(text: string): text is Digest { return DIGEST.test(text); }

/** SHA-256 of UTF-8 text or bytes. Pure; for large files artifact/ streams through node:crypto instead. */
export function digestOf(content: string | Uint8Array): Digest {
  return `sha256:${bytesToHex(sha256(typeof content === 'string' ? utf8ToBytes(content) : content))}`;
}

/** SHA-256 over the RFC 8785 form: equal documents have equal digests whatever the order of their keys. */
export function digestOfJson(value: Json): Digest { return digestOf(canonicalJson(value)); }

/** 32 hexadecimal digits of a document's digest: the tail of ids that everyone who knows the document finds alike. */
export function idTail(value: Json): string { return digestOfJson(value).slice('sha256:'.length, 'sha256:'.length + 32); }

/** One file of a model. Path is relative, forward slashes, no `..`. */
export interface ModelFile { readonly path: string; readonly size: number; readonly sha256: string }

/** Decision D1: SHA-256 over the list of (path, size, sha256), sorted by path, of the model's files. */
export function artifactDigest(files: readonly ModelFile[]): Digest {
  const sorted = [...files].sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
  return digestOfJson(sorted.map(({ path, size, sha256: hash }) => ({ path, size, sha256: hash })));
}
