import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { load } from '../../../config/load.ts';
import { dataDirAt, emptyDataDir, ensureSecrets, prepareDataDir } from '../../../scripts/supervisor/data-dir.ts';
import { readyLineProbe } from '../../../scripts/supervisor/health.ts';
import { assertPortsFree } from '../../../scripts/supervisor/ports.ts';
import { commandLineOf, endProcesses, listenerOf } from '../../../scripts/supervisor/process-table.ts';
import { planStack } from '../../../scripts/supervisor/processes.ts';
import { leftovers, readRunFile, whileSupervised, writeRunFile } from '../../../scripts/supervisor/run-file.ts';
import { restartPauseMs, supervise, type ProcessSpec, type Supervised } from '../../../scripts/supervisor/supervised.ts';

const READY = 'process.stderr.write(JSON.stringify({ message: "ready" }) + "\\n");';
const STAY = `${READY} setInterval(() => {}, 1000);`;
const folder = (): string => mkdtempSync(join(tmpdir(), 'lastmile-supervised-'));

const alive: Supervised[] = [];
afterEach(async () => { await Promise.all(alive.splice(0).map((process_) => process_.stop(500))); });

function child(code: string): { process_: Supervised; said: string[]; logFile: string } {
  const logFile = join(folder(), 'child.log');
  const said: string[] = [];
  const spec: ProcessSpec = { name: 'child', command: process.execPath, args: ['-e', code], env: { ...process.env }, logFile, probe: (offset) => readyLineProbe(logFile, offset) };
  const process_ = supervise(spec, { changed: () => undefined, say: (line) => { said.push(line); } });
  alive.push(process_);
  return { process_, said, logFile };
}

async function until(condition: () => boolean): Promise<void> {
  for (let tries = 0; !condition(); tries += 1) {
    if (tries > 400) throw new Error('waited 10 s in vain');
    await delay(25);
  }
}

test('a process is started when it is well, and ended by SIGTERM', async () => {
  const { process_ } = child(STAY);
  await process_.start();
  const pid = process_.pid()!;
  expect(commandLineOf(pid)).toContain('setInterval');
  await process_.stop(2_000);
  expect(commandLineOf(pid)).toBeNull();
});

test('one that ends before it is ready fails the start, with the end of its log', async () => {
  const { process_, said } = child('process.stderr.write("no database at all\\n"); process.exit(7);');
  await expect(process_.start()).rejects.toMatchObject({ code: 'LM_PROCESS_FAILED', message: expect.stringMatching(/code 7.*no database at all/s) as string });
  expect(said).toEqual([]);
});

test('a binary that is not there fails the start', async () => {
  const logFile = join(folder(), 'x.log');
  const process_ = supervise({ name: 'x', command: '/nowhere/x', args: [], env: {}, logFile, probe: (offset) => readyLineProbe(logFile, offset) }, { changed: () => undefined, say: () => undefined });
  await expect(process_.start()).rejects.toMatchObject({ code: 'LM_PROCESS_FAILED' });
});

test('a crashed process starts again, is said so, and stays away once it is stopped', async () => {
  const { process_, said } = child(STAY);
  await process_.start();
  const first = process_.pid()!;
  process.kill(first, 'SIGKILL');
  await until(() => said.length === 2);
  expect(said[0]).toMatch(/child ended \(SIGKILL\); it starts again in 0\.5 s/);
  expect(said[1]).toMatch(/child is back/);
  expect(process_.pid()).not.toBe(first);
  const second = process_.pid()!;
  process.kill(second, 'SIGKILL');
  await until(() => said.length === 3);
  await process_.stop(500);
  await delay(1_300);
  expect(process_.pid()).toBeNull();
  expect(said).toHaveLength(3);
});

test('one that ignores SIGTERM is killed with its own children', async () => {
  const pidFile = join(folder(), 'grandchild');
  const { process_ } = child(`process.on('SIGTERM', () => {}); const c = require('node:child_process').spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
    require('node:fs').writeFileSync(${JSON.stringify(pidFile)}, String(c.pid)); ${STAY}`);
  await process_.start();
  const [parent, grandchild] = [process_.pid()!, Number(readFileSync(pidFile, 'utf8'))];
  await process_.stop(200);
  await until(() => commandLineOf(parent) === null && (commandLineOf(grandchild) ?? '') === '');
});

test('the pause before a restart doubles up to a quarter of a minute', () => {
  expect([0, 1, 2, 3, 4, 5, 6, 40].map(restartPauseMs)).toEqual([500, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000, 15_000]);
});

test('processes of an earlier run are known by number and command line, and only those are ended', async () => {
  const stray = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
  await until(() => (commandLineOf(stray.pid!) ?? '').includes('setInterval'));
  const file = join(folder(), 'run.json');
  const command = commandLineOf(stray.pid!)!;
  writeRunFile(file, { supervisor: { pid: stray.pid!, command: 'another program' }, startedAt: '', apiUrl: '', processes: { ours: { pid: stray.pid!, command }, reused: { pid: process.pid, command: 'what had this number before' }, gone: { pid: 4_194_305, command } } });
  expect(whileSupervised(readRunFile(file))).toBeNull();
  expect(leftovers(readRunFile(file))).toEqual([{ name: 'ours', pid: stray.pid }]);
  await endProcesses([stray.pid!], 1_000);
  expect(leftovers(readRunFile(file))).toEqual([]);
});

