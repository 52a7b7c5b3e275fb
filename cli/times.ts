import { InvalidArgumentError } from 'commander';

/** An option's time, UTC milliseconds or RFC 3339 (a day alone is its beginning in UTC); what it refuses is a usage error. */
export function timeMs(text: string): number {
  const ms = /^-?\d+$/.test(text) ? Number(text) : /^\d{4}-\d{2}-\d{2}/.test(text) ? Date.parse(text) : NaN;
  if (!Number.isSafeInteger(ms)) throw new InvalidArgumentError('It must be a time: 2026-05-04T10:00:00Z, 2026-05-04, or UTC milliseconds.');
  return ms;
}
