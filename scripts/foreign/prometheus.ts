import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { LastmileError } from '../../domain/errors.ts';
import { run } from './run.ts';

const FOLDER = 'prometheus-debian';

/** Path of a Prometheus server: the one on the PATH, else Debian's package unpacked under `toolsDir`, once (19 MB). LM_TOOL_UNAVAILABLE says what is missing. */
export async function ensurePrometheus(toolsDir: string, progress: (line: string) => void): Promise<string> {
  if (await run('prometheus', ['--version']).then(() => true, () => false)) return 'prometheus';
  const folder = join(toolsDir, FOLDER);
  const binary = join(folder, 'usr', 'bin', 'prometheus');
  if (existsSync(binary)) return binary;
  const fresh = join(toolsDir, `${FOLDER}.next`);
  await rm(fresh, { recursive: true, force: true });
  await mkdir(fresh, { recursive: true });
  progress('Prometheus: fetching the package of Debian, 19 MB');
  try {
    await run('apt-get', ['download', 'prometheus'], { progress, cwd: fresh });
    const archive = (await readdir(fresh)).find((name) => name.endsWith('.deb'));
    if (archive === undefined) throw new Error('apt-get left no package');
    await run('dpkg-deb', ['-x', archive, '.'], { cwd: fresh });
    await rename(fresh, folder);
  } catch (cause) {
    throw new LastmileError('LM_TOOL_UNAVAILABLE', 'Prometheus cannot be had: install it (https://prometheus.io/download/), or run on Debian or Ubuntu with a package index that can be reached. Every other test runs without it.', { cause });
  }
  return binary;
}
