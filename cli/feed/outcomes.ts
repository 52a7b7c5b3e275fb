import type { DueRow, LabelValue } from './rows.ts';

/** An outcome on its way: it needs its inference id, then its time. */
export interface DueLabel { readonly inferenceId: string; readonly value: LabelValue; readonly dueMs: number }
interface Waiting { readonly row: DueRow; inferenceId: string | null; answered: boolean }

/** Outcomes in order of their rows, from the request to the acknowledged push. Plain state, no I/O. */
export interface Outcomes {
  /** Before the request is sent. */
  expect(row: DueRow): void;
  /** When it is answered; null: it failed, so there is nothing to label. */
  answered(row: DueRow, inferenceId: string | null): void;
  /** Due time of the oldest outcome not yet handed over; null when there is none. */
  oldestDueMs(): number | null;
  /** The run of oldest outcomes that may be handed over by event time `untilMs`, at most `limit`; they stay until `done`. */
  ready(untilMs: number, limit: number): readonly DueLabel[];
  done(count: number): void;
  /** What a later run has to hand over. */
  pending(): readonly DueLabel[];
}

export function outcomes(carried: readonly DueLabel[] = []): Outcomes {
  let queue: (Waiting | DueLabel)[] = [...carried];
  const waiting = new Map<number, Waiting>();
  /** Failed and unlabelled rows at the head never become due. */
  const trim = (): void => {
    let skip = 0;
    while (isNothing(queue[skip])) skip += 1;
    if (skip > 0) queue = queue.slice(skip);
  };
  return {
    expect: (row) => {
      const entry: Waiting = { row, inferenceId: null, answered: false };
      waiting.set(row.index, entry);
      queue.push(entry);
    },
    answered: (row, inferenceId) => {
      const entry = waiting.get(row.index);
      if (entry === undefined) return;
      entry.inferenceId = row.label === null ? null : inferenceId;
      entry.answered = true;
      waiting.delete(row.index);
      trim();
    },
    oldestDueMs: () => { const head = queue[0]; return head === undefined ? null : dueOf(head); },
    ready: (untilMs, limit) => {
      const run: DueLabel[] = [];
      for (const entry of queue) {
        if (run.length >= limit || dueOf(entry) > untilMs) break;
        if (isNothing(entry)) continue;
        const label = asLabel(entry);
        if (label === null) break;
        run.push(label);
      }
      return run;
    },
    done: (count) => {
      let left = count;
      while (left > 0 && queue.length > 0) { if (!isNothing(queue[0])) left -= 1; queue.shift(); }
      trim();
    },
    pending: () => queue.flatMap((entry) => asLabel(entry) ?? []),
  };
}

function dueOf(entry: Waiting | DueLabel): number { return 'row' in entry ? entry.row.dueMs : entry.dueMs; }
function isNothing(entry: Waiting | DueLabel | undefined): boolean { return entry !== undefined && 'row' in entry && entry.answered && entry.inferenceId === null; }
function asLabel(entry: Waiting | DueLabel): DueLabel | null {
  if (!('row' in entry)) return entry;
  return entry.inferenceId === null || entry.row.label === null ? null : { inferenceId: entry.inferenceId, value: entry.row.label, dueMs: entry.row.dueMs };
}
