import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import type { Io } from '../../cli/io.ts';
import { runCli } from '../../cli/program.ts';

// Not the state of whoever runs the tests.
process.env.LASTMILE_STATE_DIR ??= mkdtempSync(join(tmpdir(), 'lastmile-cli-state-'));

export interface Ran { readonly code: number; readonly out: string; readonly err: string }

/** One command line in this process, as `lastmile` would run it off a terminal. */
export async function run(argv: readonly string[], of: { input?: string; signal?: AbortSignal; interactive?: boolean } = {}): Promise<Ran> {
  let out = '';
  let err = '';
  const io: Io = {
    input: Readable.from([of.input ?? '']), out: (text) => { out += text; }, err: (text) => { err += text; }, color: false,
    interactive: of.interactive ?? false, columns: 80, signal: of.signal ?? new AbortController().signal,
  };
  const code = await runCli(argv, io, '0.1.0');
  return { code, out, err };
}
