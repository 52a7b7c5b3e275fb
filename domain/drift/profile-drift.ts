import { driftOfCounts, type ColumnDrift, type CountedColumn } from './column-drift.ts';
import type { ColumnProfile, Profile } from './profile.ts';
import type { DriftRule, DriftVerdict } from './rule.ts';

/** What a window tells of one column against the reference; figures as in docs/drift.md. */
export interface ColumnFinding extends Pick<ColumnDrift, 'type' | 'nRef' | 'nCur' | 'missing' | 'psi' | 'psiP' | 'jsDistance' | 'lInfinity' | 'ks' | 'ksP' | 'newCategories' | 'verdict'> { readonly name: string }

const BINS = 10;
const CATEGORIES = 50;
const MOST_TOLD = 10;

/** Each column of the reference against the window, under the budget of false alarms; a column that the window lacks is all missing. */
export function profileDrift(reference: Profile, window: Profile, rule: DriftRule): { readonly verdict: DriftVerdict; readonly alpha: number; readonly columns: readonly ColumnFinding[] } {
  const now = new Map(window.columns.map((column) => [column.name, column]));
  const pairs = reference.columns.map((ref) => ({ ref, cur: now.get(ref.name) ?? { ...NOTHING, name: ref.name, missing: window.rows } }));
  const { verdict, columns, rule: { alpha } } = driftOfCounts(pairs.map(({ ref, cur }): CountedColumn => (isNumeric(ref) ? numericCounts(ref, cur) : textCounts(ref, cur))), rule);
  return {
    verdict, alpha, columns: pairs.flatMap(({ ref, cur }): readonly ColumnFinding[] => {
      const found = columns[ref.name];
      if (found === undefined) return [];
      const { type, psi, psiP, jsDistance, lInfinity, ks, ksP, verdict: own } = found;
      return [{ name: ref.name, type, nRef: seen(ref), nCur: seen(cur), missing: { ref: missingOf(ref), cur: missingOf(cur) }, psi, psiP, jsDistance, lInfinity, ks, ksP, newCategories: isNumeric(ref) ? [] : newTexts(ref, cur), verdict: own }];
    }),
  };
}

const NOTHING: Omit<ColumnProfile, 'name'> = { numbers: [], texts: [], otherTexts: 0, missing: 0 };

/** A column of which the reference has numbers alone: texts in it are no numbers, so they count as missing. */
export function isNumeric({ numbers, texts, otherTexts }: ColumnProfile): boolean { return numbers.length > 0 && texts.length === 0 && otherTexts === 0; }
function total(counts: readonly (readonly [unknown, number])[]): number { return counts.reduce((sum, [, n]) => sum + n, 0); }
function seen(column: ColumnProfile): number { return isNumeric(column) ? total(column.numbers) : total(column.numbers) + total(column.texts) + column.otherTexts; }
function missingOf({ missing }: ColumnProfile): number { return missing; }

/** Bins that hold about equally much of the reference, cut between codes; below and above it, and missing where there is any. */
function numericCounts(ref: ColumnProfile, cur: ColumnProfile): CountedColumn {
  const ends = binEnds(ref.numbers);
  const first = ref.numbers[0]?.[0] ?? 0;
  const of = ({ numbers, texts, otherTexts, missing }: ColumnProfile): readonly number[] => {
    const bins = new Array<number>(ends.length + 2).fill(0);
    for (const [code, n] of numbers) {
      const at = code < first ? 0 : 1 + placeOf(ends, code);
      bins[at] = (bins[at] ?? 0) + n;
    }
    return [...bins, missing + total(texts) + otherTexts];
  };
  const [old, young] = [of(ref), of(cur)];
  const isBin = (k: number): boolean => k > 0 && k <= ends.length;
  const used = old.map((n, k) => isBin(k) || n + (young[k] ?? 0) > 0);
  return { name: ref.name, ordered: true, counts: { ref: old.filter((_, k) => used[k]), cur: young.filter((_, k) => used[k]) } };
}

/** The last code of each bin, ascending. */
function binEnds(numbers: ColumnProfile['numbers']): readonly number[] {
  const all = total(numbers);
  const ends: number[] = [];
  let sum = 0;
  for (const [code, n] of numbers) {
    sum += n;
    if (sum >= (all * (ends.length + 1)) / BINS - 1e-9) ends.push(code);
  }
  return ends;
}

/** Which bin: the first whose end is not below; one past the last where all are. */
function placeOf(ends: readonly number[], code: number): number {
  const found = ends.findIndex((end) => code <= end);
  return found < 0 ? ends.length : found;
}

/** Categories of the reference, the most frequent first; all others as one. Numbers among texts are texts too. */
function textCounts(ref: ColumnProfile, cur: ColumnProfile): CountedColumn {
  const kept = named(ref).sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1)).slice(0, CATEGORIES).map(([text]) => text);
  const of = (column: ColumnProfile): readonly number[] => {
    const counts = new Map(named(column));
    const own = kept.map((text) => counts.get(text) ?? 0);
    return [...own, seen(column) - own.reduce((sum, n) => sum + n, 0), column.missing];
  };
  const [old, young] = [of(ref), of(cur)];
  const used = old.map((n, k) => k < kept.length || n + (young[k] ?? 0) > 0);
  return { name: ref.name, ordered: false, counts: { ref: old.filter((_, k) => used[k]), cur: young.filter((_, k) => used[k]) } };
}

function named({ numbers, texts }: ColumnProfile): (readonly [string, number])[] { return [...texts, ...numbers.map(([code, n]) => [`#${String(code)}`, n] as const)]; }

function newTexts(ref: ColumnProfile, cur: ColumnProfile): readonly string[] {
  const known = new Set(ref.texts.map(([text]) => text));
  return cur.texts.filter(([text]) => !known.has(text)).sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1)).slice(0, MOST_TOLD).map(([text]) => text);
}
