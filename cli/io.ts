import { styleText } from 'node:util';
import type { Readable } from 'node:stream';

/** Where a command reads and writes. Data goes to `out`, messages to `err`; colour and redrawing only where a person looks. */
export interface Io {
  readonly input: Readable;
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  readonly color: boolean;
  /** Both outputs are terminals that can redraw. */
  readonly interactive: boolean;
  readonly columns: number;
  /** Aborts on Ctrl-C. */
  readonly signal: AbortSignal;
}

export type Tone = 'good' | 'bad' | 'warn' | 'dim' | 'bold';
const STYLES = { good: 'green', bad: 'red', warn: 'yellow', dim: 'dim', bold: 'bold' } as const;

/** Colour is decided by the caller (NO_COLOR, TERM, terminal), so styleText must not look at a stream again. */
export function paint(io: Pick<Io, 'color'>, tone: Tone, text: string): string {
  return io.color ? styleText(STYLES[tone], text, { validateStream: false }) : text;
}

export interface Terminal { readonly env: Readonly<Record<string, string | undefined>>; readonly outIsTty: boolean; readonly errIsTty: boolean }

/** NO_COLOR (no-color.org), TERM=dumb, --no-color and an output that is no terminal each switch colour off; the last three also redrawing. */
export function abilities({ env, outIsTty, errIsTty }: Terminal, noColorFlag: boolean): { color: boolean; interactive: boolean } {
  const terminal = outIsTty && errIsTty && env.TERM !== 'dumb';
  const noColor = noColorFlag || (env.NO_COLOR !== undefined && env.NO_COLOR !== '');
  return { color: terminal && !noColor, interactive: terminal && env.CI === undefined };
}
