import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';

/** Root of the repository. */
export const ROOT = join(import.meta.dirname, '..', '..');
const NOT_SOURCE = new Set(['node_modules', 'dist', 'coverage']);

/** Paths of source files from the root, with `/`; hidden folders, dependencies and builds left out. */
export function sourceFiles(endings: readonly string[], under = ''): readonly string[] {
  const walk = (folder: string): string[] => readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (entry.name.startsWith('.') || NOT_SOURCE.has(entry.name)) return [];
    const path = join(folder, entry.name);
    return entry.isDirectory() ? walk(path) : endings.some((ending) => entry.name.endsWith(ending)) ? [relative(ROOT, path).split(sep).join('/')] : [];
  });
  return walk(join(ROOT, under)).sort();
}

/** Lines that are neither blank nor only comment. */
export function codeLines(file: string): number {
  const text = readFileSync(join(ROOT, file), 'utf8').replace(/\/\*[\s\S]*?\*\//g, (comment) => comment.replace(/[^\n]/g, ''));
  return text.split('\n').filter((line) => { const code = line.trim(); return code !== '' && !code.startsWith('//') && !code.startsWith('#!'); }).length;
}
