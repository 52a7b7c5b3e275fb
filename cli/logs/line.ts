import { paint, type Io, type Tone } from '../io.ts';

export const LEVELS = ['debug', 'info', 'warn', 'error'] as const;
export type Level = (typeof LEVELS)[number];

/** One line of a log. `atMs` and `level` are null where it does not say, as in lines that no program of ours wrote. */
export interface LogLine { readonly process: string; readonly raw: string; readonly atMs: number | null; readonly level: Level | null; readonly message: string; readonly fields: Readonly<Record<string, unknown>> }

/** Our own form, and that of mongod; anything else is its own message. */
export function readLine(process: string, raw: string): LogLine {
  const value = objectOf(raw);
  const plain: LogLine = { process, raw, atMs: null, level: null, message: raw, fields: {} };
  if (value === null) return plain;
  if (typeof value.message === 'string') {
    const fields = Object.entries(value).filter(([key]) => !OWN.includes(key));
    return { ...plain, atMs: timeOf(value.at), level: levelOf(value.level), message: value.message, fields: Object.fromEntries(fields) };
  }
  if (typeof value.msg === 'string') {
    const { t, s, attr } = value;
    return { ...plain, atMs: timeOf((t as { $date?: unknown } | undefined)?.$date), level: levelOf(MONGOD[String(s)]), message: value.msg, fields: typeof attr === 'object' && attr !== null ? attr as LogLine['fields'] : {} };
  }
  return plain;
}

const OWN: readonly string[] = ['at', 'level', 'process', 'message'];
const MONGOD: Readonly<Record<string, Level>> = { F: 'error', E: 'error', W: 'warn', I: 'info' };

function objectOf(raw: string): Record<string, unknown> | null {
  if (!raw.startsWith('{')) return null;
  try {
    return JSON.parse(raw) as Record<string, unknown>;
  } catch {
    return null;
  }
}

function timeOf(value: unknown): number | null {
  const atMs = typeof value === 'string' ? Date.parse(value) : NaN;
  return Number.isNaN(atMs) ? null : atMs;
}

function levelOf(value: unknown): Level | null { return LEVELS.find((level) => level === value) ?? null; }

/** A line that says no level is shown with any: it may be the one that matters. */
export function isAtLeast({ level }: Pick<LogLine, 'level'>, least: Level): boolean { return level === null || LEVELS.indexOf(level) >= LEVELS.indexOf(least); }

const TONE: Readonly<Record<Level, Tone>> = { debug: 'dim', info: 'dim', warn: 'warn', error: 'bad' };

/** `23:40:36.499 worker      info  ready pid=23694`. */
export function renderLine(io: Pick<Io, 'color'>, { process, atMs, level, message, fields }: LogLine, width: number): string {
  const time = atMs === null ? ' '.repeat(12) : new Date(atMs).toISOString().slice(11, 23);
  const rest = Object.entries(fields).map(([key, value]) => ` ${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`).join('');
  const word = (level ?? '').padEnd(5);
  return `${time} ${process.padEnd(width)} ${level === null ? word : paint(io, TONE[level], word)} ${message}${paint(io, 'dim', rest)}`;
}
