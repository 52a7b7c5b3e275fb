import { LastmileError } from './errors.ts';
import { isTimeZone, WEEKDAYS, type FreezeWindow, type Weekday } from './freeze.ts';

/** `HH:MM`, 00:00 to 24:00. */
export const CLOCK_TIME = /^(?:(?:[01]\d|2[0-3]):[0-5]\d|24:00)$/;
const WEEKLY = /^([a-z,-]+) +(\d{2}:\d{2}) *- *(\d{2}:\d{2}) +(\S+)$/i;

/** `mon-fri 16:00-09:00 Europe/Berlin`, `sat,sun 00:00-24:00 America/New_York`. LM_INVALID_REQUEST. */
export function parseWeekly(text: string): Extract<FreezeWindow, { kind: 'weekly' }> {
  const [, days = '', from = '', to = '', zone = ''] = WEEKLY.exec(text.trim()) ?? [];
  if (days === '') throw invalid(`"${text}" is not a weekly window; write for example "mon-fri 16:00-09:00 Europe/Berlin".`);
  for (const time of [from, to]) if (!CLOCK_TIME.test(time)) throw invalid(`"${time}" is not a time of day; write 00:00 to 24:00.`);
  if (from === '24:00') throw invalid('A window begins at 00:00 to 23:59; write 00:00 of the next day.');
  if (!isTimeZone(zone)) throw invalid(`"${zone}" is not a time zone; write an IANA name, for example Europe/Berlin.`);
  return { kind: 'weekly', days: daysOf(days.toLowerCase()), from, to, zone };
}

/** `mon-fri`, `fri-mon` (over Sunday), `sat,sun`; in the order of the week. */
function daysOf(text: string): readonly Weekday[] {
  const found = new Set(text.split(',').flatMap((part) => {
    const [first = '', last = first, ...more] = part.split('-');
    const [from, to] = [indexOf(first), indexOf(last)];
    if (more.length > 0) throw invalid(`"${part}" is not a range of days; write for example mon-fri.`);
    return Array.from({ length: (to - from + 7) % 7 + 1 }, (_, i) => WEEKDAYS[(from + i) % 7]);
  }));
  return WEEKDAYS.filter((day) => found.has(day));
}

function indexOf(day: string): number {
  const index = (WEEKDAYS as readonly string[]).indexOf(day);
  if (index === -1) throw invalid(`"${day}" is not a day; write ${WEEKDAYS.join(', ')}.`);
  return index;
}

function invalid(message: string): LastmileError { return new LastmileError('LM_INVALID_REQUEST', message); }
