import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { ROOT } from '../support/source-tree.ts';

interface Rule { readonly name: string; readonly from: { readonly path?: string }; readonly to: { readonly path?: string[]; readonly pathNot?: string[] } }
interface Cruise { readonly summary: { readonly violations: readonly { readonly rule: { readonly name: string }; readonly from: string }[] } }

const { forbidden } = createRequire(import.meta.filename)(join(ROOT, '.dependency-cruiser.cjs')) as { forbidden: readonly Rule[] };
const PACKAGES = ['zod', 'mongodb', 'express', '@temporalio/client', '@temporalio/workflow', 'left-pad'];

/** A file that breaks the rule of a layer, and what it imports. */
function layerViolation({ name, to }: Rule): { file: string; imports: string } | null {
  const match = /^(.*)-(layers|packages|builtins)$/.exec(name);
  if (match === null) return null;
  const [, layer, kind] = match;
  const banned = to.path?.[0]?.replace(/^node_modules\//, '').replace(/\/$/, '');
  const imports = { layers: '../elsewhere/anything.ts', packages: banned === undefined ? 'left-pad' : banned === '@temporalio' ? '@temporalio/client' : banned, builtins: 'node:fs' }[kind as 'layers'];
  return { file: `${layer!}/breaks-${kind!}.ts`, imports };
}

/** Files that break the rules across layers, each by the one import that its rule forbids. */
const ACROSS: Readonly<Record<string, string>> = {
  'workflows/takes-values.ts': "import { a } from '../activities/index.ts'; export const b = a;",
  'activities/index.ts': 'export const a = 1;',
  'workflows/parses.ts': "import { schema } from '../domain/thing.schema.ts'; export const b = schema;",
  'domain/thing.schema.ts': 'export const schema = 1;',
  'api/starts.ts': "import { Client } from '@temporalio/client'; export const b = Client;",
  'collector/stores.ts': "import { MongoClient } from 'mongodb'; export const b = MongoClient;",
  'gateway/reaches.ts': "import { c } from '../domain/leaks.ts'; export const b = c;",
  'domain/leaks.ts': "import { MongoClient } from 'mongodb'; export const c = MongoClient;",
  'adapters/registry/knows.ts': "import { d } from '../serving/other.ts'; export const b = d;",
  'adapters/serving/other.ts': 'export const d = 1;',
  'api/picks.ts': "import { d } from '../adapters/serving/other.ts'; export const b = d;",
  'domain/one.ts': "import type { Two } from './two.ts'; export interface One { two: Two }",
  'domain/two.ts': "import type { One } from './one.ts'; export interface Two { one: One }",
  'config/leans.ts': "import { e } from '../test/thing.ts'; export const b = e;",
  'test/thing.ts': 'export const e = 1;',
  'config/typo.ts': "import { f } from './nowhere.ts'; export const b = f;",
  'elsewhere/anything.ts': 'export const anything = 1;',
};

let tree: string;
beforeAll(() => {
  tree = realpathSync(mkdtempSync(join(tmpdir(), 'lastmile-rules-')));
  const write = (file: string, text: string): void => { mkdirSync(dirname(join(tree, file)), { recursive: true }); writeFileSync(join(tree, file), text); };
  write('tsconfig.json', JSON.stringify({ compilerOptions: { module: 'nodenext', moduleResolution: 'nodenext', allowImportingTsExtensions: true, noEmit: true } }));
  write('package.json', JSON.stringify({ type: 'module', dependencies: Object.fromEntries(PACKAGES.map((name) => [name, '1.0.0'])) }));
  for (const name of PACKAGES) {
    write(`node_modules/${name}/package.json`, JSON.stringify({ name, version: '1.0.0', main: 'index.js' }));
    write(`node_modules/${name}/index.js`, 'module.exports = {};');
  }
  for (const [file, text] of Object.entries(ACROSS)) write(file, text);
  for (const rule of forbidden) {
    const violation = layerViolation(rule);
    if (violation !== null) write(violation.file, `import * as broken from '${violation.imports}'; export const used = broken;`);
  }
});
afterAll(() => { rmSync(tree, { recursive: true, force: true }); });

test('every import rule can fail', () => {
  const layers = [...new Set([...Object.keys(ACROSS), ...forbidden.flatMap((rule) => layerViolation(rule)?.file ?? [])].map((file) => file.split('/')[0]!))];
  const output = execFileSync(process.execPath, [
    join(ROOT, 'node_modules', 'dependency-cruiser', 'bin', 'dependency-cruiser.mjs'), '--config', join(ROOT, '.dependency-cruiser.cjs'), '--output-type', 'json', ...layers,
  ], { cwd: tree, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });
  const { violations } = (JSON.parse(output) as Cruise).summary;
  const broken = new Set(violations.map(({ rule }) => rule.name));
  expect(forbidden.map(({ name }) => name).filter((name) => !broken.has(name))).toEqual([]);
  for (const rule of forbidden) {
    const violation = layerViolation(rule);
    if (violation !== null) expect(violations.map(({ rule: { name }, from }) => `${name} ${from}`)).toContain(`${rule.name} ${violation.file}`);
  }
});
