import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { VARIABLES, type Variable } from './schema.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

const BY_FILE = Object.entries(VARIABLES as Readonly<Record<string, Variable>>).filter(([, { byFile }]) => byFile === true).map(([name]) => name);

/** Names by which a secret may be given as the path of a file that holds it, as container runtimes hand them over. */
export const FILE_NAMES: ReadonlySet<string> = new Set(BY_FILE.map((name) => `${name}_FILE`));

/** The environment with the content of those files in its place. A file that cannot be read, is empty, or says the same as its variable is a problem. */
export function withSecretFiles(env: Environment, cwd: string, problems: string[]): Environment {
  const filled: Record<string, string | undefined> = { ...env };
  for (const name of BY_FILE) {
    const file = env[`${name}_FILE`];
    if (file === undefined || file === '') continue;
    if (env[name] !== undefined && env[name] !== '') { problems.push(`${name} and ${name}_FILE are both set; keep one of them`); continue; }
    const text = contentOf(resolve(cwd, file));
    if (text === null || text === '') problems.push(`${name}_FILE: ${file} ${text === null ? 'cannot be read' : 'is empty'}`);
    else filled[name] = text;
  }
  return filled;
}

/** Without the line end that editors and `echo` leave; null when it cannot be read. */
function contentOf(file: string): string | null {
  try { return readFileSync(file, 'utf8').trim(); } catch { return null; }
}
