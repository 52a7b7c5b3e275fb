import { LastmileError } from '../../domain/errors.ts';

/** The opaque `next` of a page: where it ended. The tenant is in every filter, so a cursor of another tenant shows nothing of it. */
export function writeCursor(at: string | number): string { return Buffer.from(JSON.stringify(at)).toString('base64url'); }

/** LM_INVALID_REQUEST for anything but a cursor over values of this type. */
export function readCursor(text: string, type: 'string'): string;
export function readCursor(text: string, type: 'number'): number;
export function readCursor(text: string, type: 'string' | 'number'): string | number {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));
  } catch { /* The refusal below says it. */ }
  if (typeof value === type && (typeof value === 'string' || typeof value === 'number')) return value;
  throw new LastmileError('LM_INVALID_REQUEST', 'The page cursor is not one that this list gave out; start again without it.');
}

/** One row more than asked for is read, so that `next` is null exactly on the last page. */
export function pageOf<T>(rows: readonly T[], limit: number, cursorOf: (row: T) => string | number): { readonly items: readonly T[]; readonly next: string | null } {
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  return { items, next: rows.length > limit && last !== undefined ? writeCursor(cursorOf(last)) : null };
}