describe('ports', () => {
  let server: Server;
  beforeEach(async () => { server = createServer(); await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); }); });
  afterEach(() => new Promise((resolve) => { if (server.listening) server.close(resolve); else resolve(null); }));

  test('a taken port is named with its holder and the way out', async () => {
    const { port } = server.address() as AddressInfo;
    const use = { title: 'API', host: '127.0.0.1', port };
    expect(listenerOf(port)).toBe(process.pid);
    await expect(assertPortsFree([use], 7_300)).rejects.toMatchObject({ code: 'LM_PORT_TAKEN', message: expect.stringMatching(new RegExp(`${String(port)} \\(API\\) by process ${String(process.pid)}: .*LASTMILE_PORT_BASE=7400`, 's')) as string });
    await new Promise((resolve) => server.close(resolve));
    await expect(assertPortsFree([use], 7_300)).resolves.toBeUndefined();
  });
});

describe('data folder', () => {
  test('a new one is marked and emptied on request; one that lastmile did not make is left alone', () => {
    const root = join(folder(), 'data');
    const mine = dataDirAt(root);
    prepareDataDir(mine);
    writeFileSync(join(root, 'mongod', 'x'), '');
    emptyDataDir(mine);
    expect(existsSync(join(root, 'mongod'))).toBe(false);
    prepareDataDir(mine);
    const foreign = dataDirAt(folder());
    writeFileSync(join(foreign.root, 'thesis.txt'), 'years of work');
    prepareDataDir(foreign);
    expect(() => { emptyDataDir(foreign); }).toThrow(/was not made by lastmile/);
    expect(existsSync(join(foreign.root, 'thesis.txt'))).toBe(true);
  });

  test('secrets are made once and readable by their owner alone', () => {
    const config = load({ LASTMILE_DATA_DIR: folder() }, '/');
    prepareDataDir(dataDirAt(config.dataDir));
    const token = ensureSecrets(config);
    expect(token.length).toBeGreaterThanOrEqual(32);
    expect(ensureSecrets(config)).toBe(token);
    for (const file of ['service-token', 'routes.pem']) expect(statSync(join(config.dataDir, 'keys', file)).mode & 0o077).toBe(0);
    expect(ensureSecrets(load({ LASTMILE_DATA_DIR: config.dataDir, LASTMILE_SERVICE_TOKEN: 't'.repeat(32) }, '/'))).toBe('t'.repeat(32));
  });
});

describe('the plan of the stack', () => {
  const planned = (env: Readonly<Record<string, string>>) => {
    const config = load({ LASTMILE_DATA_DIR: '/data', ...env }, '/');
    return planStack({ config, dataDir: dataDirAt('/data'), serviceToken: 's', environment: {}, tools: { temporal: config.temporal.external ? null : '/bin/temporal', mongod: config.mongodb.external ? null : '/bin/mongod' } });
  };
  const names = (plan: ReturnType<typeof planned>) => plan.groups.map(({ processes }) => processes.map(({ name }) => name));

  test('servers, then the control plane, then the gateways', () => {
    expect(names(planned({ LASTMILE_GATEWAY_PROCESSES: '3' }))).toEqual([['mongod', 'temporal'], ['api', 'modelhost', 'collector', 'worker'], ['gw-1', 'gw-2', 'gw-3']]);
    expect(planned({}).ports.map(({ port }) => port).sort()).toEqual([7300, 7301, 7302, 7303, 7304, 7305, 7306, 7307, 7308]);
  });

  test('all of it has ended within ten seconds', () => { expect(planned({}).groups.reduce((sum, { patienceMs }) => sum + patienceMs, 0)).toBeLessThanOrEqual(10_000); });

  test('servers that run elsewhere are not started, and their ports not taken', () => {
    const plan = planned({ LASTMILE_TEMPORAL_ADDRESS: 'temporal:7233', MONGODB_URI: 'mongodb://db:27017/?replicaSet=rs' });
    expect(names(plan)[0]).toEqual(['api', 'modelhost', 'collector', 'worker']);
    expect(plan.ports).toHaveLength(4 + 2);
  });

  test('each gateway has its name, and every process of ours the service token and the same folder', () => {
    const own = planned({}).groups.slice(1).flatMap(({ processes }) => processes);
    for (const { env } of own) expect(env).toMatchObject({ LASTMILE_SERVICE_TOKEN: 's', LASTMILE_DATA_DIR: '/data', LASTMILE_PORT_BASE: '7300' });
    expect(own.filter(({ name }) => name.startsWith('gw')).map(({ env }) => env.LASTMILE_GATEWAY_ID)).toEqual(['gw-1', 'gw-2']);
    const admins = planned({ LASTMILE_GATEWAY_PROCESSES: '5', LASTMILE_GATEWAY_ADMIN_PORT: '9999' }).groups.at(-1)!.processes.map(({ env }) => env.LASTMILE_GATEWAY_ADMIN_PORT);
    expect(admins).toEqual(['7307', '7308', '7309', '', '']);   // the ten ports of a base are used up; the others take any free one
    for (const { args } of own) expect(existsSync(args[0]!.replace(/main\.ts$/, ''))).toBe(true);
  });
});

test('stage one runs on an older Node with nothing installed', () => {
  // What it may use: Node's own modules, and no file of ours but itself.
  const text = readFileSync(join(import.meta.dirname, '..', '..', '..', 'scripts', 'stage-one.mjs'), 'utf8');
  expect([...text.matchAll(/from '([^']+)'/g)].map(([, name]) => name).filter((name) => !name!.startsWith('node:'))).toEqual([]);
  expect(spawnSync(process.execPath, ['--check', join(import.meta.dirname, '..', '..', '..', 'bin', 'lastmile.mjs')]).status).toBe(0);
});
