import { isModelPath } from '../../../artifact/file-paths.ts';
import { hashOf } from '../../../artifact/hashing.ts';
import type { ModelFile } from '../../../domain/digest.ts';
import { LastmileError } from '../../../domain/errors.ts';
import { formatModelRef, parseModelRef, type ModelRef, type ModelVersion } from '../../../domain/model.ts';

/** Refuses names that are not safe to build a path from, wherever the reference came from. */
export function checkRef(ref: ModelRef): void { parseModelRef(formatModelRef(ref)); }

/** The files to publish with their hashes, by path. LM_VALIDATION_FAILED names what cannot be published. */
export async function listFiles(ref: ModelRef, files: ReadonlyMap<string, Uint8Array>): Promise<readonly ModelFile[]> {
  checkRef(ref);
  if (files.size === 0) throw new LastmileError('LM_VALIDATION_FAILED', `${formatModelRef(ref)} has no files to publish.`);
  const wrong = [...files.keys()].find((path) => !isModelPath(path));
  if (wrong !== undefined) throw new LastmileError('LM_VALIDATION_FAILED', `"${wrong}" cannot be published: write a relative path with forward slashes whose parts do not start with a dot.`);
  const listed = await Promise.all([...files].map(async ([path, bytes]) => ({ path, size: bytes.byteLength, sha256: (await hashOf([bytes])).digest.slice('sha256:'.length) })));
  return listed.sort((a, b) => (a.path < b.path ? -1 : 1));
}

export function conflict(ref: ModelRef, existing: ModelVersion): LastmileError {
  return new LastmileError('LM_CONFLICT', `${formatModelRef(ref)} exists with other bytes (${existing.artifactDigest}); versions are immutable, publish under a new one.`);
}

/** Lists the known names when the name is unknown, else its versions. */
export function notFound(ref: ModelRef, known: { readonly names: readonly string[]; readonly versions: readonly string[] }): LastmileError {
  const { names, versions } = known;
  const text = versions.length > 0 ? `${ref.name} has the versions ${shown(versions)}`
    : names.length > 0 ? `the registry has the models ${shown(names)}` : 'the registry is empty';
  return new LastmileError('LM_MODEL_NOT_FOUND', `There is no ${formatModelRef(ref)}: ${text}.`, { details: { names, versions } });
}

function shown(all: readonly string[]): string { return all.length <= 20 ? all.join(', ') : `${all.slice(-20).join(', ')} and ${all.length - 20} more`; }
