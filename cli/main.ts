import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { inheritedEnvironment } from '../config/environment.ts';
import type { Config } from '../config/load.ts';
import type { Prepared } from '../ports/stores.ts';
import { abilities, type Io } from './io.ts';
import { runCli } from './program.ts';

const stop = new AbortController();
/** The first Ctrl-C ends cleanly, the second at once. */
process.on('SIGINT', () => {
  if (stop.signal.aborted) process.exit(130);
  stop.abort();
});
/** A reader that went away (`| head`) is no error. */
process.stdout.on('error', (error: NodeJS.ErrnoException) => { process.exit(error.code === 'EPIPE' ? 0 : 1); });

const argv = process.argv.slice(2);
const terminal = { env: inheritedEnvironment(), outIsTty: process.stdout.isTTY, errIsTty: process.stderr.isTTY };
const io: Io = {
  input: process.stdin, out: (text) => { process.stdout.write(text); }, err: (text) => { process.stderr.write(text); },
  ...abilities(terminal, argv.includes('--no-color')), columns: process.stdout.isTTY ? process.stdout.columns : 80, signal: stop.signal,
};
process.exitCode = await runCli(argv, io, packageVersion(), migrate);

/** Loaded only when it is asked for: the other commands need no driver. */
async function migrate({ mongodb }: Config): Promise<Prepared> {
  const { stores } = await import('../adapters/store/index.ts');
  const database = stores.mongodb.create({ uri: mongodb.uri, database: mongodb.database });
  try { return await database.prepare(); } finally { await database.close(); }
}

function packageVersion(): string {
  for (const up of ['..', '../..']) {
    try {
      const { name, version } = JSON.parse(readFileSync(join(import.meta.dirname, up, 'package.json'), 'utf8')) as { name: string; version: string };
      if (name === 'lastmile') return version;
    } catch { /* compiled, it lies one folder deeper */ }
  }
  return 'unknown';
}
