import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const README = join(import.meta.dirname, '..', 'README.md');

/** Writes the table of a bench between its markers in bench/README.md. */
export function writeTable(name: string, lines: readonly string[]): void { writeFileSync(README, withTable(readFileSync(README, 'utf8'), name, lines)); }

/** The page with what stands between `<!-- name -->` and `<!-- /name -->` replaced. Throws when it has no such place. */
export function withTable(page: string, name: string, lines: readonly string[]): string {
  const [open, close] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
  const [start, end] = [page.indexOf(open), page.indexOf(close)];
  if (start === -1 || end < start) throw new RangeError(`bench/README.md has no place for ${name}: write ${open} and ${close} on lines of their own.`);
  return `${page.slice(0, start)}${open}\n${lines.join('\n')}\n${page.slice(end)}`;
}

export function row(cells: readonly (string | number)[]): string { return `| ${cells.join(' | ')} |`; }

/** The middle one of several measurements, with the least and the greatest. */
export interface Spread { readonly median: number; readonly least: number; readonly most: number }

export function spreadOf(values: readonly number[]): Spread {
  const ordered = [...values].sort((a, b) => a - b);
  const at = (i: number): number => ordered[i] ?? Number.NaN;
  const middle = (ordered.length - 1) / 2;
  return { median: (at(Math.floor(middle)) + at(Math.ceil(middle))) / 2, least: at(0), most: at(ordered.length - 1) };
}

/** 123 (118 to 140). */
export function shown({ median, least, most }: Spread): string { return `${figure(median)} (${figure(least)} to ${figure(most)})`; }

/** Three digits that count, thousands apart. */
export function figure(value: number): string { return Number(value.toPrecision(3)).toLocaleString('en'); }
