import { z } from 'zod';
import { modelFormat, HEAD_BYTES } from '../../artifact/format.ts';
import { asDigest, verified } from '../../artifact/hashing.ts';
import { artifactDigest } from '../../domain/digest.ts';
import { compareVersions, type ModelRef, type ModelVersion } from '../../domain/model.ts';
import type { ModelRegistry } from '../../ports/model-registry.ts';
import type { Adapter } from '../define.ts';
import { checkRef, conflict, listFiles, notFound } from './_shared/publishing.ts';

const Options = z.strictObject({});
interface Published { readonly version: ModelVersion; readonly bytes: ReadonlyMap<string, Uint8Array> }

export const memory: Adapter<ModelRegistry, z.output<typeof Options>> = {
  name: 'memory',
  summary: 'Models held in the process; for tests.',
  options: Options,
  create() {
    const models = new Map<string, Map<string, Published>>();
    const versions = (name: string): string[] => [...models.get(name)?.keys() ?? []].sort(compareVersions);
    const find = (ref: ModelRef): Published => {
      checkRef(ref);
      const found = models.get(ref.name)?.get(ref.version);
      if (found === undefined) throw notFound(ref, { names: [...models.keys()].sort(), versions: versions(ref.name) });
      return found;
    };
    return {
      async resolve(ref) { return { ...find(ref).version, ref }; },
      async versions(name) { return versions(name); },
      async open(ref, file) {
        const bytes = find(ref).bytes.get(file.path) ?? new Uint8Array();
        return verified([bytes], asDigest(file.sha256), `${file.path} of ${ref.name}@${ref.version}`);
      },
      async publish(ref, files) {
        const listed = await listFiles(ref, files);
        const version: ModelVersion = {
          ref, artifactDigest: artifactDigest(listed), files: listed, createdAtMs: null,
          format: modelFormat([...files].map(([path, bytes]) => ({ path, head: bytes.subarray(0, HEAD_BYTES) }))),
        };
        const existing = models.get(ref.name)?.get(ref.version);
        if (existing !== undefined && existing.version.artifactDigest !== version.artifactDigest) throw conflict(ref, existing.version);
        if (existing !== undefined) return existing.version;
        const bytes = new Map([...files].map(([path, content]) => [path, Uint8Array.from(content)]));
        models.set(ref.name, new Map([...models.get(ref.name) ?? [], [ref.version, { version, bytes }]]));
        return version;
      },
    };
  },
};
