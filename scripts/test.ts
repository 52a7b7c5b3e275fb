import { spawn } from 'node:child_process';
import { join } from 'node:path';

/** `npm test` runs both projects that need no foreign software; the modes run one of them. Further arguments go to Jest. */
const MODES = {
  all: ['--selectProjects', 'quick', 'server'],
  quick: ['--selectProjects', 'quick'],
  servers: ['--selectProjects', 'foreign', '--runInBand'],
  contract: ['--selectProjects', 'quick', 'server', 'foreign'],
} as const;
type Mode = keyof typeof MODES;

function isMode(text: string | undefined): text is Mode { return text !== undefined && text in MODES; }

/** A name narrows the suites: `servers mlserver`, `contract serving/mlserver`. Options are Jest's own. */
export function jestArguments(args: readonly string[]): readonly string[] {
  const mode: Mode = isMode(args[0]) ? args[0] : 'all';
  const rest = isMode(args[0]) ? args.slice(1) : args;
  const names = rest.filter((arg) => !arg.startsWith('-'));
  const patterns = names.map((name) => mode === 'contract' ? `test/contract/.*${name}` : name);
  return [...MODES[mode], ...rest.filter((arg) => arg.startsWith('-')), ...(patterns.length === 0 ? [] : ['--testPathPatterns', ...patterns])];
}

export function runJest(args: readonly string[]): Promise<number> {
  const jest = join(import.meta.dirname, '..', 'node_modules', 'jest', 'bin', 'jest.js');
  const child = spawn(process.execPath, [jest, ...jestArguments(args)], { stdio: 'inherit', cwd: join(import.meta.dirname, '..') });
  return new Promise((resolve) => { child.once('exit', (code) => { resolve(code ?? 1); }); });
}

if (import.meta.main) {
  // Jest ends its workers and servers on Ctrl-C by itself; this process waits for it.
  process.on('SIGINT', () => undefined);
  void runJest(process.argv.slice(2)).then((code) => process.exit(code));
}
