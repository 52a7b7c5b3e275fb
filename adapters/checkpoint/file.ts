import { mkdir, open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { systemErrorCode } from '../../artifact/system-error.ts';
import { canonicalJson } from '../../domain/canonical-json.ts';
import type { Checkpoint } from '../../domain/audit/checkpoint.ts';
import { readCheckpoints } from '../../domain/audit/export-file.ts';
import { LastmileError } from '../../domain/errors.ts';
import { NAME, type TenantId } from '../../domain/ids.ts';
import type { CheckpointSink } from '../../ports/checkpoint-sink.ts';
import type { Adapter } from '../define.ts';

const Options = z.strictObject({ root: z.string().min(1) });

export const file: Adapter<CheckpointSink, z.output<typeof Options>> = {
  name: 'file',
  summary: 'One line each in ROOT/TENANT.ndjson, only ever appended to, on the disk before it counts.',
  options: Options,
  create({ root }) {
    return {
      async put(checkpoint) {
        try {
          await append(root, pathOf(root, checkpoint.tenantId), checkpoint);
        } catch (error) {
          throw unavailable(root, error);
        }
      },
      async read(tenant, { skip, limit }) { return readCheckpoints(await contentOf(root, tenant)).checkpoints.slice(skip, skip + limit); },
    };
  },
};

/** Begins on a line of its own, so that what a crash left of the one before costs no more than that one. The folder is flushed too: a new file is an entry in it. */
async function append(root: string, path: string, checkpoint: Checkpoint): Promise<void> {
  await mkdir(root, { recursive: true });
  const handle = await open(path, 'a+', 0o640);
  try {
    const { size } = await handle.stat();
    const last = Buffer.alloc(1);
    if (size > 0) await handle.read(last, 0, 1, size - 1);
    await handle.appendFile(`${size > 0 && last[0] !== 10 ? '\n' : ''}${canonicalJson({ ...checkpoint })}\n`);
    await handle.sync();
    if (size === 0) await syncFolder(root);
  } finally {
    await handle.close();
  }
}

async function syncFolder(root: string): Promise<void> {
  const folder = await open(root, 'r');
  try { await folder.sync(); } finally { await folder.close(); }
}

async function contentOf(root: string, tenant: TenantId): Promise<string> {
  const path = pathOf(root, tenant);
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return '';
    throw unavailable(root, error);
  }
}

/** Tenants have names that are safe in a path; anything else must not become one. */
function pathOf(root: string, tenant: TenantId): string {
  if (!NAME.test(tenant)) throw new LastmileError('LM_INVARIANT', `"${tenant.slice(0, 63)}" is not the name of a tenant.`);
  return join(root, `${tenant}.ndjson`);
}

function unavailable(root: string, error: unknown): LastmileError {
  return new LastmileError('LM_SINK_UNAVAILABLE', `The folder ${root} takes no audit checkpoint; look at its disk and its rights.`, { cause: error });
}
