import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePorts } from '../../support/stack.ts';
import { loadSigningKey, signBreakGlass } from '../../../config/signing.ts';
import { act, closeAll, control, modelServer, ok, predict, promotedRoute, routeOf, until, TOKEN, type Control } from './harness.ts';

const ROOT = join(import.meta.dirname, '..', '..', '..');
const running: ChildProcess[] = [];
afterEach(async () => { for (const child of running.splice(0)) child.kill('SIGKILL'); await closeAll(); });

/** `node gateway/main.ts`, as `npm start` runs it; resolves when it logs that it is ready. */
async function start(api: Control, id: string, of: { port: number; dataDir: string; adminPort?: number; diskFull?: boolean }): Promise<ChildProcess> {
  // No file may grow at all: what a full disk is to a process.
  const [command, ...args] = of.diskFull === true ? ['sh', '-c', `ulimit -f 0; exec "${process.execPath}" gateway/main.ts`] as const : [process.execPath, 'gateway/main.ts'] as const;
  const child = spawn(command, args, {
    cwd: ROOT, stdio: ['ignore', 'ignore', 'pipe'],
    env: {
      PATH: process.env.PATH, LASTMILE_DATA_DIR: of.dataDir, LASTMILE_GATEWAY_ID: id, LASTMILE_GATEWAY_PORT: String(of.port), LASTMILE_SERVICE_TOKEN: TOKEN,
      LASTMILE_API_URL: api.url, LASTMILE_COLLECTOR_URL: api.url, LASTMILE_SIGNING_PUBLIC_KEY_FILE: api.keyFile,
      ...(of.adminPort === undefined ? {} : { LASTMILE_GATEWAY_ADMIN_PORT: String(of.adminPort) }),
    },
  });
  running.push(child);
  let log = '';
  child.stderr.on('data', (chunk: Buffer) => { log += chunk.toString(); });
  await until(`${id} is ready`, () => { if (child.exitCode !== null) throw new Error(log); return log.includes('"message":"ready"'); }, 60_000);
  return child;
}

test('two processes on one port: kill -9 of one and the other answers; SIGTERM finishes what is under way and says goodbye', async () => {
  const [api, one] = [await control(), await modelServer(1)];
  api.publish([routeOf(one.variant)]);
  const of = { port: (await freePorts(1))[0]!, dataDir: mkdtempSync(join(tmpdir(), 'lastmile-process-')) };
  const url = `http://127.0.0.1:${of.port}`;
  const [first, second] = [await start(api, 'gw-1', of), await start(api, 'gw-2', of)];
  for (let i = 0; i < 20; i += 1) expect((await predict(url, { connection: 'close' })).status).toBe(200);
  first.kill('SIGKILL');
  await once(first, 'exit');
  for (let i = 0; i < 20; i += 1) expect((await predict(url, { connection: 'close' })).status).toBe(200);

  one.answer = async (seen, response) => { await delay(300); ok(1)(seen, response); };
  const asked = one.seen.length;
  const under = predict(url);
  await until('a request is under way', () => one.seen.length > asked);
  second.kill('SIGTERM');
  expect((await under).status).toBe(200);
  const [code] = await once(second, 'exit') as [number];
  expect(code).toBe(0);
  expect(api.goodbyes).toEqual(['/internal/v1/gateways/gw-2']);
  const last = await under;
  expect(api.records().map(({ inferenceId }) => inferenceId)).toContain(last.headers.get('x-lastmile-inference-id'));
});

test('break-glass outlives kill -9: a gateway that restarts from an old table, without the API, does not serve what was killed', async () => {
  const [api, one, two] = [await control(), await modelServer(1), await modelServer(2)];
  api.publish([promotedRoute(one, two)]);
  const [port, adminPort] = await freePorts(2) as [number, number];
  const of = { port, adminPort, dataDir: mkdtempSync(join(tmpdir(), 'lastmile-process-')) };
  const url = `http://127.0.0.1:${port}`;
  const first = await start(api, 'gw-1', of);
  expect((await predict(url)).headers.get('x-lastmile-version')).toBe('2');
  await api.stop();
  const token = signBreakGlass({ v: 1, id: 'bgt_1', use: 'kill', tenantId: 'default', actor: { kind: 'person', name: 'ann' }, issuedAtMs: 0, expiresAtMs: Date.now() + 60_000 }, loadSigningKey(api.signingKeyFile));
  const killed = await fetch(`http://127.0.0.1:${adminPort}/admin/v1/kills`, {
    method: 'POST', headers: { authorization: `Bearer ${token}` }, body: JSON.stringify({ killId: 'kil_1', deployment: 'churn', scope: { kind: 'champion' }, inFlight: 'abort' }),
  });
  first.kill('SIGKILL');   // in the moment of the answer
  expect(await killed.json()).toMatchObject({ state: 'silent', answering: '1' });
  await once(first, 'exit');
  const before = two.seen.length;
  await start(api, 'gw-1', of);
  const response = await predict(url);
  expect([response.status, response.headers.get('x-lastmile-version'), response.headers.get('x-lastmile-revision'), response.headers.get('x-lastmile-fallback')]).toEqual([200, '1', '2', 'last-good']);
  expect(two.seen).toHaveLength(before);
  await api.start();
  await until('it tells its own kill', () => api.syncs.at(-1)?.ownKills.dep_1?.[0]?.killId === 'kil_1', 60_000);
});

test('on a full disk it obeys what comes and serves on; the table on disk stays the whole one of before, and a restart begins there', async () => {
  const [api, one, two] = [await control(), await modelServer(1), await modelServer(2)];
  const before = routeOf(one.variant);
  api.publish([before]);
  const of = { port: (await freePorts(1))[0]!, dataDir: mkdtempSync(join(tmpdir(), 'lastmile-process-')) };
  const url = `http://127.0.0.1:${of.port}`;
  const file = join(of.dataDir, 'gateways', 'gw-1', 'route-table.json');
  const first = await start(api, 'gw-1', of);
  await until('the table is on disk', () => existsSync(file));
  const kept = readFileSync(file, 'utf8');
  first.kill('SIGKILL');
  await once(first, 'exit');

  const full = await start(api, 'gw-1', { ...of, diskFull: true });
  api.publish([act(before, { type: 'setChampion', variant: two.variant, expectedChampion: one.variant.variantId, by: 'automation' })]);
  await until('the newer table is obeyed', async () => (await predict(url)).headers.get('x-lastmile-version') === '2');
  await until('it is acknowledged', () => api.syncs.at(-1)?.applied.dep_1 === 2);
  full.kill('SIGKILL');
  await once(full, 'exit');
  expect(readFileSync(file, 'utf8')).toBe(kept);

  await api.stop();
  await start(api, 'gw-1', of);
  expect((await predict(url)).headers.get('x-lastmile-version')).toBe('1');
});

test('without a service token it does not start and says why', async () => {
  const child = spawn(process.execPath, ['gateway/main.ts'], { cwd: ROOT, stdio: ['ignore', 'ignore', 'pipe'], env: { PATH: process.env.PATH } });
  let log = '';
  child.stderr.on('data', (chunk: Buffer) => { log += chunk.toString(); });
  const [code] = await once(child, 'exit') as [number];
  expect(code).toBe(1);
  expect(log).toContain('LASTMILE_SERVICE_TOKEN is not set');
});
