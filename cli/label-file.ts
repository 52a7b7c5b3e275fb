import { extname } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import type { z } from 'zod';
import type { LabelBody } from '../api/contract.ts';
import { LastmileError } from '../domain/errors.ts';
import { csvRows } from './csv-rows.ts';

export type LabelLine = z.input<typeof LabelBody>;
export const LABEL_FORMATS = ['json', 'ndjson', 'csv'] as const;
export type LabelFormat = (typeof LABEL_FORMATS)[number];

export function formatOf(file: string): LabelFormat {
  const format = LABEL_FORMATS.find((one) => extname(file) === `.${one}`) ?? (extname(file) === '.jsonl' || file === '-' ? 'ndjson' : undefined);
  if (format === undefined) throw new LastmileError('LM_INVALID_REQUEST', `The format of ${file} cannot be told from its name; give --format ${LABEL_FORMATS.join('|')}.`);
  return format;
}

/** Labels of a file, one by one. JSON: a list, or {labels: [...]}. CSV: columns id, value and, where wanted, row and time. */
export async function* readLabels(input: Readable, format: LabelFormat): AsyncGenerator<LabelLine> {
  if (format === 'csv') yield* fromCsv(input);
  else if (format === 'ndjson') yield* fromLines(input);
  else yield* fromJson(input);
}

/** Runs of at most `size`. */
export async function* inBatches<T>(items: AsyncIterable<T>, size: number): AsyncGenerator<T[]> {
  let batch: T[] = [];
  for await (const item of items) {
    batch.push(item);
    if (batch.length === size) { yield batch; batch = []; }
  }
  if (batch.length > 0) yield batch;
}

async function* fromCsv(input: Readable): AsyncGenerator<LabelLine> {
  for await (const { row, cells } of csvRows(input, 'the file of labels')) yield labelOf({ ...cells, value: cellOf(cells.value ?? '') }, row);
}

async function* fromLines(input: Readable): AsyncGenerator<LabelLine> {
  let line = 0;
  for await (const text of createInterface({ input, crlfDelay: Infinity })) {
    line += 1;
    if (text.trim() !== '') yield labelOf(parseJson(text, line), line);
  }
}

async function* fromJson(input: Readable): AsyncGenerator<LabelLine> {
  const chunks: Buffer[] = [];
  for await (const chunk of input) chunks.push(Buffer.from(chunk as Uint8Array));
  const value = parseJson(Buffer.concat(chunks).toString('utf8'), 1);
  const list = Array.isArray(value) ? value : isRecord(value) && Array.isArray(value.labels) ? value.labels : null;
  if (list === null) throw new LastmileError('LM_INVALID_REQUEST', 'A JSON file of labels is a list, or {"labels": [...]}.');
  for (const [i, item] of list.entries()) yield labelOf(item, i + 1);
}

function parseJson(text: string, line: number): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new LastmileError('LM_INVALID_REQUEST', `Line ${line} is not JSON.`, { cause: error });
  }
}

/** Takes the API's names and the short ones: id or inferenceId, time or labelMs. */
function labelOf(item: unknown, line: number): LabelLine {
  const record = isRecord(item) ? item : {};
  const id = filled(record.inferenceId ?? record.id);
  const value = filled(record.value);
  if (typeof id !== 'string' || !isValue(value)) throw new LastmileError('LM_INVALID_REQUEST', `Label ${line} needs an inference id and a value; it has ${Object.keys(record).join(', ') || 'nothing'}.`);
  const time = filled(record.labelMs ?? record.time);
  const row = filled(record.row);
  const propensity = filled(record.propensity);
  return { inferenceId: id, value, ...(row === undefined ? {} : { row: Number(row) }), ...(time === undefined ? {} : { labelMs: labelTime(time, line) }), ...(propensity === undefined ? {} : { propensity: Number(propensity) }), ...(typeof record.source === 'string' ? { source: record.source } : {}) };
}

/** An empty cell of a CSV file is no value. */
function filled(value: unknown): unknown { return value === '' ? undefined : value; }
function isValue(value: unknown): value is LabelLine['value'] { return typeof value === 'number' || typeof value === 'string' || typeof value === 'boolean'; }

function labelTime(time: unknown, line: number): number {
  const ms = typeof time === 'number' ? time : typeof time === 'string' ? (/^\d+$/.test(time) ? Number(time) : Date.parse(time)) : NaN;
  if (!Number.isSafeInteger(ms)) throw new LastmileError('LM_INVALID_REQUEST', `Label ${line} has a time that is neither RFC 3339 nor UTC milliseconds.`);
  return ms;
}

/** A CSV cell as the value it looks like. */
export function cellOf(text: string): number | string { return text.trim() !== '' && Number.isFinite(Number(text)) ? Number(text) : text; }

function isRecord(value: unknown): value is Record<string, unknown> { return typeof value === 'object' && value !== null && !Array.isArray(value); }
