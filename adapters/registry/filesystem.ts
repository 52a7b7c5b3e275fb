import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { asDigest, verified } from '../../artifact/hashing.ts';
import { systemErrorCode } from '../../artifact/system-error.ts';
import { LastmileError } from '../../domain/errors.ts';
import { compareVersions, formatModelRef, type ModelRef, type ModelVersion } from '../../domain/model.ts';
import { artifactDigest } from '../../domain/digest.ts';
import type { ModelRegistry } from '../../ports/model-registry.ts';
import type { Adapter } from '../define.ts';
import { folders, modelFiles, realInside } from './_shared/folders.ts';
import { checkRef, conflict, listFiles, notFound } from './_shared/publishing.ts';

const Options = z.strictObject({ root: z.string().min(1) });

export const filesystem: Adapter<ModelRegistry, z.output<typeof Options>> = {
  name: 'filesystem',
  summary: 'A folder with NAME/VERSION/files. Names that start with a dot are left out; links may not leave the folder.',
  options: Options,
  create({ root }) {
    return {
      resolve: (ref) => resolve(root, ref),
      async versions(name) {
        checkRef({ registry: 'filesystem', name, version: '1' });
        return versionsOf(root, name);
      },
      async open(ref, file) {
        checkRef(ref);
        const path = await realInside(root, join(root, ref.name, ref.version, file.path));
        if (path === null) throw new LastmileError('LM_DIGEST_MISMATCH', `${file.path} of ${formatModelRef(ref)} is gone; publish it again under a new version.`);
        return verified(createReadStream(path) as AsyncIterable<Uint8Array>, asDigest(file.sha256), `${file.path} of ${formatModelRef(ref)}`);
      },
      publish: (ref, files) => publish(root, ref, files),
    };
  },
};

async function resolve(root: string, ref: ModelRef): Promise<ModelVersion> {
  const found = await find(root, ref);
  if (found !== null) return found;
  const nested = ref.name.includes('/') ? dirname(ref.name) : '';
  const names = (await folders(join(root, nested))).map((name) => (nested === '' ? name : `${nested}/${name}`));
  throw notFound(ref, { names, versions: await versionsOf(root, ref.name) });
}

async function find(root: string, ref: ModelRef): Promise<ModelVersion | null> {
  checkRef(ref);
  const folder = await realInside(root, join(root, ref.name, ref.version));
  if (folder === null || !(await stat(folder)).isDirectory()) return null;
  const { files, format } = await modelFiles(root, folder);
  if (files.length === 0) return null;
  return { ref, artifactDigest: artifactDigest(files), files, format, createdAtMs: Math.trunc((await stat(folder)).mtimeMs) };
}

async function versionsOf(root: string, name: string): Promise<readonly string[]> {
  return [...await folders(join(root, name))].sort(compareVersions);
}

/** Written aside and renamed into place: a version is there whole or not at all, and of two publishers one wins. */
async function publish(root: string, ref: ModelRef, files: ReadonlyMap<string, Uint8Array>): Promise<ModelVersion> {
  const digest = artifactDigest(await listFiles(ref, files));
  const aside = join(root, `.publishing-${randomUUID()}`);
  const target = join(root, ref.name, ref.version);
  try {
    for (const [path, bytes] of files) {
      await mkdir(dirname(join(aside, path)), { recursive: true });
      await writeFile(join(aside, path), bytes, { flush: true });
    }
    await mkdir(dirname(target), { recursive: true });
    await rename(aside, target).catch((error: unknown) => { if (!isTaken(error)) throw error; });
  } finally {
    await rm(aside, { recursive: true, force: true });
  }
  const published = await resolve(root, ref);
  if (published.artifactDigest !== digest) throw conflict(ref, published);
  return published;
}

function isTaken(error: unknown): boolean { return ['ENOTEMPTY', 'EEXIST', 'ENOTDIR'].includes(systemErrorCode(error) ?? ''); }
