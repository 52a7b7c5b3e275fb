import { styleText } from 'node:util';

/** One thing under way: a line with its time, redrawn at a terminal until it is done. */
export interface Step { note(text: string): void; done(text?: string): void; failed(text: string): void }
/** Where set-up and supervisor say what they do. Never on standard output: that belongs to data. */
export interface Progress {
  say(line: string): void;
  step(title: string): Step;
  close(): void;
}

export const silentProgress: Progress = {
  say: () => undefined, close: () => undefined,
  step: () => ({ note: () => undefined, done: () => undefined, failed: () => undefined }),
};

const REDRAW_MS = 120;
/** Off a terminal: how often a step that takes long says so. */
const REMIND_MS = 10_000;
const FRAMES = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
interface Active { readonly title: string; readonly sinceMs: number; note: string }

/** Redraws one status line at a terminal; elsewhere plain lines, and a reminder every ten seconds. */
export function createProgress(stream: NodeJS.WriteStream): Progress {
  const active = new Set<Active>();
  const live = stream.isTTY && stream.getColorDepth() > 1;
  const colour = (format: 'green' | 'red' | 'dim', text: string): string => styleText(format, text, { stream });
  let frame = 0;
  const clear = (): void => { if (live) stream.write('\r\u001b[2K'); };
  const draw = (): void => {
    if (!live || active.size === 0) return;
    frame += 1;
    const line = `  ${FRAMES[frame % FRAMES.length] ?? ''} ${[...active].map(describe).join(', ')}`;
    stream.write(`\r\u001b[2K${line.slice(0, (stream.columns || 80) - 1)}`);
  };
  const remind = (): void => { for (const step of active) if (performance.now() - step.sinceMs > REMIND_MS / 2) stream.write(`  … ${describe(step)}\n`); };
  const timer = setInterval(live ? draw : remind, live ? REDRAW_MS : REMIND_MS);
  timer.unref();
  const say = (line: string): void => { clear(); stream.write(`${line}\n`); draw(); };
  const step = (title: string): Step => {
    const self: Active = { title, sinceMs: performance.now(), note: '' };
    active.add(self);
    draw();
    const end = (mark: string, text: string): void => {
      active.delete(self);
      say(`  ${mark} ${title.padEnd(22)} ${colour('dim', seconds(self))}${text === '' ? '' : `  ${text}`}`);
    };
    return {
      note(text) { self.note = text; },
      done(text = '') { end(colour('green', '✓'), text); },
      failed(text) { end(colour('red', '✗'), text); },
    };
  };
  return { say, step, close() { clearInterval(timer); clear(); } };
}

function seconds(step: Active): string { return `${((performance.now() - step.sinceMs) / 1_000).toFixed(1)} s`.padStart(7); }
function describe(step: Active): string { return `${step.title} ${step.note === '' ? '' : `${step.note} `}${seconds(step).trim()}`; }

/** 45298806 -> "45 MB". */
export function megabytes(bytes: number): string { return `${Math.max(1, Math.round(bytes / 1_000_000)).toFixed(0)} MB`; }
