import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { access, mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { z } from 'zod';
import { blobPath } from '../../artifact/bundle.ts';
import { hashing, verified } from '../../artifact/hashing.ts';
import type { Digest } from '../../domain/digest.ts';
import { LastmileError } from '../../domain/errors.ts';
import type { ArtifactStore } from '../../ports/artifact-store.ts';
import type { Adapter } from '../define.ts';

const Options = z.strictObject({ root: z.string().min(1) });

export const filesystem: Adapter<ArtifactStore, z.output<typeof Options>> = {
  name: 'filesystem',
  summary: 'Blobs in a folder, laid out as an OCI image layout; other processes on the host may read it.',
  options: Options,
  create({ root }) {
    return {
      localRoot: root,
      put: (content) => put(root, content instanceof Uint8Array ? [content] : content),
      has: (digest) => exists(blobPath(root, digest)),
      async open(digest) {
        const path = blobPath(root, digest);
        if (!(await exists(path))) throw new LastmileError('LM_ARTIFACT_NOT_FOUND', `The artifact store ${root} has no blob ${digest}; package the version again by a new rollout.`);
        return verified(createReadStream(path) as AsyncIterable<Uint8Array>, digest, `The blob ${path}`);
      },
    };
  },
};

/** Written beside the blobs, synced, then renamed: a blob is whole or absent, and concurrent writers of the same bytes agree. */
async function put(root: string, content: Iterable<Uint8Array> | AsyncIterable<Uint8Array>): Promise<{ digest: Digest; size: number }> {
  const temporary = join(root, 'uploads', randomUUID());
  await mkdir(dirname(temporary), { recursive: true });
  try {
    const hashed = hashing(content);
    const file = await open(temporary, 'wx');
    try {
      await file.writeFile(Readable.from(hashed.bytes, { objectMode: true }));
      await file.sync();
    } finally {
      await file.close();
    }
    const { digest, size } = hashed.result();
    const path = blobPath(root, digest);
    await mkdir(dirname(path), { recursive: true });
    await rename(temporary, path);
    return { digest, size };
  } finally {
    await rm(temporary, { force: true });
  }
}

function exists(path: string): Promise<boolean> { return access(path).then(() => true, () => false); }
