import { EXIT, EXIT_OF_KIND } from '../cli/exit-codes.ts';
import { isLastmileError } from '../domain/errors.ts';

/** Runs a command of this folder and ends the process with its exit code; an error is shown as its message and ends by the codes of the CLI. */
export function runCommand(main: (args: readonly string[]) => Promise<number>): void {
  main(process.argv.slice(2)).then((code) => process.exit(code), (error: unknown) => process.exit(explain(error)));
}

function explain(error: unknown): number {
  const { message, stack, code } = error as { message?: string; stack?: string; code?: unknown };
  if (isLastmileError(error)) {
    process.stderr.write(`\n${error.message}\n(${error.code})\n`);
    return EXIT_OF_KIND[error.kind];
  }
  const isUsage = typeof code === 'string' && code.startsWith('ERR_PARSE_ARGS');
  process.stderr.write(isUsage ? `${String(message)}. Try --help.\n` : `\nA defect of lastmile: ${stack ?? String(error)}\n`);
  return isUsage ? EXIT.usage : EXIT.bug;
}
