import { Command, CommanderError } from 'commander';
import { isLastmileError } from '../domain/errors.ts';
import { registerAdmin } from './commands/admin.ts';
import { registerApply } from './commands/apply.ts';
import { registerApprove } from './commands/approve.ts';
import { registerAudit } from './commands/audit.ts';
import { registerCase } from './commands/case.ts';
import { registerCompletion } from './commands/completion.ts';
import { registerDemo } from './commands/demo.ts';
import { registerDeploy } from './commands/deploy.ts';
import { registerDrift } from './commands/drift.ts';
import { registerDrills } from './commands/drills.ts';
import { registerDoctor } from './commands/doctor.ts';
import { registerEvidence } from './commands/evidence.ts';
import { registerExplain } from './commands/explain.ts';
import { registerFeed } from './commands/feed.ts';
import { registerFreeze } from './commands/freeze.ts';
import { registerGateways } from './commands/gateways.ts';
import { registerHistory } from './commands/history.ts';
import { registerInit } from './commands/init.ts';
import { registerJudge } from './commands/judge.ts';
import { registerKeys } from './commands/keys.ts';
import { registerKill } from './commands/kill.ts';
import { registerKills } from './commands/kills.ts';
import { registerLabels } from './commands/labels.ts';
import { registerLogs } from './commands/logs.ts';
import { registerPlan } from './commands/plan.ts';
import { registerPredict } from './commands/predict.ts';
import { registerRolloutCommands } from './commands/rollout-commands.ts';
import { registerStatus } from './commands/status.ts';
import { registerWatch } from './commands/watch.ts';
import type { Context, Migrate } from './context.ts';
import { EXIT, EXIT_OF_KIND, type ExitCode } from './exit-codes.ts';
import type { Io } from './io.ts';
import { runbookOf } from './runbook.ts';

const COMMANDS = [
  registerInit, registerPlan, registerApply, registerDeploy, registerPredict, registerStatus, registerWatch, registerExplain, registerHistory, registerCase,
  registerRolloutCommands, registerApprove, registerFreeze, registerKill, registerKills, registerDrills, registerJudge, registerDrift, registerLabels, registerFeed, registerDemo, registerDoctor, registerGateways, registerAudit, registerEvidence, registerKeys, registerAdmin, registerLogs, registerCompletion,
];

/** The whole command tree; reads and opens nothing. */
export function createProgram(context: Context, version: string): Command {
  const program = new Command('lastmile');
  program.description('Puts a model live, proves it earns, and takes it off when it loses.').version(version, '-V', 'print the version; also --version alone')
    .option('--api <url>', 'address of the API (default: LASTMILE_API_URL, else the one of `npm start`)').option('--gateway <url>', 'address of the gateways (default: what the API says)')
    .option('--key-file <file>', 'file with the API key (default: LASTMILE_API_KEY, else the development key)').option('--timeout <duration>', 'limit of one call', '30s')
    .option('--json', 'machine-readable output').option('--no-color', 'no colour; also NO_COLOR and TERM=dumb')
    .exitOverride().configureOutput({ writeOut: context.io.out, writeErr: context.io.err, getOutHasColors: () => false, getErrHasColors: () => false })
    .showSuggestionAfterError(true).showHelpAfterError('(lastmile --help lists the commands)')
    .addHelpText('after', '\nExit codes: 0 good, 1 error, 2 usage, 3 gate failed or rolled back, 4 auth, 5 not found, 6 conflict, 7 waits for a person, 70 bug, 75 unavailable, 124 time-out.');
  for (const register of COMMANDS) register(program, context);
  return program;
}

/** Runs one command line; gives its exit code and never throws. */
export async function runCli(argv: readonly string[], io: Io, version: string, migrate?: Migrate): Promise<ExitCode> {
  const context: Context = { io, exitCode: EXIT.good, migrate };
  const json = argv.includes('--json');
  // Not commander's own --version, which would take the one of `kill NAME --version 3` for itself. That one has a value behind it.
  if (asksForVersion(argv)) { io.out(`${version}\n`); return EXIT.good; }
  try {
    await createProgram(context, version).parseAsync([...argv], { from: 'user' });
    return context.exitCode;
  } catch (error) {
    return failure(error, { io, json });
  }
}

const WITH_VALUE = ['--api', '--gateway', '--key-file', '--timeout'];

/** `--version` at the end, and no command before it: `kill NAME --version` without the version is a mistake, and must not look like success. */
function asksForVersion(argv: readonly string[]): boolean {
  const words = argv.filter((each, i) => !each.startsWith('-') && !WITH_VALUE.includes(argv[i - 1] ?? ''));
  return argv.at(-1) === '--version' && words.length === 0;
}

function failure(error: unknown, { io, json }: { io: Io; json: boolean }): ExitCode {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.good : EXIT.usage;
  if (io.signal.aborted) return EXIT.interrupted;
  if (isLastmileError(error)) {
    io.err(json ? `${JSON.stringify({ error: { code: error.code, message: error.message, retryable: error.retryable, details: error.details, runbook: runbookOf(error.code) } })}\n` : `${error.message}\n(${error.code}: ${runbookOf(error.code)})\n`);
    return EXIT_OF_KIND[error.kind];
  }
  io.err(`A defect of lastmile: ${error instanceof Error ? error.stack ?? error.message : String(error)}\n`);
  return EXIT.bug;
}
