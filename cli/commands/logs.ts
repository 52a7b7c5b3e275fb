import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Option, type Command } from 'commander';
import { act, type Context, type Session } from '../context.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { openLogs } from '../logs/files.ts';
import { isAtLeast, LEVELS, renderLine, type Level, type LogLine } from '../logs/line.ts';
import { countingNumber, durationMs } from '../numbers.ts';

interface LogsOptions { follow?: boolean; level: Level; since?: number; lines: number }
const POLL_MS = 250;

export function registerLogs(program: Command, context: Context): void {
  program.command('logs').description('logs of the processes that `npm start` runs here; --json gives its lines as JSON, as they are')
    .argument('[process]', 'api, worker, collector, modelhost, gw-1, mongod, temporal …; without: all of ours, by time').option('-f, --follow', 'go on until Ctrl-C')
    .addOption(new Option('--level <level>', 'this and above').choices(LEVELS).default('info')).option('--since <duration>', 'no older than this, for example 10m', durationMs)
    .option('-n, --lines <n>', 'at most so many of the lines that are there', countingNumber, 200)
    .action(act<[string | undefined], LogsOptions>(context, showLogs));
}

async function showLogs({ config, output }: Session, { follow, level, since, lines }: LogsOptions, process: string | undefined): Promise<ExitCode> {
  const logs = openLogs(folderOf(config.dataDir), process);
  const width = Math.max(0, ...logs.processes.map((name) => name.length));
  const fromMs = since === undefined ? 0 : Date.now() - since;
  const wanted = (line: LogLine): boolean => isAtLeast(line, level) && (line.atMs === null ? since === undefined : line.atMs >= fromMs);
  const show = (some: readonly LogLine[]): void => { for (const line of some) output.out(`${output.json ? asJson(line) : renderLine(output, line, width)}\n`); };
  show(logs.read().filter(wanted).slice(-lines));
  while (follow === true && !output.signal.aborted) {
    await delay(POLL_MS, undefined, { signal: output.signal }).catch(() => undefined);
    show(logs.read().filter((line) => isAtLeast(line, level)));
  }
  return EXIT.good;
}

/** A line of ours is JSON already. */
function asJson({ process, raw, message }: LogLine): string { return raw === message ? JSON.stringify({ process, message }) : raw; }

/** The data folder at hand; from elsewhere that of this checkout, as with the development key. */
function folderOf(dataDir: string): string {
  const places = [join(dataDir, 'logs'), join(import.meta.dirname, '..', '..', '.data', 'logs')];
  return places.find((folder) => existsSync(folder)) ?? places[0] ?? dataDir;
}
