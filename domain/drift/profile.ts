import type { Cell } from './feature-code.ts';

/** How often each value of one column was seen: numbers by code, texts by themselves, both in order. */
export interface ColumnProfile {
  readonly name: string;
  readonly numbers: readonly (readonly [code: number, count: number])[];
  readonly texts: readonly (readonly [text: string, count: number])[];
  /** Texts beyond those that are told apart. */
  readonly otherTexts: number;
  readonly missing: number;
}

export interface Profile { readonly rows: number; readonly columns: readonly ColumnProfile[] }

/** More texts than these are ids, not categories. */
export const MOST_TEXTS = 200;

interface Counts { readonly numbers: Map<number, number>; readonly texts: Map<string, number>; otherTexts: number; missing: number }

/** Counts rows of cells; the same counts in whatever order and portions they come, as long as there are no more texts than are told apart. */
export interface ProfileFold { add(row: readonly Cell[]): void; profile(): Profile }

export function profileFold(names: readonly string[]): ProfileFold {
  const columns = names.map((): Counts => ({ numbers: new Map(), texts: new Map(), otherTexts: 0, missing: 0 }));
  let rows = 0;
  return {
    add(row) {
      rows += 1;
      columns.forEach((counts, k) => { count(counts, row[k] ?? null); });
    },
    profile: () => ({ rows, columns: columns.map((counts, k) => told(names[k] ?? '', counts)) }),
  };
}

function count(counts: Counts, cell: Cell): void {
  if (cell === null) counts.missing += 1;
  else if (typeof cell === 'number') counts.numbers.set(cell, (counts.numbers.get(cell) ?? 0) + 1);
  else if (counts.texts.has(cell) || counts.texts.size < MOST_TEXTS) counts.texts.set(cell, (counts.texts.get(cell) ?? 0) + 1);
  else counts.otherTexts += 1;
}

function told(name: string, { numbers, texts, otherTexts, missing }: Counts): ColumnProfile {
  return { name, numbers: [...numbers].sort(([a], [b]) => a - b), texts: [...texts].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)), otherTexts, missing };
}

/** Of both; columns are those of the first. */
export function mergeProfiles(a: Profile, b: Profile): Profile {
  const other = new Map(b.columns.map((column) => [column.name, column]));
  return { rows: a.rows + b.rows, columns: a.columns.map((column) => mergeColumns(column, other.get(column.name))) };
}

function mergeColumns(a: ColumnProfile, b: ColumnProfile | undefined): ColumnProfile {
  if (b === undefined) return a;
  const counts: Counts = { numbers: new Map(a.numbers), texts: new Map(a.texts), otherTexts: a.otherTexts + b.otherTexts, missing: a.missing + b.missing };
  for (const [code, n] of b.numbers) counts.numbers.set(code, (counts.numbers.get(code) ?? 0) + n);
  for (const [text, n] of b.texts) {
    if (counts.texts.has(text) || counts.texts.size < MOST_TEXTS) counts.texts.set(text, (counts.texts.get(text) ?? 0) + n);
    else counts.otherTexts += n;
  }
  return told(a.name, counts);
}
