import { InvalidArgumentError } from 'commander';

/** RFC 3339, or a day alone. A time of day without an offset would be read in the zone of this machine, and mean another moment on the next. */
const TIME = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d))?$/i;

/** An option's time, UTC milliseconds or RFC 3339 (a day alone is its beginning in UTC); what it refuses is a usage error. */
export function timeMs(text: string): number {
  const ms = /^-?\d+$/.test(text) ? Number(text) : TIME.test(text) ? Date.parse(text) : NaN;
  if (!Number.isSafeInteger(ms)) throw new InvalidArgumentError('It must be a time with its offset: 2026-05-04T10:00:00Z, 2026-05-04T10:00+02:00, 2026-05-04 (in UTC), or UTC milliseconds.');
  return ms;
}
