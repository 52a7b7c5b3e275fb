import { InvalidArgumentError, Option, type Command } from 'commander';
import { LastmileError } from '../../domain/errors.ts';
import { FILE_METRICS, judgeFile } from '../../domain/offline/judge-file.ts';
import { judgeSeries } from '../../domain/offline/judge-series.ts';
import { judgeSummary } from '../../domain/offline/judge-summary.ts';
import { ENGINES, type Engine } from '../../domain/deployment.ts';
import { GOALS, type FileGoal, type JudgeOptions } from '../../domain/offline/options.ts';
import type { Range } from '../../domain/value/payoff.ts';
import { act, type Context, type Session } from '../context.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { parseSeries, parseSummary } from '../judge-input.ts';
import { countingNumber, decimal } from '../numbers.ts';
import { give, tell } from '../output.ts';
import { readPairedFile } from '../paired-file.ts';
import { openInput, readText } from '../read-input.ts';
import { renderFileVerdict, renderSeries, renderSummary } from '../render/judge.ts';

interface Options {
  metric?: string; margin?: number; alpha?: number; engine?: Engine; goal?: FileGoal; blockSize?: number; vOpt?: number; nStar?: number; range?: Range; lossBound?: number;
  minCycles?: number; cycle?: number; threshold: number; positive: string; quantile: number; summary?: string; metrics?: string;
}

const ABOUT = `
FILE.csv: columns champion, challenger (score, class or value), label; optional id, ts, segment, champion_error, challenger_error (0 or 1). The order of
the rows is the order of time. Metrics: ${FILE_METRICS.join(', ')}.
Without --goal it is no-worse where --margin is given, else better. What is claimed, and what is assumed: docs/judge.md.

Exit codes: 0 promote (with --summary: always), 3 every other verdict, 1 a file that cannot be judged, 2 usage. Nothing is sent anywhere.`;

/** judge: the live judge's mathematics on a file. */
export function registerJudge(program: Command, context: Context): void {
  program.command('judge').description('judge champion and challenger from a file, without a platform').argument('[file]', 'CSV file of pairs; - for standard input')
    .option('--metric <name>', 'what to judge by').option('--margin <x>', 'how much worse is tolerated, in the metric\'s unit', decimal).option('--alpha <a>', 'level of the proof (default: 0.05)', decimal)
    .addOption(new Option('--engine <engine>', 'strict: true at every row, needs a range; fast: approximate, sooner').choices(ENGINES))
    .addOption(new Option('--goal <goal>', 'what a promotion must prove').choices(GOALS))
    .option('--block-size <n>', 'rows of one observation (default: 1)', countingNumber).option('--v-opt <x>', 'strict: variance sum at which the bound is tightest', decimal)
    .option('--n-star <n>', 'fast: observations at which the interval is tightest', countingNumber).option('--range <lo,hi>', 'hard range of challenger − champion', rangeOf)
    .option('--loss-bound <l>', 'no block is assumed to lose more', decimal).option('--min-cycles <n>', 'whole cycles before a promotion (default: 2)', countingNumber).option('--cycle <rows>', 'rows of a cycle', countingNumber)
    .option('--threshold <x>', 'a score at or above it is class 1', decimal, 0.5).option('--positive <class>', 'the positive class of precision, recall and f1', '1').option('--quantile <q>', 'of the pinball loss', decimal, 0.5)
    .option('--summary <file>', 'split arms from sums, as JSON').option('--metrics <file>', 'points of time series, as JSON')
    .addHelpText('after', ABOUT)
    .action(act<[string | undefined], Options>(context, judge));
}

async function judge(session: Session, options: Options, file: string | undefined): Promise<ExitCode> {
  const given = [file, options.summary, options.metrics].filter((each) => each !== undefined);
  if (given.length !== 1) throw new LastmileError('LM_INVALID_REQUEST', 'Give one thing to judge: FILE.csv, --summary FILE.json or --metrics FILE.json.');
  if (options.summary !== undefined) return summary(session, options.summary, options);
  if (options.metrics !== undefined) return series(session, options.metrics, options);
  return pairs(session, options, file ?? '-');
}

async function pairs({ output }: Session, options: Options, file: string): Promise<ExitCode> {
  const { metric } = options;
  if (metric === undefined) throw new LastmileError('LM_INVALID_REQUEST', `Say what to judge by: --metric ${FILE_METRICS.join('|')}.`);
  const wanted = { answers: metric !== 'errors', outcomes: metric !== 'errors' && metric !== 'value', errors: metric === 'errors' };
  const asked = judgeOptions(metric, options);
  if (asked.goal === 'better' && asked.margin > 0) tell(output, 'Under goal better the margin is not used: a promotion must prove a gain. For a challenger that may be worse by it say --goal no-worse.');
  const verdict = judgeFile(await readPairedFile(openInput(file, output.input), file, wanted), asked);
  give(output, verdict, () => renderFileVerdict(output, verdict));
  return verdict.verdict === 'promote' ? EXIT.good : EXIT.gate;
}

function judgeOptions(metric: string, options: Options): JudgeOptions {
  const { margin, alpha, goal, threshold, positive, quantile } = options;
  return {
    ...LEFT_OPEN, ...options, metric, margin: margin ?? 0, alpha: alpha ?? USUAL_ALPHA, goal: goal ?? (margin === undefined ? 'better' : 'no-worse'), threshold, positive, quantile,
  };
}
const USUAL_ALPHA = 0.05;
const LEFT_OPEN = { engine: null, blockSize: null, vOpt: null, nStar: null, range: null, lossBound: null, minCycles: null, cycle: null } as const;

async function summary({ output }: Session, file: string, { alpha }: Options): Promise<ExitCode> {
  const verdict = judgeSummary(parseSummary(await readText(file, output.input), file, alpha ?? USUAL_ALPHA));
  give(output, verdict, () => renderSummary(verdict));
  return EXIT.good;
}

async function series({ output }: Session, file: string, { alpha }: Options): Promise<ExitCode> {
  const verdict = judgeSeries(parseSeries(await readText(file, output.input), file), alpha ?? USUAL_ALPHA);
  give(output, verdict, () => renderSeries(output, verdict));
  return verdict.verdict === 'promote' ? EXIT.good : EXIT.gate;
}

function rangeOf(text: string): Range {
  const [lo, hi, ...more] = text.split(',').map(Number);
  if (lo === undefined || hi === undefined || more.length > 0 || !Number.isFinite(lo) || !Number.isFinite(hi)) throw new InvalidArgumentError('It must be two numbers: -1,1.');
  return { lo, hi };
}
