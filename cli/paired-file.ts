import type { Readable } from 'node:stream';
import { LastmileError } from '../domain/errors.ts';
import { wrongCell, type PairedFile, type PairedRow } from '../domain/offline/paired-rows.ts';
import { csvRows, type CsvRow } from './csv-rows.ts';

const NEEDED = ['champion', 'challenger'] as const;
const ERRORS = ['champion_error', 'challenger_error'] as const;

/** What the metric reads: `answers` columns champion and challenger, `outcomes` column label, `errors` the two error columns. */
export interface Wanted { readonly answers: boolean; readonly outcomes: boolean; readonly errors: boolean }

/** Reads a file of pairs whole. Throws LM_INVALID_REQUEST, with row and column, for what cannot be judged. */
export async function readPairedFile(input: Readable, file: string, wanted: Wanted): Promise<PairedFile> {
  const rows: PairedRow[] = [];
  const seen = new Set<string>();
  let [isOrdered, hasErrors, repeated, before] = [true, false, 0, -Infinity];
  for await (const { row, cells } of csvRows(input, file)) {
    if (row === 1) { refuseMissing(cells, file, wanted); hasErrors = ERRORS.some((column) => column in cells); }
    const id = filled(cells.id);
    if (id !== null && seen.has(id)) { repeated += 1; continue; }
    if (id !== null) seen.add(id);
    const at = timeOf(row, cells.ts);
    if (at !== null) { isOrdered &&= at >= before; before = at; }
    rows.push(pairOf(row, cells, wanted));
  }
  if (rows.length === 0) throw new LastmileError('LM_INVALID_REQUEST', `${file} has no rows.`);
  return { rows, isOrdered, hasErrors, repeated };
}

function refuseMissing(cells: CsvRow, file: string, { answers, outcomes, errors }: Wanted): void {
  const wanted = [...(answers ? NEEDED : []), ...(outcomes ? ['label'] : []), ...(errors ? ERRORS : [])];
  const missing = wanted.filter((column) => !(column in cells));
  if (missing.length > 0) throw new LastmileError('LM_INVALID_REQUEST', `${file} has no column ${missing.join(' and no column ')}; it has ${Object.keys(cells).join(', ')}.`);
}

function pairOf(row: number, cells: CsvRow, { answers }: Wanted): PairedRow {
  const pair = {
    row, champion: filled(cells.champion), challenger: filled(cells.challenger), label: filled(cells.label), segment: filled(cells.segment),
    championError: flag(row, 'champion_error', cells.champion_error), challengerError: flag(row, 'challenger_error', cells.challenger_error),
  };
  if (answers) for (const who of NEEDED) if (pair[who] === null && !pair[`${who}Error`]) throw new LastmileError('LM_INVALID_REQUEST', `Row ${row}, column ${who}: it is empty; an answer that failed has 1 in the column ${who}_error.`);
  return pair;
}

function filled(text: string | undefined): string | null { return text === undefined || text === '' ? null : text; }

function flag(row: number, column: string, text: string | undefined): boolean {
  if (text === undefined || text === '' || text === '0') return false;
  if (text === '1') return true;
  throw wrongCell(row, column, text, '0 or 1');
}

/** Numbers (seconds or milliseconds, as long as it is one of them) or RFC 3339. */
function timeOf(row: number, text: string | undefined): number | null {
  if (text === undefined || text === '') return null;
  const value = Number.isFinite(Number(text)) ? Number(text) : Date.parse(text);
  if (!Number.isFinite(value)) throw wrongCell(row, 'ts', text, 'time');
  return value;
}
