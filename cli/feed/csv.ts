import { parse } from 'csv-parse';
import type { Readable } from 'node:stream';
import { isLastmileError, LastmileError } from '../../domain/errors.ts';
import { cellOf } from '../label-file.ts';
import { unreadable } from '../read-input.ts';
import type { FeedRow } from './rows.ts';

/** Which columns are what, and which times the rows have. */
export interface CsvPlan {
  /** null: every column but label and time. */
  readonly features: readonly string[] | null;
  readonly label: string | null;
  readonly time: { readonly column: string } | { readonly startMs: number; readonly stepMs: number };
  /** Rows [from, to) counted from 0 behind the header. */
  readonly from: number;
  readonly to: number;
}

/** A CSV file with a header as rows of traffic. Throws LM_INVALID_REQUEST for a column that is not there (listing those that are), or a time that cannot be read. */
export async function* csvRows(input: Readable, plan: CsvPlan): AsyncGenerator<FeedRow> {
  const records = input.pipe(parse({ columns: true, bom: true, trim: true, skip_empty_lines: true, to: Number.isFinite(plan.to) ? Math.max(plan.to, 1) : -1 }));
  input.on('error', (error) => records.destroy(error));
  let index = 0;
  try {
    for await (const record of records as AsyncIterable<Record<string, string>>) {
      if (index === 0) checkColumns(Object.keys(record), plan);
      if (index >= plan.to) return;
      if (index >= plan.from) yield rowOf(record, index, plan);
      index += 1;
    }
  } catch (error) {
    if (isLastmileError(error)) throw error;
    throw unreadable('The CSV file', error);
  } finally {
    input.destroy();
  }
}

function checkColumns(columns: readonly string[], { features, label, time }: CsvPlan): void {
  const wanted = [...(features ?? []), ...(label === null ? [] : [label]), ...('column' in time ? [time.column] : [])];
  const missing = wanted.filter((name) => !columns.includes(name));
  if (missing.length > 0) throw new LastmileError('LM_INVALID_REQUEST', `The file has no column ${missing.join(', ')}; it has ${columns.join(', ')}.`);
}

function rowOf(record: Readonly<Record<string, string>>, index: number, plan: CsvPlan): FeedRow {
  const special = [plan.label, 'column' in plan.time ? plan.time.column : null];
  const names = plan.features ?? Object.keys(record).filter((name) => !special.includes(name));
  const label = plan.label === null ? undefined : record[plan.label];
  return {
    index, timeMs: 'column' in plan.time ? timeOf(record[plan.time.column] ?? '', index) : plan.time.startMs + index * plan.time.stepMs,
    features: Object.fromEntries(names.map((name) => [name, cellOf(record[name] ?? '')])),
    label: label === undefined || label === '' ? null : cellOf(label),
  };
}

/** UTC milliseconds, seconds (10 digits), or a date that JavaScript reads; without a zone it is UTC. */
function timeOf(text: string, index: number): number {
  const ms = /^\d{13}$/.test(text) ? Number(text) : /^\d{9,10}$/.test(text) ? Number(text) * 1_000 : Date.parse(/[zZ]|[+-]\d\d:?\d\d$/.test(text) ? text : `${text.replace(' ', 'T')}${text.length > 10 ? 'Z' : ''}`);
  if (!Number.isFinite(ms)) throw new LastmileError('LM_INVALID_REQUEST', `Row ${index} has the time "${text}", which is neither RFC 3339 nor UTC milliseconds or seconds. Make times with --start and --step instead.`);
  return ms;
}
