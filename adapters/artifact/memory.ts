import { z } from 'zod';
import { hashing, verified } from '../../artifact/hashing.ts';
import type { Digest } from '../../domain/digest.ts';
import { LastmileError } from '../../domain/errors.ts';
import type { ArtifactStore } from '../../ports/artifact-store.ts';
import type { Adapter } from '../define.ts';

const Options = z.strictObject({});

export const memory: Adapter<ArtifactStore, z.output<typeof Options>> = {
  name: 'memory',
  summary: 'Blobs held in the process; for tests.',
  options: Options,
  create() {
    const blobs = new Map<Digest, Uint8Array>();
    return {
      localRoot: null,
      async put(content) {
        const parts: Uint8Array[] = [];
        const hashed = hashing(content instanceof Uint8Array ? [content] : content);
        for await (const part of hashed.bytes) parts.push(Uint8Array.from(part));
        const { digest, size } = hashed.result();
        if (!blobs.has(digest)) blobs.set(digest, Uint8Array.from(Buffer.concat(parts)));
        return { digest, size };
      },
      async has(digest) { return blobs.has(digest); },
      async open(digest) {
        const bytes = blobs.get(digest);
        if (bytes === undefined) throw new LastmileError('LM_ARTIFACT_NOT_FOUND', `The artifact store has no blob ${digest}.`);
        return verified([Uint8Array.from(bytes)], digest, `The blob ${digest}`);
      },
    };
  },
};
