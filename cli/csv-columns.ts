import type { Readable } from 'node:stream';
import { LastmileError } from '../domain/errors.ts';
import type { ColumnSample } from '../domain/drift/column-drift.ts';
import { csvRows } from './csv-rows.ts';

/** Cells that say that there is no value. */
const MISSING: ReadonlySet<string> = new Set(['', 'NaN', 'nan', 'NA', 'N/A', 'null', 'NULL', 'None']);
/** More distinct texts than this are ids or numbers, not categories. */
const MOST_CATEGORIES = 100_000;
const FIRST_SIZE = 1_024;

/** Values of one column as they come: eight bytes a number, and the texts as long as they are few. */
class Column implements ColumnSample {
  private values = new Float64Array(FIRST_SIZE);
  private length = 0;
  readonly counts = new Map<string, number>();
  missing = 0;
  others = 0;

  get numbers(): Float64Array { return this.values.subarray(0, this.length); }

  add(text: string, name: string): void {
    if (MISSING.has(text)) { this.missing += 1; return; }
    const value = Number(text);
    if (Number.isFinite(value)) this.push(value); else this.others += 1;
    if (this.others === 0 && this.counts.size >= MOST_CATEGORIES) return;
    this.counts.set(text, (this.counts.get(text) ?? 0) + 1);
    if (this.counts.size > MOST_CATEGORIES) throw new LastmileError('LM_INVALID_REQUEST', `Column ${name} has more than ${MOST_CATEGORIES} different texts: it holds ids, not categories. Leave it out with --columns.`);
  }

  private push(value: number): void {
    if (this.length === this.values.length) { const grown = new Float64Array(2 * this.length); grown.set(this.values); this.values = grown; }
    this.values[this.length] = value;
    this.length += 1;
  }
}

/** The columns of a CSV file, all or those named. Throws LM_INVALID_REQUEST for one that it has not, with those that it has, and for a file without rows. */
export async function readColumns(input: Readable, file: string, wanted: readonly string[] | null): Promise<ReadonlyMap<string, ColumnSample>> {
  const columns = new Map<string, Column>();
  for await (const { row, cells } of csvRows(input, file)) {
    if (row === 1) {
      const names = Object.keys(cells);
      const unknown = (wanted ?? []).filter((name) => !names.includes(name));
      if (unknown.length > 0) throw new LastmileError('LM_INVALID_REQUEST', `${file} has no column ${unknown.join(', ')}; it has ${names.join(', ')}.`);
      for (const name of wanted ?? names) columns.set(name, new Column());
    }
    for (const [name, column] of columns) column.add(cells[name] ?? '', name);
  }
  if (columns.size === 0) throw new LastmileError('LM_INVALID_REQUEST', `${file} has no rows.`);
  return columns;
}
