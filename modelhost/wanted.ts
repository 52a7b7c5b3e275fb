import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { systemErrorCode } from '../artifact/system-error.ts';
import { LastmileError } from '../domain/errors.ts';
import { VARIANT_ID, VariantRequestBody, type VariantRequest } from './variant-request.ts';

const Document = z.object({
  schemaVersion: z.literal(1),
  variants: z.array(VariantRequestBody.extend({ variantId: z.string().regex(VARIANT_ID) })),
  tombstones: z.array(z.string().regex(VARIANT_ID)),
});

/** What should run, and what must never run again; kept over restarts in one small file. */
export interface Wanted { readonly variants: readonly VariantRequest[]; readonly tombstones: readonly string[] }
export interface WantedFile { read(): Promise<Wanted>; write(wanted: Wanted): Promise<void> }

/** Writes go one after another, each by rename: the file is the old or the new one. A file that cannot be read stops the start. */
export function createWantedFile(folder: string): WantedFile {
  const path = join(folder, 'wanted.json');
  let last = Promise.resolve();
  const write = async (wanted: Wanted): Promise<void> => {
    await mkdir(folder, { recursive: true });
    await writeFile(`${path}.next`, JSON.stringify({ schemaVersion: 1, ...wanted }, null, 2), { flush: true });
    await rename(`${path}.next`, path);
  };
  return {
    async read() {
      const text = await readFile(path, 'utf8').catch((error: unknown) => {
        if (systemErrorCode(error) === 'ENOENT') return null;
        throw error;
      });
      if (text === null) return { variants: [], tombstones: [] };
      try {
        return Document.parse(JSON.parse(text));
      } catch (error) {
        throw new LastmileError('LM_INVALID_CONFIG', `${path} cannot be read, so killed variants might be started again; repair it, or remove it to start with nothing loaded.`, { cause: error });
      }
    },
    write(wanted) {
      const turn = last.then(() => write(wanted));
      last = turn.catch(() => undefined);
      return turn;
    },
  };
}
