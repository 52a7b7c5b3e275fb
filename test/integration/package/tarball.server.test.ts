import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { freePort } from '../../../scripts/supervisor/free-port.ts';
import { ROOT } from '../../support/source-tree.ts';

// Among the server tests for its length, not for a server: it compiles, packs and installs what would be published.
const MINUTES = 60_000;
let folder: string;
let version: string;
const env = { ...process.env, ONNXRUNTIME_NODE_INSTALL: 'skip', PATH: `${dirname(process.execPath)}:${process.env.PATH ?? ''}` };

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'lastmile-package-'));
  version = (JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string }).version;
  execFileSync('npm', ['pack', '--pack-destination', folder], { cwd: ROOT, env, stdio: 'pipe' });
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'stranger', private: true }));
  // From npm's cache where it can: the same packages were installed for this checkout.
  execFileSync('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', join(folder, `lastmile-${version}.tgz`)], { cwd: folder, env, stdio: 'pipe' });
}, 8 * MINUTES);
afterAll(() => { rmSync(folder, { recursive: true, force: true }); });

const lastmile = (args: readonly string[], extra: Readonly<Record<string, string>> = {}) => spawnSync('npx', ['--no-install', 'lastmile', ...args], { cwd: folder, env: { ...env, ...extra }, encoding: 'utf8' });

test('the installed command knows its own version', () => {
  expect(lastmile(['--version'])).toMatchObject({ status: 0, stdout: `${version}\n` });
});

test('it shows its help and the exit codes', () => {
  const { status, stdout } = lastmile(['--help']);
  expect(status).toBe(0);
  for (const verb of ['apply', 'plan', 'deploy', 'status', 'watch', 'explain', 'promote', 'rollback', 'feed', 'demo', 'doctor']) expect(stdout).toMatch(new RegExp(`^ +${verb}\\b`, 'm'));
  expect(stdout).toContain('75 unavailable');
});

test('without an API it says so, with the exit code for unavailable', async () => {
  const { status, stderr } = lastmile(['status'], { LASTMILE_API_URL: `http://127.0.0.1:${String(await freePort())}`, LASTMILE_API_KEY: 'k'.repeat(32) });
  expect({ status, named: stderr.includes('LM_API_UNAVAILABLE') }).toEqual({ status: 75, named: true });
});

test('the package holds compiled JavaScript and no sources, tests or data', () => {
  const files = execFileSync('tar', ['-tzf', join(folder, `lastmile-${version}.tgz`)], { encoding: 'utf8' }).trim().split('\n');
  for (const file of ['package/bin/lastmile.mjs', 'package/dist/cli/main.js', 'package/dist/workflows/index.js', 'package/dist/gateway/main.js', 'package/dist/examples/market/deployment.yaml']) expect(files).toContain(file);
  expect(files.filter((file) => /\.ts$|\/(test|node_modules|\.data|\.tools)\//.test(file))).toEqual([]);
});
