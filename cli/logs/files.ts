import { closeSync, existsSync, fstatSync, openSync, readdirSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { LastmileError } from '../../domain/errors.ts';
import { readLine, type LogLine } from './line.ts';

/** Of a long log its end is read. */
const MOST_BYTES = 8 * 1024 * 1024;

/** The logs of a folder that grow: each `read` gives the whole lines that have come since the one before, at first the end of what is there. */
export interface Logs { readonly processes: readonly string[]; read(): readonly LogLine[] }

/** Servers that are not ours say much; they are shown when they are named. */
const FOREIGN: readonly string[] = ['mongod', 'temporal'];

/** Without a name every process of ours. LM_NOT_FOUND: no such folder, or no such process; the known ones are named. */
export function openLogs(folder: string, process: string | undefined): Logs {
  const known = existsSync(folder) ? readdirSync(folder).filter((file) => file.endsWith('.log')).map((file) => file.slice(0, -'.log'.length)).sort() : [];
  if (known.length === 0) throw new LastmileError('LM_NOT_FOUND', `There are no logs in ${folder}; \`npm start\` writes them. Another data folder: LASTMILE_DATA_DIR. In containers: docker compose logs.`);
  if (process !== undefined && !known.includes(process)) throw new LastmileError('LM_NOT_FOUND', `There is no log of "${process}"; known: ${known.join(', ')}.`, { details: { known } });
  const processes = process === undefined ? known.filter((name) => !FOREIGN.includes(name)) : [process];
  const tails = processes.map((name) => tailOf(name, join(folder, `${name}.log`)));
  return { processes, read: () => inOrder(tails.map((tail) => tail())) };
}

function tailOf(process: string, file: string): () => readonly LogLine[] {
  let at: number | null = null;
  let rest: Buffer = Buffer.alloc(0);
  return () => {
    const { size, bytes, from } = readFrom(file, at);
    // The first line of an end is cut off; a log that became shorter was begun anew.
    const cut = at === null && from > 0;
    const text = at !== null && from < at ? bytes : Buffer.concat([rest, bytes]);
    at = size;
    const end = text.lastIndexOf(10) + 1;
    rest = text.subarray(end);
    const lines = text.subarray(0, end).toString('utf8').split('\n').filter((line) => line !== '');
    return lines.slice(cut ? 1 : 0).map((line) => readLine(process, line));
  };
}

function readFrom(file: string, at: number | null): { readonly from: number; readonly size: number; readonly bytes: Buffer } {
  let handle: number;
  try { handle = openSync(file, 'r'); } catch { return { from: 0, size: 0, bytes: Buffer.alloc(0) }; }
  try {
    const { size } = fstatSync(handle);
    const from = at === null ? Math.max(0, size - MOST_BYTES) : at > size ? 0 : at;
    const bytes = Buffer.alloc(size - from);
    const got = readSync(handle, bytes, 0, bytes.length, from);
    return { from, size: from + got, bytes: bytes.subarray(0, got) };
  } finally { closeSync(handle); }
}

/** Of several processes by time; a line without one stays behind the line that it follows. */
function inOrder(logs: readonly (readonly LogLine[])[]): readonly LogLine[] {
  const timed = logs.flatMap((lines) => {
    let atMs = 0;
    return lines.map((line) => { atMs = line.atMs ?? atMs; return { atMs, line }; });
  });
  return timed.sort((one, other) => one.atMs - other.atMs).map(({ line }) => line);
}
