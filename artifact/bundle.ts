import { join } from 'node:path';
import { canonicalJson, type Json } from '../domain/canonical-json.ts';
import { artifactDigest, digestOf, isDigest, type Digest, type ModelFile } from '../domain/digest.ts';
import { LastmileError } from '../domain/errors.ts';
import type { ModelVersion } from '../domain/model.ts';
import type { ArtifactStore } from '../ports/artifact-store.ts';
import { isModelPath } from './file-paths.ts';
import { asDigest } from './hashing.ts';

/** CNCF ModelPack model-spec v0.0.7 in an OCI image manifest. */
const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
const ARTIFACT = 'application/vnd.cncf.model.manifest.v1+json';
const CONFIG = 'application/vnd.cncf.model.config.v1+json';
const FILEPATH = 'org.cncf.model.filepath';
const ARTIFACT_DIGEST = 'dev.lastmile.artifact.digest';

export interface Blob { readonly digest: Digest; readonly bytes: Uint8Array }

/** A package: its two documents, and the files that they name by digest. */
export interface Bundle { readonly bundleDigest: Digest; readonly artifactDigest: Digest; readonly manifest: Blob; readonly config: Blob; readonly files: readonly ModelFile[] }

/** What a manifest says, checked. */
export interface BundleContents { readonly artifactDigest: Digest; readonly files: readonly ModelFile[]; readonly configDigest: Digest }

/**
 * The package of one model version: an OCI manifest per CNCF ModelPack, one raw layer a file, and the digest of its bytes
 * (decision D1: bundleDigest). It holds no time and no host: the same version gives the same bytes everywhere.
 */
export function buildBundle(of: { readonly name: string; readonly version: string; readonly format: string; readonly files: readonly ModelFile[] }): Bundle {
  const files = [...of.files].sort((a, b) => (a.path < b.path ? -1 : 1));
  checkFiles(files);
  const digest = artifactDigest(files);
  const config = blob({ descriptor: { name: of.name, version: of.version }, config: { format: of.format }, modelfs: { type: 'layers', diffIds: files.map((file) => `sha256:${file.sha256}`) } });
  const manifest = blob({
    schemaVersion: 2, mediaType: MANIFEST, artifactType: ARTIFACT,
    config: { mediaType: CONFIG, digest: config.digest, size: config.bytes.byteLength },
    layers: files.map((file) => ({ mediaType: `application/vnd.cncf.model.${layerKind(file.path)}.v1.raw`, digest: `sha256:${file.sha256}`, size: file.size, annotations: { [FILEPATH]: file.path } })),
    annotations: { [ARTIFACT_DIGEST]: digest },
  });
  return { bundleDigest: manifest.digest, artifactDigest: digest, manifest, config, files };
}

/** Reads a manifest that buildBundle, or another ModelPack writer with raw layers, made. LM_VALIDATION_FAILED says what is wrong with it. */
export function parseBundle(bytes: Uint8Array): BundleContents {
  const manifest = parseManifest(bytes);
  const files = (manifest.layers ?? []).map(({ mediaType = '', digest = '', size = -1, annotations }) => {
    if (!mediaType.endsWith('.v1.raw')) throw broken(`layer ${digest} is "${mediaType}"; lastmile reads raw layers`);
    if (!isDigest(digest) || !Number.isSafeInteger(size) || size < 0) throw broken(`a layer has the digest "${digest}" and the size ${size}`);
    return { path: annotations?.[FILEPATH] ?? '', size, sha256: digest.slice('sha256:'.length) };
  });
  checkFiles(files);
  const configDigest = manifest.config?.digest ?? '';
  if (!isDigest(configDigest)) throw broken('it names no config');
  const digest = artifactDigest(files);
  const annotated = manifest.annotations?.[ARTIFACT_DIGEST];
  if (annotated !== undefined && annotated !== digest) throw broken(`it says that its files have the artifact digest ${annotated}; they have ${digest}`);
  return { artifactDigest: digest, files, configDigest };
}

/** Puts the files of a resolved version and its two documents into the store; the manifest last, so that a manifest there is whole. */
export async function storeBundle(store: ArtifactStore, version: ModelVersion, open: (file: ModelFile) => Promise<AsyncIterable<Uint8Array>>): Promise<{ readonly bundleDigest: Digest; readonly bytes: number }> {
  const bundle = buildBundle({ name: version.ref.name, version: version.ref.version, format: version.format, files: version.files });
  for (const file of bundle.files) {
    const expected = asDigest(file.sha256);
    if (await store.has(expected)) continue;
    const { digest } = await store.put(await open(file));
    if (digest !== expected) throw new LastmileError('LM_DIGEST_MISMATCH', `${file.path} of ${version.ref.name}@${version.ref.version} changed while it was packaged: ${digest} is not ${expected}.`);
  }
  for (const { bytes } of [bundle.config, bundle.manifest]) await store.put(bytes);
  return { bundleDigest: bundle.bundleDigest, bytes: bundle.files.reduce((sum, file) => sum + file.size, bundle.config.bytes.byteLength + bundle.manifest.bytes.byteLength) };
}

/** Where a blob lies under the root of an artifact store, as in an OCI image layout. */
export function blobPath(root: string, digest: Digest): string {
  if (!isDigest(digest)) throw new LastmileError('LM_INVARIANT', `"${String(digest)}" is not a digest.`);
  return join(root, 'blobs', 'sha256', digest.slice('sha256:'.length));
}

interface ManifestDocument {
  readonly artifactType?: string;
  readonly config?: { readonly digest?: string };
  readonly layers?: readonly { readonly mediaType?: string; readonly digest?: string; readonly size?: number; readonly annotations?: Readonly<Record<string, string>> }[];
  readonly annotations?: Readonly<Record<string, string>>;
}

function parseManifest(bytes: Uint8Array): ManifestDocument {
  let document: unknown;
  try { document = JSON.parse(Buffer.from(bytes).toString('utf8')); } catch (error) { throw broken('it is not JSON', error); }
  if (typeof document !== 'object' || document === null || !('artifactType' in document) || document.artifactType !== ARTIFACT) throw broken(`its artifactType is not ${ARTIFACT}`);
  const manifest = document as ManifestDocument;
  if (!Array.isArray(manifest.layers) || !manifest.layers.every((layer) => typeof layer === 'object' && layer !== null)) throw broken('it lists no layers');
  return manifest;
}

function checkFiles(files: readonly ModelFile[]): void {
  if (files.length === 0) throw broken('it has no files');
  const wrong = files.find(({ path }) => !isModelPath(path));
  if (wrong !== undefined) throw broken(`"${wrong.path}" is not a relative path of a model file`);
  if (new Set(files.map(({ path }) => path)).size !== files.length) throw broken('two of its files have one path');
}

function layerKind(path: string): 'weight' | 'weight.config' | 'doc' {
  if (/\.(json|ya?ml|toml|txt|pbtxt|cfg|ini)$/i.test(path)) return 'weight.config';
  return /\.(md|rst|pdf|html?)$/i.test(path) || /(^|\/)(license|notice)[^/]*$/i.test(path) ? 'doc' : 'weight';
}

function broken(why: string, cause?: unknown): LastmileError { return new LastmileError('LM_VALIDATION_FAILED', `The package manifest cannot be used: ${why}.`, { cause }); }
function blob(document: Json): Blob { const bytes = Buffer.from(canonicalJson(document)); return { digest: digestOf(bytes), bytes }; }
