import type { Config } from './load.ts';

const LEVELS = ['debug', 'info', 'warn', 'error'] as const;
export type LogFields = Readonly<Record<string, unknown>>;
export interface Log { debug(message: string, fields?: LogFields): void; info(message: string, fields?: LogFields): void; warn(message: string, fields?: LogFields): void; error(message: string, fields?: LogFields): void }

/** JSON lines on standard error: {at, level, process, message, …fields}. Errors are written as code and message. */
export function createLog(process_: string, level: Config['logLevel']): Log {
  const least = LEVELS.indexOf(level);
  const write = (at: (typeof LEVELS)[number]) => (message: string, fields: LogFields = {}): void => {
    if (LEVELS.indexOf(at) < least) return;
    const own = { at: new Date().toISOString(), level: at, process: process_, message };
    // Fields of other loggers may have the same names (the Temporal SDK's `at`): ours hold, in their place.
    process.stderr.write(`${JSON.stringify({ ...own, ...printable(fields), ...own })}\n`);
  };
  return { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') };
}

function printable(fields: LogFields): LogFields {
  return Object.fromEntries(Object.entries(fields).map(([key, value]) => [key, value instanceof Error ? describeError(value) : value]));
}

/** One line for an error and its causes. */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = 'code' in error && typeof error.code === 'string' ? `${error.code}: ` : '';
  return `${code}${error.message}${error.cause === undefined ? '' : ` (${describeError(error.cause)})`}`;
}
