import type { ColumnSample } from '../../domain/drift/column-drift.ts';

/** A column of numbers, or of texts; null: an empty cell. */
export function columnSample(cells: readonly (number | string | null)[]): ColumnSample {
  const filled = cells.filter((cell) => cell !== null);
  const counts = new Map<string, number>();
  for (const cell of filled) counts.set(String(cell), (counts.get(String(cell)) ?? 0) + 1);
  return { numbers: Float64Array.from(filled.filter((cell) => typeof cell === 'number')), counts, missing: cells.length - filled.length, others: filled.filter((cell) => typeof cell === 'string').length };
}
