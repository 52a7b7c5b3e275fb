import { pipeline, type Readable } from 'node:stream';
import { CsvError, parse } from 'csv-parse';
import { LastmileError } from '../domain/errors.ts';
import { unreadable } from './read-input.ts';

export type CsvRow = Readonly<Record<string, string>>;

/** Rows of a CSV file with a header, one by one, with their number from 1; a row of another length than the header is an error that names its line. */
export async function* csvRows(input: Readable, file: string): AsyncGenerator<{ readonly row: number; readonly cells: CsvRow }> {
  let row = 0;
  // A file that cannot be read ends the parser with its error; pipe() alone would leave it waiting. Told below, by the iteration.
  const parser = pipeline(input, parse({ columns: true, bom: true, trim: true, skip_empty_lines: true }), () => undefined);
  try {
    for await (const record of parser as AsyncIterable<CsvRow>) {
      row += 1;
      yield { row, cells: record };
    }
  } catch (error) {
    if (error instanceof CsvError) throw new LastmileError('LM_INVALID_REQUEST', `${file} is no CSV file with a header: ${readable(error.message)}.`, { cause: error });
    throw error instanceof LastmileError ? error : unreadable(file, error);
  }
}

const LONGEST = 200;
/** A file that is no text quotes itself in the error: told short, and without what a terminal would obey. */
function readable(text: string): string {
  const plain = text.replaceAll(/[^\x20-\x7e\u00a0-\uffff]/g, '?');
  return plain.length > LONGEST ? `${plain.slice(0, LONGEST)}…` : plain;
}
