import { createReadStream } from 'node:fs';
import { open, readdir, realpath, stat } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { isModelPath } from '../../../artifact/file-paths.ts';
import { HEAD_BYTES, modelFormat, type FileHead } from '../../../artifact/format.ts';
import { hashOf } from '../../../artifact/hashing.ts';
import { systemErrorCode } from '../../../artifact/system-error.ts';
import type { ModelFile } from '../../../domain/digest.ts';
import { LastmileError } from '../../../domain/errors.ts';

/** Names of the folders in a folder, sorted; none when it does not exist. Names that start with a dot are left out. */
export async function folders(path: string): Promise<readonly string[]> {
  const entries = await readdir(path, { withFileTypes: true }).catch(absentIs([], path));
  const kept = await Promise.all(entries.filter(({ name }) => !name.startsWith('.')).map(async (entry) => (entry.isDirectory() || (entry.isSymbolicLink() && (await isFolder(join(path, entry.name)))) ? [entry.name] : [])));
  return kept.flat().sort();
}

/** Every file of a version with its hash, and the format that the bytes show. */
export async function modelFiles(root: string, folder: string): Promise<{ readonly files: readonly ModelFile[]; readonly format: string }> {
  const files: ModelFile[] = [];
  const heads: FileHead[] = [];
  for (const path of await paths(root, folder)) {
    const name = relative(folder, path.logical).split(sep).join('/');
    if (!isModelPath(name)) throw new LastmileError('LM_VALIDATION_FAILED', `The registry ${root} holds a file that cannot be packaged: "${name}" in ${folder}; rename it.`);
    const { digest, size } = await hashOf(createReadStream(path.real) as AsyncIterable<Uint8Array>);
    files.push({ path: name, size, sha256: digest.slice('sha256:'.length) });
    heads.push({ path: name, head: await headOf(path.real) });
  }
  return { files: files.sort((a, b) => (a.path < b.path ? -1 : 1)), format: modelFormat(heads) };
}

/** The real path of something inside the root, or null when there is nothing. A link that leaves the root is LM_VALIDATION_FAILED. */
export async function realInside(root: string, path: string): Promise<string | null> {
  const real = await realpath(path).catch(absentIs(null, path));
  if (real === null) return null;
  const from = relative(await realpath(root), real);
  if (from === '..' || from.startsWith(`..${sep}`) || from === '') throw new LastmileError('LM_VALIDATION_FAILED', `${path} is a link that leaves the registry ${root}; put the file itself there.`);
  return real;
}

interface Found { readonly logical: string; readonly real: string }

async function paths(root: string, folder: string): Promise<Found[]> {
  const found: Found[] = [];
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (entry.name.startsWith('.')) continue;
    const logical = join(folder, entry.name);
    if (entry.isDirectory()) { found.push(...await paths(root, logical)); continue; }
    const real = await realInside(root, logical);
    if (real === null) throw new LastmileError('LM_VALIDATION_FAILED', `${logical} is a link to nothing; remove it or put the file there.`);
    if (!(await stat(real)).isFile()) throw new LastmileError('LM_VALIDATION_FAILED', `${logical} is neither a file nor a folder (links to folders are not followed inside a version).`);
    found.push({ logical, real });
  }
  return found;
}

async function headOf(path: string): Promise<Uint8Array> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

function isFolder(path: string): Promise<boolean> { return stat(path).then((found) => found.isDirectory(), () => false); }

/** A path that does not exist is `value`; one that cannot be read is LM_REGISTRY_UNAVAILABLE. */
function absentIs<T>(value: T, path: string): (error: unknown) => T {
  return (error) => {
    if (['ENOENT', 'ENOTDIR'].includes(systemErrorCode(error) ?? '')) return value;
    throw new LastmileError('LM_REGISTRY_UNAVAILABLE', `The registry folder ${path} cannot be read; check that it is mounted and readable.`, { cause: error });
  };
}
