import { LastmileError } from '../../domain/errors.ts';

export type LabelValue = number | string | boolean;

/** One request to come: its event time, its features by name in order, and the outcome that will be known later (null: none). */
export interface FeedRow { readonly index: number; readonly timeMs: number; readonly features: Readonly<Record<string, number | string>>; readonly label: LabelValue | null }
/** With the event time at which its outcome is known. */
export interface DueRow extends FeedRow { readonly dueMs: number }

export type LabelDelay = { readonly rows: number } | { readonly ms: number };

/**
 * Says of each row when its outcome is known. A delay in rows looks that many rows ahead; behind the last row the last step of time is continued.
 * Times may not go back: LM_INVALID_REQUEST names the row.
 */
export async function* withDue(rows: AsyncIterable<FeedRow> | Iterable<FeedRow>, delay: LabelDelay): AsyncGenerator<DueRow> {
  const ahead: FeedRow[] = [];
  let last: FeedRow | null = null;
  let stepMs = 0;
  for await (const row of rows) {
    if (last !== null && row.timeMs < last.timeMs) {
      throw new LastmileError('LM_INVALID_REQUEST', `Row ${row.index} is earlier than row ${last.index} (${iso(row.timeMs)} after ${iso(last.timeMs)}). Sort the file by time first.`);
    }
    stepMs = last === null ? 0 : row.timeMs - last.timeMs;
    last = row;
    if ('ms' in delay) { yield { ...row, dueMs: row.timeMs + delay.ms }; continue; }
    ahead.push(row);
    const first = ahead[0];
    if (ahead.length > delay.rows && first !== undefined) { ahead.shift(); yield { ...first, dueMs: row.timeMs }; }
  }
  if (last === null || !('rows' in delay)) return;
  for (const [k, row] of ahead.entries()) yield { ...row, dueMs: last.timeMs + (k + 1 + delay.rows - ahead.length) * stepMs };
}

function iso(ms: number): string { return new Date(ms).toISOString(); }
