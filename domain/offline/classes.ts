import { LastmileError } from '../errors.ts';
import type { JudgeOptions } from './options.ts';
import { wrongCell, type PairedRow } from './paired-rows.ts';

/** What a cell says as a class. */
export type ClassOf = (text: string) => string;

/**
 * Scores and classes share columns. Where every outcome is 0 or 1 and every answer a number in [0, 1], answers are scores, and one at or above the
 * threshold is class 1 (0 and 1 are themselves). Otherwise cells are class names, 1 and 1.0 the same; then a number with a fraction is a mistake.
 */
export function classReader(rows: readonly PairedRow[], { threshold }: Pick<JudgeOptions, 'threshold'>): ClassOf {
  const answers = rows.flatMap(({ champion, challenger }) => [champion, challenger]).filter((text) => text !== null);
  const labels = rows.flatMap(({ label }) => label ?? []);
  if (labels.every(isBinary) && answers.every(isShare)) return (text) => (Number(text) >= threshold ? '1' : '0');
  for (const each of rows) for (const column of ['champion', 'challenger'] as const) refuseScore(each, column);
  const named = new Set(labels.map(nameOf));
  if (labels.length > 0 && answers.length > 0 && !answers.some((text) => named.has(nameOf(text)))) {
    throw new LastmileError('LM_INVALID_REQUEST', `No answer is ever one of the outcomes (${[...named].slice(0, 5).join(', ')}): the columns champion and challenger must hold the same classes as label, or scores between 0 and 1 where the outcomes are 0 and 1.`);
  }
  return nameOf;
}

/** The label column as a class, for either kind of answer. */
export function nameOf(text: string): string {
  const value = Number(text);
  return text.trim() !== '' && Number.isFinite(value) ? String(value) : text;
}

function isBinary(text: string): boolean { const name = nameOf(text); return name === '0' || name === '1'; }
function isShare(text: string): boolean { const value = Number(text); return text.trim() !== '' && value >= 0 && value <= 1; }

function refuseScore({ row, ...cells }: PairedRow, column: 'champion' | 'challenger'): void {
  const text = cells[column];
  if (text !== null && Number.isFinite(Number(text)) && !Number.isInteger(Number(text))) throw wrongCell(row, column, text, 'class; scores lie between 0 and 1, with outcomes 0 and 1');
}
