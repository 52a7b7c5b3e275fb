import type { Actor } from './audit.ts';
import type { FreezeId, TenantId } from './ids.ts';

export const WEEKDAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
export type Weekday = (typeof WEEKDAYS)[number];

/** Which deployments a freeze holds. Labels: all of them must be as named. */
export type FreezeSelector =
  | { readonly kind: 'all' }
  | { readonly kind: 'names'; readonly names: readonly string[] }
  | { readonly kind: 'labels'; readonly labels: Readonly<Record<string, string>> };

/**
 * When it holds. `span`: from one instant to another, or until it is lifted. `weekly`: on the days named, from one local time to another in an IANA
 * time zone; a window whose end is not after its beginning runs into the next day. Local times are read off the instant, so that summer time needs
 * no rule: an hour that comes twice is frozen twice, one that does not come is not.
 */
export type FreezeWindow =
  | { readonly kind: 'span'; readonly fromMs: number; readonly untilMs: number | null }
  | { readonly kind: 'weekly'; readonly days: readonly Weekday[]; readonly from: string; readonly to: string; readonly zone: string };

/** No rollout starts, no step forward is taken and nothing is promoted while it holds. What protects callers always may: undo, rollback, kill. */
export interface Freeze {
  readonly tenantId: TenantId;
  readonly freezeId: FreezeId;
  readonly selector: FreezeSelector;
  readonly window: FreezeWindow;
  readonly reason: string;
  readonly actor: Actor;
  readonly createdAtMs: number;
  readonly liftedAtMs: number | null;
  readonly liftedBy: Actor | null;
}

export interface Frozen { readonly name: string; readonly labels: Readonly<Record<string, string>> }

/** The first freeze, by age, that holds the deployment at that instant; null when none does. */
export function freezeOf(freezes: readonly Freeze[], deployment: Frozen, atMs: number): Freeze | null {
  const holding = freezes.filter((freeze) => selects(freeze.selector, deployment) && holds(freeze, atMs));
  return [...holding].sort((a, b) => a.createdAtMs - b.createdAtMs)[0] ?? null;
}

export function selects(selector: FreezeSelector, { name, labels }: Frozen): boolean {
  switch (selector.kind) {
    case 'all': return true;
    case 'names': return selector.names.includes(name);
    case 'labels': return Object.entries(selector.labels).every(([key, value]) => labels[key] === value);
  }
}

/** Whether it holds at that instant what it selects. */
export function holds(freeze: Freeze, atMs: number): boolean { return (freeze.liftedAtMs === null || atMs < freeze.liftedAtMs) && isInWindow(freeze.window, atMs); }

/** A zone that this machine does not know holds always: what cannot be read must not open anything. Freezes of unknown zones are refused when they are made. */
function isInWindow(window: FreezeWindow, atMs: number): boolean {
  if (window.kind === 'span') return atMs >= window.fromMs && (window.untilMs === null || atMs < window.untilMs);
  return !isTimeZone(window.zone) || isInWeek(window, atMs);
}

function isInWeek({ days, from, to, zone }: Extract<FreezeWindow, { kind: 'weekly' }>, atMs: number): boolean {
  const { day, minutes } = localTime(atMs, zone);
  const [begin, end] = [minutesOf(from), minutesOf(to)];
  const yesterday = WEEKDAYS[(WEEKDAYS.indexOf(day) + 6) % 7] ?? day;
  if (begin < end) return days.includes(day) && minutes >= begin && minutes < end;
  return (days.includes(day) && minutes >= begin) || (days.includes(yesterday) && minutes < end);
}

/** Minutes since midnight of `HH:MM`. */
function minutesOf(text: string): number {
  const [hours = NaN, minutes = NaN] = text.split(':').map(Number);
  return hours * 60 + minutes;
}

const FORMATS = new Map<string, Intl.DateTimeFormat>();

function localTime(atMs: number, zone: string): { readonly day: Weekday; readonly minutes: number } {
  const format = FORMATS.get(zone) ?? new Intl.DateTimeFormat('en-GB', { timeZone: zone, weekday: 'short', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
  FORMATS.set(zone, format);
  const parts = format.formatToParts(atMs);
  const part = (type: string): string => parts.find((each) => each.type === type)?.value ?? '';
  return { day: part('weekday').toLowerCase() as Weekday, minutes: Number(part('hour')) * 60 + Number(part('minute')) };
}

/** Whether the system knows the IANA name. A plain offset is refused: it has no summer time, which is what a zone is asked for. */
export function isTimeZone(zone: string): boolean {
  if (/^[+-]/.test(zone)) return false;
  try { return new Intl.DateTimeFormat('en-GB', { timeZone: zone }).resolvedOptions().timeZone !== ''; } catch { return false; }
}

const MINUTE = 60_000;
const DAY_MINUTES = 24 * 60;
/** By how much a clock may be put forward or back. */
const SHIFT_MINUTES = 180;

/** The instant at which a freeze that holds now stops to hold by itself; null when it does not: until it is lifted, or windows without a gap. */
export function endsAtMs({ window }: Freeze, atMs: number): number | null {
  if (window.kind === 'span') return window.untilMs;
  if (!isTimeZone(window.zone)) return null;
  const limit = atMs + 8 * DAY_MINUTES * MINUTE;
  for (let at = atMs - (atMs % MINUTE); at < limit;) {
    const ahead = (minutesOf(window.to) - localTime(at, window.zone).minutes + DAY_MINUTES) % DAY_MINUTES;
    const end = at + (ahead === 0 ? DAY_MINUTES : ahead) * MINUTE;
    // Around a change of the clock the end comes earlier or later than its local time says.
    for (let near = Math.max(at + MINUTE, end - SHIFT_MINUTES * MINUTE); near <= end + SHIFT_MINUTES * MINUTE; near += MINUTE) if (!isInWeek(window, near)) return near;
    at = end;
  }
  return null;
}

/** One sentence: who, why, until when. With `atMs`, at which it holds, it says the instant at which a weekly window ends. */
export function explainFreeze(freeze: Freeze, atMs?: number): string {
  const { actor, reason, window } = freeze;
  const end = window.kind === 'span' || atMs === undefined ? null : endsAtMs(freeze, atMs);
  const now = end === null ? '' : `; this time until ${new Date(end).toISOString()}`;
  const until = window.kind === 'span' ? (window.untilMs === null ? 'until it is lifted' : `until ${new Date(window.untilMs).toISOString()}`) : `every ${window.days.join(', ')} ${window.from}–${window.to} ${window.zone}${now}`;
  return `frozen by ${actor.name} (${reason}), ${until} (${freeze.freezeId})`;
}
