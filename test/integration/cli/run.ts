import { Readable } from 'node:stream';
import type { Io } from '../../../cli/io.ts';
import { runCli } from '../../../cli/program.ts';

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
