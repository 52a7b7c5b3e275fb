import { spawnSync } from 'node:child_process';
import { cpSync, globSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Compiles dist for the published package: Node strips no types under node_modules (decision D10). Files that sources read lie beside them there too. */
const ROOT = join(import.meta.dirname, '..');
const DIST = join(ROOT, 'dist');
const READ_BY_SOURCES = '*.{yaml,yml,json,css,html,svg,proto}';

const { include } = JSON.parse(readFileSync(join(ROOT, 'tsconfig.build.json'), 'utf8')) as { include: readonly string[] };
rmSync(DIST, { recursive: true, force: true });
const compiled = spawnSync(process.execPath, [join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc'), '--project', join(ROOT, 'tsconfig.build.json')], { stdio: ['ignore', 'inherit', 'inherit'] });
if (compiled.status !== 0) process.exit(1);
for (const file of include.flatMap((folder) => globSync(`${folder}/**/${READ_BY_SOURCES}`, { cwd: ROOT }))) {
  mkdirSync(dirname(join(DIST, file)), { recursive: true });
  cpSync(join(ROOT, file), join(DIST, file));
}
