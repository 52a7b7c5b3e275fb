import { LastmileError } from './errors.ts';

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };

/** `30d`, `5m`, `1h30m`, `250ms` to milliseconds. Throws LM_INVALID_SPEC. */
export function parseDuration(text: string): number {
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h|d|w)/g)];
  if (parts.length === 0 || parts.map((part) => part[0]).join('') !== text) {
    throw new LastmileError('LM_INVALID_SPEC', `"${text}" is not a duration; write for example 30d, 12h, 5m, 1h30m or 250ms.`);
  }
  return parts.reduce((sum, [, amount, unit]) => sum + Number(amount) * (UNIT_MS[unit ?? ''] ?? 0), 0);
}

/** Milliseconds to the shortest exact text, largest unit first: 5400000 is `1h30m`. */
export function formatDuration(ms: number): string {
  if (ms === 0) return '0s';
  let rest = ms;
  let text = '';
  for (const unit of ['d', 'h', 'm', 's', 'ms'] as const) {
    const size = UNIT_MS[unit] ?? 1;
    const amount = unit === 'ms' ? rest : Math.floor(rest / size);
    if (amount > 0) text += `${String(amount)}${unit}`;
    rest -= amount * size;
  }
  return text;
}
