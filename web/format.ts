import { formatMoney } from '../domain/money.ts';

/** Numbers and times for people; always UTC, never by locale, so that a page reads the same everywhere. */

/** `2026-11-23 14:05 UTC`. */
export function formatTime(ms: number): string { return `${new Date(ms).toISOString().slice(0, 16).replace('T', ' ')} UTC`; }

/** How long ago, in the largest unit that says something. */
export function formatAgo(ms: number, nowMs: number): string {
  const seconds = Math.max(0, Math.round((nowMs - ms) / 1_000));
  if (seconds < 60) return `${String(seconds)} s ago`;
  if (seconds < 3_600) return `${String(Math.floor(seconds / 60))} min ago`;
  if (seconds < 172_800) return `${String(Math.floor(seconds / 3_600))} h ago`;
  return `${String(Math.floor(seconds / 86_400))} days ago`;
}

/** Three digits that matter; a dash where there is no number. */
export function formatNumber(value: number | null): string {
  if (value === null || !Number.isFinite(value)) return '–';
  if (value === 0) return '0';
  const text = Math.abs(value) >= 1_000 ? Math.round(value).toString().replace(/\B(?=(\d{3})+$)/g, ',') : String(Number(value.toPrecision(3)));
  return text.replace('-', '−');
}

export function formatCount(value: number): string { return String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, ','); }
export function formatPercent(fraction: number | null): string { return fraction === null ? '–' : `${formatNumber(fraction * 100)} %`; }

/** An amount that no line break tears apart. */
export function formatAmount(micros: number, currency: string): string { return formatMoney({ micros, currency }).replace('-', '−').replace(' ', '\u00a0'); }
/** With its sign, for differences. */
export function formatGain(micros: number, currency: string): string { return `${micros > 0 ? '+' : ''}${formatAmount(micros, currency)}`; }
