import { existsSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inheritedEnvironment } from '../../config/environment.ts';
import { LastmileError } from '../../domain/errors.ts';
import { run } from './run.ts';

/** What one install holds; a change of pins makes a new folder. */
const PINS = ['mlserver==1.7.1', 'mlserver-sklearn==1.7.1'] as const;
const FOLDER = 'mlserver-1.7.1';
const PYTHONS = ['python3.12', 'python3.11', 'python3.10', 'python3'] as const;

/** A Python that can import mlserver and scikit-learn. */
export interface PythonWithMlserver { readonly python: string; readonly env: Readonly<Record<string, string | undefined>> }

/**
 * MLServer with its scikit-learn runtime under `toolsDir`, installed from PyPI once (about 530 MB, one to three minutes).
 * `progress` gets one line per step. LM_TOOL_UNAVAILABLE says what is missing and what to do.
 */
export async function ensureMlserver(toolsDir: string, progress: (line: string) => void): Promise<PythonWithMlserver> {
  const folder = join(toolsDir, FOLDER);
  const installed: PythonWithMlserver = { python: join(folder, 'bin', 'python'), env: { ...inheritedEnvironment(), PYTHONPATH: undefined } };
  if (existsSync(join(folder, '.complete'))) return installed;
  const python = await findPython();
  await rm(folder, { recursive: true, force: true });
  await mkdir(toolsDir, { recursive: true });
  progress(`MLServer: making a virtual environment in ${folder}`);
  await run(python, ['-m', 'venv', folder], { progress }).catch((error: unknown) => { throw unavailable(`${python} cannot make a virtual environment; install python3-venv`, error); });
  progress(`MLServer: installing ${PINS.join(' ')} from PyPI, about 530 MB on disk, one to three minutes`);
  await run(installed.python, ['-m', 'pip', 'install', '--disable-pip-version-check', '--no-input', '--quiet', ...PINS], { progress })
    .catch((error: unknown) => { throw unavailable('pip could not install it; check that the package index is reachable', error); });
  await writeFile(join(folder, '.complete'), `${PINS.join('\n')}\n`);
  progress('MLServer: installed');
  return installed;
}

/** MLServer 1.7 runs on Python 3.9 to 3.12. */
async function findPython(): Promise<string> {
  const probe = 'import sys; sys.exit(0 if (3, 9) <= sys.version_info[:2] <= (3, 12) else 1)';
  for (const python of PYTHONS) {
    if (await run(python, ['-c', probe]).then(() => true, () => false)) return python;
  }
  throw unavailable('there is no Python 3.9 to 3.12 on the PATH; install python3 with python3-venv');
}

function unavailable(why: string, cause?: unknown): LastmileError {
  return new LastmileError('LM_TOOL_UNAVAILABLE', `MLServer 1.7.1 cannot be had: ${why}. This suite needs Python and PyPI; every other test runs without it.`, { cause });
}
