import type { Io } from '../io.ts';
import { visible } from './table.ts';

const ESC = String.fromCharCode(27);

/** Draws a block over the one before it. Counts the rows that long lines take. */
export function repainter(io: Pick<Io, 'out' | 'columns'>): (text: string) => void {
  let rows = 0;
  let last = '';
  return (text) => {
    if (text === last) return;
    io.out(`${rows === 0 ? '' : `${ESC}[${rows}A${ESC}[J`}${text}\n`);
    last = text;
    rows = text.split('\n').reduce((sum, line) => sum + Math.max(1, Math.ceil(visible(line) / Math.max(io.columns, 1))), 0);
  };
}

/** One line that is written over, for progress on standard error; `end` keeps the last state. */
export function progressLine(io: Pick<Io, 'err' | 'columns'>): { show(text: string): void; end(): void } {
  let shown = false;
  return {
    show: (text) => { io.err(`\r${ESC}[K${text.slice(0, Math.max(io.columns - 1, 10))}`); shown = true; },
    end: () => { if (shown) io.err('\n'); shown = false; },
  };
}
