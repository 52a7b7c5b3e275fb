import { createReadStream, existsSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { Option, type Command } from 'commander';
import { describeError } from '../../config/log.ts';
import { LastmileError } from '../../domain/errors.ts';
import { act, type Context, type Session } from '../context.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { csvRows, type CsvPlan } from '../feed/csv.ts';
import { feed, type FeedSummary } from '../feed/engine.ts';
import type { DueLabel } from '../feed/outcomes.ts';
import { httpPorts } from '../feed/ports.ts';
import type { LabelDelay } from '../feed/rows.ts';
import { readState, removeState, writeState } from '../feed/state.ts';
import { commaList, countingNumber, durationMs, ratePerSecond, wholeNumber } from '../numbers.ts';
import { giveLine, tell } from '../output.ts';
import { renderSummary, progressReporter } from '../render/feed.ts';
import { timeMs } from '../times.ts';

export interface FeedFlags {
  deployment: string; features?: readonly string[]; label?: string; labelDelay?: LabelDelay; time?: string; start?: number; step: number;
  rate?: number; fast?: boolean; concurrency: number; from?: number; to?: number; resume?: boolean; state?: string; batchSize: number; clock?: 'event' | 'gateway';
}

export function registerFeed(program: Command, context: Context): void {
  program.command('feed').description('send a CSV as live traffic, and its outcomes later')
    .argument('<file>', 'CSV with a header').requiredOption('-d, --deployment <name>', 'who answers')
    .option('--features <list>', 'columns to send, in the model\'s order (default: all but label and time)', commaList)
    .option('--label <column>', 'column with the true outcome').option('--label-delay <delay>', 'when it is known: 48rows, or 1d of event time (default: labels.delay of the deployment)', labelDelay)
    .option('--time <column>', 'column with the event time').option('--start <time>', 'without --time: event time of row 0 (default: now)', timeMs)
    .option('--step <duration>', 'without --time: event time between rows', durationMs, 60_000)
    .option('--rate <n/s>', 'rows a second (default: 100/s)', ratePerSecond).option('--fast', 'as fast as answers come')
    .option('--concurrency <n>', 'requests under way at once', countingNumber, 16).option('--batch-size <n>', 'outcomes a call', countingNumber, 500)
    .option('--from <row>', 'first row, counted from 0', wholeNumber).option('--to <row>', 'row to stop before', wholeNumber)
    .option('--resume', 'go on where the last run of this file stopped').option('--state <file>', 'where to keep how far it came (default: FILE.feed.json)')
    .addOption(new Option('--clock <clock>', 'which time rules outcomes (default: what the deployment says)').choices(['event', 'gateway']))
    .action(act<[string], FeedFlags>(context, runFeed));
}

async function runFeed(session: Session, flags: FeedFlags, file: string): Promise<ExitCode> {
  const { client, lasting, output } = session;
  const { deployment } = flags;
  const { labels } = (await client.call('getDeployment', { params: { name: deployment } })).spec.spec;
  const resume = resuming(session, flags, file);
  const clock = flags.clock ?? labels?.clock ?? 'event';
  const plan = csvPlan(flags, resume.fromRow, Date.now());
  const gateway = await session.gateway(flags.concurrency);
  const source = createReadStream(file);
  const size = existsSync(file) ? statSync(file).size : 0;
  const report = progressReporter(output, { now: Date.now, save: resume.save, fraction: () => source.bytesRead / Math.max(size, 1) });
  try {
    const ports = httpPorts({ client: lasting, gateway, deployment, metadata: await gateway.metadata(deployment), clock, source: 'feed' });
    const rate = flags.fast === true ? null : flags.rate ?? 100;
    const summary = await feed(csvRows(source, plan), ports, {
      labelDelay: flags.labelDelay ?? { ms: labels?.delayMs ?? 0 }, concurrency: flags.concurrency, rate: () => rate, labelBatch: flags.batchSize, clock,
      signal: output.signal, carried: resume.carried, onProgress: report.show,
    });
    report.end();
    return finish(session, summary, resume);
  } finally {
    report.end();
    source.destroy();
    await gateway.close();
  }
}

interface Resuming { readonly fromRow: number; readonly carried: readonly DueLabel[]; readonly save: (summary: FeedSummary) => void; readonly done: () => void }

/** How far it came is kept beside the file about once a second, and removed when the feed is done. */
function resuming({ output }: Session, flags: FeedFlags, file: string): Resuming {
  const path = flags.state ?? `${file}.feed.json`;
  const before = flags.resume === true ? readState(path, flags.deployment, resolve(file)) : null;
  if (flags.resume === true && before === null) tell(output, `There is no ${path}: starting with the first row.`);
  const fromRow = before?.nextRow ?? flags.from ?? 0;
  let writable = true;
  return {
    fromRow, carried: before?.pending ?? [],
    save: (summary) => {
      if (!writable) return;
      try {
        writeState(path, { v: 1, deployment: flags.deployment, file: resolve(file), nextRow: summary.nextRow ?? fromRow, pending: summary.pending });
      } catch (error) {
        writable = false;
        tell(output, `${path} cannot be written, so this feed cannot be resumed (${describeError(error)}); name another file with --state.`);
      }
    },
    done: () => { removeState(path); },
  };
}

function finish({ output }: Session, summary: FeedSummary, resume: Resuming): ExitCode {
  giveLine(output, renderedSummary(summary), renderSummary(summary));
  if (output.signal.aborted) { resume.save(summary); tell(output, 'Stopped; go on with --resume.'); return EXIT.interrupted; }
  resume.done();
  return summary.errors > 0 || summary.labelsRefused > 0 ? EXIT.error : EXIT.good;
}

/** Without the outcomes themselves, which the state file holds. */
function renderedSummary({ pending, ...summary }: FeedSummary): Record<string, unknown> { return { type: 'summary', ...summary, pendingLabels: pending.length }; }

function csvPlan(flags: FeedFlags, from: number, nowMs: number): CsvPlan {
  if (flags.time !== undefined && flags.start !== undefined) throw new LastmileError('LM_INVALID_REQUEST', 'Give --time COLUMN or --start TIME, not both.');
  const time = flags.time === undefined ? { startMs: flags.start ?? nowMs, stepMs: flags.step } : { column: flags.time };
  return { features: flags.features ?? null, label: flags.label ?? null, time, from, to: flags.to ?? Infinity };
}

/** `48rows`, or a duration of event time. */
function labelDelay(text: string): LabelDelay {
  const rows = /^(\d+)\s*rows?$/.exec(text)?.[1];
  return rows === undefined ? { ms: durationMs(text) } : { rows: Number(rows) };
}
