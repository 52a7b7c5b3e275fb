import type { FeedSummary } from '../feed/engine.ts';
import type { Output } from '../output.ts';
import { progressLine } from './repaint.ts';

export function renderSummary(summary: FeedSummary): string {
  const versions = Object.entries(summary.perVersion).map(([version, count]) => `version ${version}: ${count.toLocaleString('en-US')}`).join(', ');
  return [
    `${summary.rows.toLocaleString('en-US')} rows: ${summary.ok.toLocaleString('en-US')} answered, ${summary.errors.toLocaleString('en-US')} failed${summary.retries === 0 ? '' : `, ${summary.retries} retries`}`,
    `outcomes: ${summary.labels.toLocaleString('en-US')} handed over${summary.labelsRefused === 0 ? '' : `, ${summary.labelsRefused} refused`}${summary.pending.length === 0 ? '' : `, ${summary.pending.length} not due yet`}`,
    `latency: p50 ${ms(summary.p50)}, p99 ${ms(summary.p99)}`,
    ...(versions === '' ? [] : [versions]),
    ...(summary.lastError === null ? [] : [`last failure: ${summary.lastError}`]),
  ].join('\n');
}

export interface ReporterOptions {
  readonly now: () => number;
  /** Keeps how far it came; called about once a second. */
  readonly save: (summary: FeedSummary) => void;
  /** Share of the file that was read, 0..1. */
  readonly fraction: () => number;
}

const DRAW_MS = 100;
const SAVE_MS = 1_000;
const LINE_MS = 10_000;

/** A bar that is written over on a terminal; elsewhere one NDJSON line every ten seconds under --json, and nothing otherwise. */
export function progressReporter(output: Output, { now, save, fraction }: ReporterOptions): { readonly show: (summary: () => FeedSummary) => void; readonly end: () => void } {
  const line = output.interactive && !output.json ? progressLine(output) : null;
  const startedMs = now();
  let shownMs = startedMs;
  let savedMs = startedMs;
  return {
    show: (summary) => {
      const at = now();
      if (at - savedMs >= SAVE_MS) { save(summary()); savedMs = at; }
      if (at - shownMs < (line === null ? LINE_MS : DRAW_MS)) return;
      shownMs = at;
      const { rows, ok, errors, labels, p50, p99 } = summary();
      if (line !== null) line.show(`${bar(fraction())}  ${rows.toLocaleString('en-US')} rows  ${(rows / ((at - startedMs) / 1_000)).toFixed(0)}/s  ${errors} failed  ${labels.toLocaleString('en-US')} outcomes  p50 ${ms(p50)}  p99 ${ms(p99)}`);
      else if (output.json) output.out(`${JSON.stringify({ type: 'progress', rows, ok, errors, labels, p50, p99 })}\n`);
    },
    end: () => { line?.end(); },
  };
}

const BAR = 20;
function bar(share: number): string {
  const full = Math.round(Math.min(Math.max(share, 0), 1) * BAR);
  return `[${'#'.repeat(full)}${'.'.repeat(BAR - full)}]`;
}

function ms(value: number | null): string { return value === null ? '-' : `${value.toFixed(1)} ms`; }
