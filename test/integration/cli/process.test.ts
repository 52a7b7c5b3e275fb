import { spawn } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fakeLastmile, type FakeLastmile } from './fake-lastmile.ts';
import { rolloutView } from './recorded.ts';

const stateDir = mkdtempSync(join(tmpdir(), 'lastmile-cli-state-'));
let fake: FakeLastmile;
beforeEach(async () => { fake = await fakeLastmile({}); });
afterEach(async () => { await fake.close(); });

interface Ended { readonly code: number | null; readonly out: string; readonly err: string }
function start(argv: readonly string[], onErr: (kill: (signal: NodeJS.Signals) => void) => void = () => undefined): Promise<Ended> {
  const child = spawn(process.execPath, ['cli/main.ts', '--api', fake.url, ...argv], { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, LASTMILE_STATE_DIR: stateDir } });
  const ended = { out: '', err: '' };
  child.stdout.on('data', (chunk: Buffer) => { ended.out += chunk.toString(); onErr((signal) => { child.kill(signal); }); });
  child.stderr.on('data', (chunk: Buffer) => { ended.err += chunk.toString(); });
  return new Promise((resolve) => { child.on('close', (code) => { resolve({ code, ...ended }); }); });
}

test('the process has its version, its exit codes, and no colour off a terminal', async () => {
  expect((await start(['--version'])).out).toMatch(/^\d+\.\d+\.\d+\n$/);
  expect((await start(['nope'])).code).toBe(2);
  fake.handlers['GET /api/v1/deployments'] = () => ({ body: { items: [{ name: 'churn', phase: 'serving', champion: null, challenger: null, sentence: 'ok', sick: true, updatedAtMs: 0 }], next: null } });
  const { out, code, err } = await start(['status']);
  expect({ code, err }).toEqual({ code: 0, err: '' });
  expect(out).not.toContain(String.fromCharCode(27));
});

test('Ctrl-C while watching ends at once with 130 and leaves no process', async () => {
  fake.handlers['GET /api/v1/deployments/churn/rollouts/2'] = () => ({ body: rolloutView({ stage: 'shadowing' }, { story: ['In shadow.'] }) });
  fake.handlers['GET /api/v1/events'] = () => ({ headers: { 'content-type': 'text/event-stream' }, keepOpen: true, body: ': hello\n\n' });
  let sent = false;
  const ended = await start(['watch', 'churn', '--rollout', '2'], (kill) => { if (!sent) { sent = true; setTimeout(() => { kill('SIGINT'); }, 200); } });
  expect(ended.code).toBe(130);
  expect(ended.err).not.toContain('at ');
});
