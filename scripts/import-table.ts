import { createRequire } from 'node:module';
import { join } from 'node:path';

interface Rule {
  readonly name: string; readonly comment: string;
  readonly to: { readonly path?: readonly string[]; readonly pathNot?: readonly string[] };
}

const CONFIGURATION = join(import.meta.dirname, '..', '.dependency-cruiser.cjs');
const OPEN = '<!-- imports -->';
const CLOSE = '<!-- /imports -->';

/** The enforced rules of the layers as a Markdown table; other rules of the file name themselves below it. */
export function importTable(): string {
  const { forbidden } = createRequire(import.meta.url)(CONFIGURATION) as { forbidden: readonly Rule[] };
  const named = (name: string): Rule | undefined => forbidden.find((rule) => rule.name === name);
  const layers = forbidden.flatMap(({ name }) => name.endsWith('-layers') ? [name.slice(0, -'-layers'.length)] : []);
  const rows = layers.map((layer) => {
    const imports = named(`${layer}-layers`);
    return row([layer, list((imports?.to.pathNot ?? []).slice(1).map(readable), 'itself only'), packagesOf(named(`${layer}-packages`)), named(`${layer}-builtins`) === undefined ? 'yes' : 'no', imports?.comment ?? '']);
  });
  const others = forbidden.filter(({ name }) => !/-(layers|packages|builtins)$/.test(name)).map(({ name, comment }) => `- \`${name}\`: ${comment}`);
  return [row(['from', 'may import', 'packages', 'Node modules', 'why']), row(Array.from({ length: 5 }, () => '---')), ...rows, '', 'And across layers:', '', ...others].join('\n');
}

/** `page` with what stands between its markers replaced. */
export function replaceImportTable(page: string, table: string): string {
  const start = page.indexOf(OPEN);
  const end = page.indexOf(CLOSE);
  return start === -1 || end < start ? page : `${page.slice(0, start)}${OPEN}\n${table}\n${page.slice(end)}`;
}

function row(cells: readonly string[]): string { return `| ${cells.join(' | ')} |`; }
function list(items: readonly string[], none: string): string { return items.length === 0 ? none : items.join(', '); }

function packagesOf(rule: Rule | undefined): string {
  const names = (paths: readonly string[]): readonly string[] => paths.map((path) => path.replace(/^node_modules\//, '').replace(/\/$/, ''));
  if (rule?.to.pathNot !== undefined) return list(names(rule.to.pathNot), 'none');
  const banned = names(rule?.to.path ?? []);
  return banned.length === 0 ? 'any' : `any, not ${banned.join(', ')}`;
}

/** ^workflows/(ids|messages)[.]ts$ -> workflows/{ids, messages}.ts; ^domain/ -> domain */
function readable(pattern: string): string {
  return pattern.replace(/^\^/, '').replace(/\$$/, '').replaceAll('[.]', '.').replace(/\/$/, '')
    .replace(/\(([^)]*)\)/, (_all, names: string) => `{${names.split('|').join(', ')}}`);
}
