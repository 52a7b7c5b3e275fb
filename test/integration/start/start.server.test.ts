import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { HealthAnswer } from '../../../api/contract.ts';
import { commandLineOf } from '../../../scripts/supervisor/process-table.ts';
import { readRunFile } from '../../../scripts/supervisor/run-file.ts';
import { freeBase } from '../../support/free-base.ts';
import { ROOT } from '../../support/source-tree.ts';

// The supervisor with every real process, as `npm start -- --no-demo` runs it.
const START_MS = 120_000;
const data = mkdtempSync(join(tmpdir(), 'lastmile-start-'));
let base: number;
let running: ChildProcess | null = null;

beforeAll(async () => { base = await freeBase(); });
afterAll(async () => { if (running !== null) await interrupted(running); });

async function start(env: Readonly<Record<string, string>> = {}): Promise<{ child: ChildProcess; said(): string }> {
  // Only what the test says: servers of its own, whatever the caller's environment names.
  const inherited = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('LASTMILE_') && name !== 'MONGODB_URI'));
  const child = spawn(process.execPath, [join(ROOT, 'scripts', 'start.mjs'), '--no-demo'], {
    cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...inherited, LASTMILE_PORT_BASE: String(base), LASTMILE_DATA_DIR: data, LASTMILE_TEMPORAL_PATH: process.env.TEST_TEMPORAL_CLI!, LASTMILE_MONGOD_PATH: process.env.TEST_MONGOD!, ...env },
  });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => { text += chunk.toString(); });
  const deadline = performance.now() + START_MS;
  while (!text.includes('In another terminal') && child.exitCode === null) {
    if (performance.now() > deadline) throw new Error(`npm start is not up after ${String(START_MS / 1_000)} s:\n${text}`);
    await delay(100);
  }
  return { child, said: () => text };
}

function interrupted(child: ChildProcess): Promise<{ code: number | null; ms: number }> {
  const since = performance.now();
  if (child.exitCode !== null) return Promise.resolve({ code: child.exitCode, ms: 0 });
  return new Promise((resolve) => {
    child.once('exit', (code) => { resolve({ code, ms: performance.now() - since }); });
    child.kill('SIGTERM');
  });
}

const api = (path: string): Promise<Response> => fetch(`http://127.0.0.1:${String(base)}${path}`);
const key = (): string => readFileSync(join(data, 'keys', 'dev-api-key'), 'utf8');

test('it brings everything up, stays up, refuses a second start, ends cleanly, and goes on from the same data', async () => {
  const first = await start();
  running = first.child;
  expect({ code: first.child.exitCode, said: first.said() }).toMatchObject({ code: null });
  expect(first.said()).toContain(`http://127.0.0.1:${String(base)}/`);
  const health = await (await api('/api/v1/health')).json() as HealthAnswer;
  expect(health).toMatchObject({ status: 'ok' });
  expect((await api('/')).status).toBe(200);
  expect((await fetch(`http://127.0.0.1:${String(base + 5)}/`)).status).toBe(200);

  const second = await start();
  expect(second.child.exitCode).toBe(6);
  expect(second.said()).toContain('LM_CONFLICT');
  const elsewhere = await start({ LASTMILE_DATA_DIR: mkdtempSync(join(tmpdir(), 'lastmile-start-')) });
  expect(elsewhere.said()).toMatch(new RegExp(`${String(base)} \\(API\\) by process \\d+.*LM_PORT_TAKEN`, 's'));

  const processes = Object.entries(readRunFile(join(data, 'run.json'))!.processes);
  expect(processes.map(([name]) => name).sort()).toEqual(['api', 'collector', 'gw-1', 'gw-2', 'modelhost', 'mongod', 'temporal', 'worker']);
  const firstKey = key();
  const { code, ms } = await interrupted(first.child);
  running = null;
  expect({ code, quick: ms < 15_000 }).toEqual({ code: 0, quick: true });
  expect(processes.filter(([, { pid, command }]) => commandLineOf(pid) === command)).toEqual([]);
  expect(existsSync(join(data, 'run.json'))).toBe(false);

  const again = await start();
  running = again.child;
  expect({ code: again.child.exitCode, said: again.said() }).toMatchObject({ code: null });
  expect(key()).toBe(firstKey);
  expect((await fetch(`http://127.0.0.1:${String(base)}/api/v1/deployments`, { headers: { authorization: `Bearer ${firstKey.trim()}` } })).status).toBe(200);
  await interrupted(again.child);
  running = null;
}, 4 * START_MS);
