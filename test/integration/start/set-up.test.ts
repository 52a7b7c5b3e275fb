import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { ROOT } from '../../support/source-tree.ts';

// Stage one in a folder of its own, with an npm that only writes down how it was called. The real one runs in every clean clone.
interface Setup { readonly code: number | null; readonly said: string; readonly calls: readonly string[]; again(): Setup }

function setUp(npm: string): Setup {
  const folder = mkdtempSync(join(tmpdir(), 'lastmile-set-up-'));
  for (const name of ['scripts', 'bin']) mkdirSync(join(folder, name));
  copyFileSync(join(ROOT, 'scripts', 'stage-one.mjs'), join(folder, 'scripts', 'stage-one.mjs'));
  writeFileSync(join(folder, 'package-lock.json'), '{}');
  writeFileSync(join(folder, 'scripts', 'go.mjs'), "import { stageTwo } from './stage-one.mjs'; await stageTwo('end.mjs', []);");
  writeFileSync(join(folder, 'scripts', 'end.mjs'), "process.stderr.write('stage two\\n');");
  writeFileSync(join(folder, 'bin', 'npm'), `#!/bin/sh\necho "$ONNXRUNTIME_NODE_INSTALL $*" >> calls\nmkdir -p node_modules\n${npm}\n`, { mode: 0o755 });
  const run = (): Setup => {
    const { status, stderr } = spawnSync(process.execPath, [join(folder, 'scripts', 'go.mjs')], { encoding: 'utf8', env: { ...process.env, PATH: `${join(folder, 'bin')}${delimiter}${process.env.PATH ?? ''}` } });
    return { code: status, said: stderr, calls: readFileSync(join(folder, 'calls'), 'utf8').trim().split('\n'), again: run };
  };
  return run();
}

test('the lockfile is installed as it is, once, and without the GPU libraries of onnxruntime-node', () => {
  const first = setUp('exit 0');
  expect(first).toMatchObject({ code: 0, calls: ['skip ci --no-audit --no-fund'], said: expect.stringContaining('stage two') as string });
  expect(first.again().calls).toHaveLength(1);
});

test('a lockfile that does not fit package.json is left alone: the newest versions that fit, and why', () => {
  const { code, said, calls } = setUp('test "$1" = ci || exit 0; echo "npm error code EUSAGE" >&2; echo "npm error Missing: ajv@8 from lock file" >&2; for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16; do echo "npm error --option $i" >&2; done; exit 1');
  expect({ code, calls }).toEqual({ code: 0, calls: ['skip ci --no-audit --no-fund', 'skip install --no-package-lock --no-audit --no-fund'] });
  expect(said).toMatch(/does not fit package\.json[\s\S]*Missing: ajv@8 from lock file[\s\S]*stage two/);
});

test('any other failure of npm ends the set-up with its last lines', () => {
  const { code, said, calls } = setUp('echo "npm error code ENOSPC" >&2; exit 28');
  expect({ code, calls }).toEqual({ code: 1, calls: ['skip ci --no-audit --no-fund'] });
  expect(said).toMatch(/npm ci ended with code 28:\n.*ENOSPC/);
  expect(said).not.toContain('stage two');
});
