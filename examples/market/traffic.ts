import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { FeedRow } from '../../cli/feed/rows.ts';
import type { DueLabel } from '../../cli/feed/outcomes.ts';
import { FEATURES, marketRows } from './stream.ts';

/** How far the live stream came: the next row, and outcomes not yet handed over. */
export interface Position { readonly nextRow: number; readonly pending: readonly DueLabel[] }

export function readPosition(file: string): Position {
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) as Position : { nextRow: 0, pending: [] };
}

export function writePosition(file: string, position: Position): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(`${file}.new`, JSON.stringify(position));
  renameSync(`${file}.new`, file);
}

/** The stream as live traffic, from a row on, without end. */
export function* liveRows(seed: number, fromRow: number): Generator<FeedRow> {
  for (const row of marketRows(seed)) {
    if (row.index < fromRow) continue;
    yield { index: row.index, timeMs: row.timeMs, label: row.outcome, features: Object.fromEntries(FEATURES.map((name, j) => [name, row.features[j] ?? 0])) };
  }
}
