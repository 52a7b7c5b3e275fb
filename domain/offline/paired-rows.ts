import { LastmileError } from '../errors.ts';

/** One row of a file of pairs: both answers to one request, and its outcome. Cells as text; null: empty, or no such column. */
export interface PairedRow {
  /** Counted from 1, without the header. */
  readonly row: number;
  readonly champion: string | null;
  readonly challenger: string | null;
  readonly label: string | null;
  readonly championError: boolean;
  readonly challengerError: boolean;
  readonly segment: string | null;
}

/** `isOrdered`: the times of the file, where it has any, never go back. `hasErrors`: it says which answers failed. `repeated`: rows with an id that came before, left out. */
export interface PairedFile { readonly rows: readonly PairedRow[]; readonly isOrdered: boolean; readonly hasErrors: boolean; readonly repeated: number }

export type Column = 'champion' | 'challenger' | 'label';

export function wrongCell(row: number, column: string, text: string, wanted: string): LastmileError {
  return new LastmileError('LM_INVALID_REQUEST', `Row ${row}, column ${column}: "${text}" is no ${wanted}.`);
}

export function finiteNumber({ row }: PairedRow, column: Column, text: string): number {
  const value = text.trim() === '' ? NaN : Number(text);
  if (!Number.isFinite(value)) throw wrongCell(row, column, text, 'finite number');
  return value;
}

export function probability(row: PairedRow, column: Column, text: string): number {
  const value = finiteNumber(row, column, text);
  if (value < 0 || value > 1) throw wrongCell(row.row, column, text, 'probability between 0 and 1');
  return value;
}

export function outcome(row: PairedRow, text: string): 0 | 1 {
  const value = finiteNumber(row, 'label', text);
  if (value !== 0 && value !== 1) throw wrongCell(row.row, 'label', text, 'outcome 0 or 1');
  return value;
}

/** Both answered. */
export interface AnsweredRow extends PairedRow { readonly champion: string; readonly challenger: string }
export function isAnswered(row: PairedRow): row is AnsweredRow { return !row.championError && !row.challengerError && row.champion !== null && row.challenger !== null; }
export interface LabelledRow extends AnsweredRow { readonly label: string }
export function isLabelled(row: PairedRow): row is LabelledRow { return isAnswered(row) && row.label !== null; }
