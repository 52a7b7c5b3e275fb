import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sumReports } from '../../../scripts/sum-reports.ts';
import { jestArguments } from '../../../scripts/test.ts';
import { ROOT } from '../../support/source-tree.ts';

const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { scripts: Readonly<Record<string, string>> };

test('every npm script that names a file of ours names one that is there', () => {
  for (const command of Object.values(scripts)) {
    for (const [file] of command.matchAll(/(scripts|bin)\/[\w./-]+/g)) expect({ file, there: existsSync(join(ROOT, file)) }).toEqual({ file, there: true });
  }
});

test.each([
  [[], ['--selectProjects', 'quick', 'server']],
  [['--json', '--outputFile=x.json'], ['--selectProjects', 'quick', 'server', '--json', '--outputFile=x.json']],
  [['quick', 'domain'], ['--selectProjects', 'quick', '--testPathPatterns', 'domain']],
  [['servers', 'mlserver', '--json'], ['--selectProjects', 'foreign', '--runInBand', '--json', '--testPathPatterns', 'mlserver']],
  [['contract', 'serving/oip'], ['--selectProjects', 'quick', 'server', 'foreign', '--testPathPatterns', 'test/contract/.*serving/oip']],
])('npm test %j runs Jest with %j', (args, expected) => { expect(jestArguments(args)).toEqual(expected); });

describe('the sum of a CI run', () => {
  const folder = (reports: Readonly<Record<string, unknown>>): string => {
    const path = mkdtempSync(join(tmpdir(), 'lastmile-reports-'));
    for (const [name, report] of Object.entries(reports)) writeFileSync(join(path, name), JSON.stringify(report));
    return path;
  };
  const jest = (passed: number, failed: number, broken = 0) => ({ numPassedTests: passed, numFailedTests: failed, numRuntimeErrorTestSuites: broken });

  test('adds tests and checks', () => { expect(sumReports(folder({ 'tests.json': jest(40, 0), 'verify.json': { passed: 3, failed: 0 }, 'mlserver.json': jest(2, 0) }))).toEqual({ passed: 45, failed: 0 }); });
  test('counts a suite that could not run, and a report that is missing, as failures', () => { expect(sumReports(folder({ 'tests.json': jest(40, 1, 2) }))).toEqual({ passed: 40, failed: 4 }); });

  test('its last line is what it counted, and its exit code says whether all passed', () => {
    const run = (path: string) => spawnSync(process.execPath, [join(ROOT, 'scripts', 'sum-reports.ts'), path], { encoding: 'utf8' });
    expect(run(folder({ 'tests.json': jest(1, 0), 'verify.json': { passed: 3, failed: 0 } }))).toMatchObject({ status: 0, stdout: '4 passed, 0 failed\n' });
    expect(run(folder({ 'tests.json': jest(1, 1), 'verify.json': { passed: 3, failed: 0 } }))).toMatchObject({ status: 1, stdout: '4 passed, 1 failed\n' });
  });
});

test('.ci/run is sound shell', () => { expect(() => execFileSync('bash', ['-n', join(ROOT, '.ci', 'run')])).not.toThrow(); });

test('a command says what is wrong with its arguments and its environment, by exit code', () => {
  const start = (args: readonly string[], env: Readonly<Record<string, string>> = {}) => spawnSync(process.execPath, [join(ROOT, 'scripts', 'start.ts'), ...args], { encoding: 'utf8', env: { ...process.env, ...env } });
  expect(start(['--help'])).toMatchObject({ status: 0, stdout: expect.stringContaining('--fresh') as string });
  expect(start(['--nope'])).toMatchObject({ status: 2, stderr: expect.stringContaining("'--nope'") as string });
  expect(start([], { LASTMILE_PORTBASE: '1' })).toMatchObject({ status: 1, stderr: expect.stringContaining('did you mean LASTMILE_PORT_BASE') as string });
});
