/** Columns of text, two spaces apart; widths by visible characters, colour codes not counted. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...all.map((row) => visible(row[column] ?? ''))));
  return all.map((row) => row.map((cell, column) => (column === row.length - 1 ? cell : cell + ' '.repeat((widths[column] ?? 0) - visible(cell)))).join('  ').trimEnd()).join('\n');
}

const COLOR_CODES = new RegExp(`${String.fromCharCode(27)}\\[[0-9;]*m`, 'g');
export function visible(text: string): number { return Array.from(text.replaceAll(COLOR_CODES, '')).length; }

/** UTC, to the second. */
export function utc(ms: number): string { return new Date(ms).toISOString().slice(0, 19).replace('T', ' '); }

/** `12 s`, `3 min`, `5 h`, `2 d` ago. */
export function ago(ms: number, nowMs: number): string {
  const seconds = Math.max(0, Math.round((nowMs - ms) / 1_000));
  if (seconds < 90) return `${seconds} s ago`;
  if (seconds < 5_400) return `${Math.round(seconds / 60)} min ago`;
  return seconds < 129_600 ? `${Math.round(seconds / 3_600)} h ago` : `${Math.round(seconds / 86_400)} d ago`;
}
