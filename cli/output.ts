import type { Io } from './io.ts';

export interface Output extends Io { readonly json: boolean }

/** The one way a command hands over its result: JSON for machines, text for people; both on standard output. */
export function give(output: Output, value: unknown, text: () => string): void {
  output.out(output.json ? `${JSON.stringify(value, null, 2)}\n` : ensureNewline(text()));
}

/** A message for people: standard error, and not at all under --json. */
export function tell(output: Output, text: string): void {
  if (!output.json) output.err(ensureNewline(text));
}

/** One object a line, for commands that go on for long. */
export function giveLine(output: Output, value: unknown, text: string): void {
  output.out(output.json ? `${JSON.stringify(value)}\n` : ensureNewline(text));
}

function ensureNewline(text: string): string { return text === '' || text.endsWith('\n') ? text : `${text}\n`; }
