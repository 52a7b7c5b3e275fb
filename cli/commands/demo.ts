import { join } from 'node:path';
import type { Command } from 'commander';
import { parseChanges } from '../../examples/market/changes.ts';
import { runStory, type StorySummary } from '../../examples/market/story.ts';
import { LastmileError } from '../../domain/errors.ts';
import { act, type Context, type Session } from '../context.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { durationMs, ratePerSecond } from '../numbers.ts';
import { tell } from '../output.ts';

interface DemoOptions { exit?: boolean; set: readonly string[]; rate: number; after: number; limit: number; registry?: string }

export function registerDemo(program: Command, context: Context): void {
  program.command('demo').description('tell the story of examples/market on the running system: four versions, live traffic, verdicts in money, a kill and its proof')
    .option('--exit', 'end when it is told: 0 only if all of it happened, else 3').option('--set <name=value>', 'another ending: v3.output=clean, v4.payoff=winning, kill.scope=all', (value: string, before: readonly string[]) => [...before, value], [])
    .option('--rate <n/s>', 'requests a second while it is told', ratePerSecond, 300).option('--after <n/s>', 'requests a second when it is told', ratePerSecond, 20)
    .option('--limit <duration>', 'with --exit: end with 124 when it takes longer', durationMs, 900_000).option('--registry <dir>', 'root of the filesystem registry that the workers read (default: LASTMILE_REGISTRY_DIR)')
    .action(act<[], DemoOptions>(context, demo));
}

async function demo(session: Session, options: DemoOptions): Promise<ExitCode> {
  const { lasting, output, config } = session;
  const gateway = await session.gateway(16);
  const limit = options.exit === true ? AbortSignal.timeout(options.limit) : null;
  try {
    const summary = await runStory({
      client: lasting, gateway, changes: parseChanges(options.set), registryDir: options.registry ?? config.registryDir, positionFile: join(config.dataDir, 'market-feed.json'),
      say: (line) => { if (output.json) output.err(`${line}\n`); else output.out(`${line}\n`); },
      rate: options.rate, rateAfter: options.after, exit: options.exit ?? false, signal: limit === null ? output.signal : AbortSignal.any([output.signal, limit]),
    });
    return ended(session, options, summary);
  } catch (error) {
    if (limit?.aborted === true && !output.signal.aborted) throw new LastmileError('LM_TIMEOUT', `The story took longer than ${options.limit / 1_000} s. \`lastmile status\` shows where it stands; give more with --limit.`, { cause: error });
    throw error;
  } finally {
    await gateway.close();
  }
}

function ended({ output }: Session, { exit }: DemoOptions, summary: StorySummary): ExitCode {
  if (output.json) output.out(`${JSON.stringify(summary, null, 2)}\n`);
  if (output.signal.aborted && exit !== true) return EXIT.good;
  if (summary.told) return EXIT.good;
  for (const line of summary.missing) tell(output, `Not as promised: ${line}`);
  return EXIT.gate;
}
