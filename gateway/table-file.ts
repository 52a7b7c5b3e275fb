import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { SignedTable } from '../domain/traffic/table.ts';

/** The last good signed table on disk, for a start without the API. The signature is checked by whoever reads it. */
export interface TableFile {
  /** Null when there is none or it cannot be read as a table. */
  read(): Promise<SignedTable | null>;
  /** Temp file, flush, rename: a crash leaves the old file or the new one, never half of one. Of several at once the last wins. */
  write(signed: SignedTable): Promise<void>;
  /** What was written so far is on disk, or has failed. */
  flushed(): Promise<void>;
}

export function tableFile(path: string): TableFile {
  let last: Promise<void> = Promise.resolve();
  let newest: SignedTable | null = null;
  return {
    async read() {
      try { return signedTable(JSON.parse(await readFile(path, 'utf8'))); } catch { return null; }
    },
    write(signed) {
      newest = signed;
      last = last.catch(() => undefined).then(async () => {
        if (newest === signed) await replaceFile(path, JSON.stringify(signed));
      });
      return last;
    },
    flushed: () => last.catch(() => undefined),
  };
}

/** Temp file, flush, rename, and the folder flushed too, so that the new name outlives a power cut. */
export async function replaceFile(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const temporary = `${path}.next`;
  const file = await open(temporary, 'w', 0o600);
  try { await file.writeFile(text); await file.sync(); } finally { await file.close(); }
  await rename(temporary, path);
  const folder = await open(dirname(path), 'r');
  try { await folder.sync(); } finally { await folder.close(); }
}

/** A value from a wire or a disk as a signed table, or null. */
export function signedTable(value: unknown): SignedTable | null {
  if (typeof value !== 'object' || value === null) return null;
  const { keyId, table, signature } = value as Readonly<Record<string, unknown>>;
  return typeof keyId === 'string' && typeof table === 'string' && typeof signature === 'string' ? { keyId, table, signature } : null;
}
