import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { access, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { blobPath, parseBundle } from '../artifact/bundle.ts';
import { HEAD_BYTES, modelFormat } from '../artifact/format.ts';
import { asDigest, readVerified } from '../artifact/hashing.ts';
import type { Secret } from '../config/schema.ts';
import type { Digest } from '../domain/digest.ts';
import { LastmileError } from '../domain/errors.ts';
import type { VariantRequest } from './variant-request.ts';

/** The bytes of a model, proved to be those of its artifact digest. */
export interface ModelBytes { readonly onnx: Uint8Array }
export interface ModelSource {
  /** LM_DIGEST_MISMATCH, LM_VALIDATION_FAILED (no single ONNX file), LM_ARTIFACT_NOT_FOUND, LM_BACKEND_UNAVAILABLE (nobody to fetch it from). */
  read(request: VariantRequest): Promise<ModelBytes>;
  /** The blobs that a variant was read from, as far as they can still be known. */
  blobs(request: VariantRequest): Promise<readonly Digest[]>;
  /** Removes kept copies of blobs. */
  forget(blobs: readonly Digest[]): Promise<void>;
}

const FETCH_LIMIT_MS = 300_000;

/** Reads blobs from the store's folder on this host, else from copies under `keepRoot`, else from the API, and keeps what it fetched. */
export function createModelSource(keepRoot: string, token: Secret): ModelSource {
  return {
    async read(request) {
      const blob = (digest: Digest): Promise<Uint8Array> => readBlob(request, digest, { keepRoot, token });
      const { artifactDigest, files } = parseBundle(await blob(request.bundleDigest));
      if (artifactDigest !== request.artifactDigest) {
        throw new LastmileError('LM_DIGEST_MISMATCH', `The package ${request.bundleDigest} holds the artifact ${artifactDigest}, not ${request.artifactDigest}, which was validated.`);
      }
      const contents = new Map<string, Uint8Array>();
      for (const file of files) contents.set(file.path, await blob(asDigest(file.sha256)));
      const graphs = [...contents.values()].filter((bytes) => modelFormat([{ path: '', head: bytes.subarray(0, HEAD_BYTES) }]) === 'onnx');
      const [onnx] = graphs;
      if (onnx === undefined || graphs.length > 1) throw new LastmileError('LM_VALIDATION_FAILED', `modelhost runs one ONNX file; the package holds ${graphs.length} among ${[...contents.keys()].join(', ')}.`);
      return { onnx };
    },
    async blobs({ bundleDigest }) {
      const manifest = await readFile(blobPath(keepRoot, bundleDigest)).catch(() => null);
      return manifest === null ? [] : [bundleDigest, ...parseBundle(manifest).files.map((file) => asDigest(file.sha256))];
    },
    async forget(blobs) { await Promise.all(blobs.map((digest) => rm(blobPath(keepRoot, digest), { force: true }))); },
  };
}

async function readBlob(request: VariantRequest, digest: Digest, of: { keepRoot: string; token: Secret }): Promise<Uint8Array> {
  for (const root of [request.storeRoot, of.keepRoot]) {
    if (root === null) continue;
    const path = blobPath(root, digest);
    if (await exists(path)) return readVerified(createReadStream(path) as AsyncIterable<Uint8Array>, digest, `The blob ${path}`);
  }
  if (request.artifactUrl === null) throw new LastmileError('LM_ARTIFACT_NOT_FOUND', `No blob ${digest} in ${request.storeRoot ?? 'any folder of this host'}, and no address to fetch it from.`);
  const bytes = await fetchBlob(request.artifactUrl, digest, of.token);
  await keep(of.keepRoot, digest, bytes);
  return bytes;
}

async function fetchBlob(artifactUrl: string, digest: Digest, token: Secret): Promise<Uint8Array> {
  const url = new URL(`/internal/v1/artifacts/${digest}`, artifactUrl);
  const answer = await fetch(url, { headers: { authorization: `Bearer ${token.reveal()}` }, redirect: 'error', signal: AbortSignal.timeout(FETCH_LIMIT_MS) })
    .catch((error: unknown) => { throw new LastmileError('LM_BACKEND_UNAVAILABLE', `The blob ${digest} cannot be fetched from ${url.origin}.`, { cause: error }); });
  if (answer.status === 404) throw new LastmileError('LM_ARTIFACT_NOT_FOUND', `${url.origin} has no blob ${digest}.`);
  if (!answer.ok || answer.body === null) throw new LastmileError('LM_BACKEND_UNAVAILABLE', `${url.origin} answered ${answer.status} for the blob ${digest}.`);
  return readVerified(answer.body, digest, `The blob from ${url.origin}`);
}

async function keep(root: string, digest: Digest, bytes: Uint8Array): Promise<void> {
  const path = blobPath(root, digest);
  await mkdir(dirname(path), { recursive: true });
  const temporary = `${path}.${randomUUID()}`;
  await writeFile(temporary, bytes, { flush: true });
  await rename(temporary, path);
}

function exists(path: string): Promise<boolean> { return access(path).then(() => true, () => false); }
