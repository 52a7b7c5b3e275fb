import { existsSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LastmileError } from '../../domain/errors.ts';
import { run } from './run.ts';

/** What one install holds; a change of pins makes a new folder. pandas 3 lacks what this Evidently imports. */
const PINS = ['evidently==0.7.23', 'pandas==2.3.3', 'numpy==2.4.6', 'scipy==1.17.1'] as const;
const FOLDER = 'evidently-0.7.23';

/** A Python that can import Evidently, in a virtual environment under `toolsDir`, installed from PyPI once. LM_TOOL_UNAVAILABLE says what is missing. */
export async function ensureEvidently(toolsDir: string, progress: (line: string) => void): Promise<string> {
  const folder = join(toolsDir, FOLDER);
  const python = join(folder, 'bin', 'python');
  if (existsSync(join(folder, '.complete'))) return python;
  await rm(folder, { recursive: true, force: true });
  await mkdir(toolsDir, { recursive: true });
  progress(`Evidently: installing ${PINS.join(' ')} from PyPI in ${folder}, one to three minutes`);
  try {
    await run('python3', ['-m', 'venv', folder], { progress });
    await run(python, ['-m', 'pip', 'install', '--disable-pip-version-check', '--no-input', '--quiet', ...PINS], { progress });
  } catch (error) {
    throw new LastmileError('LM_TOOL_UNAVAILABLE', 'Evidently cannot be had: this bench needs Python 3.11 or later with venv, and PyPI.', { cause: error });
  }
  await writeFile(join(folder, '.complete'), `${PINS.join('\n')}\n`);
  return python;
}
