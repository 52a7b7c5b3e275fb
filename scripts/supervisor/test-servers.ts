import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { LastmileError } from '../../domain/errors.ts';
import { freePort } from './free-port.ts';
import { primaryProbe, tcpProbe, type Probe } from './health.ts';
import { mongodArguments, temporalArguments } from './servers.ts';

const START_MS = 30_000;
const POLL_MS = 50;
const STOP_MS = 5_000;

export interface TestServers {
  readonly mongodbUri: string;
  readonly temporalAddress: string;
  readonly pids: readonly number[];
  stop(): Promise<void>;
}

/** One mongod and one Temporal dev server on free ports, with their data in a folder of their own that goes away with them. */
export async function startTestServers(tools: { readonly mongod: string; readonly temporal: string }): Promise<TestServers> {
  const folder = mkdtempSync(join(tmpdir(), 'lastmile-test-'));
  const [mongoPort, temporalPort] = [await freePort(), await freePort()];
  mkdirSync(join(folder, 'mongod'));
  const children = [
    launch('mongod', tools.mongod, [...mongodArguments({ port: mongoPort, dbPath: join(folder, 'mongod'), socketDir: folder })], folder),
    launch('temporal', tools.temporal, [...temporalArguments({ port: temporalPort, uiPort: null, namespace: 'default', databaseFile: join(folder, 'temporal.db') })], folder),
  ];
  const stop = async (): Promise<void> => {
    await Promise.all(children.map(({ child }) => ended(child)));
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await Promise.all([untilWell(children[0], primaryProbe(mongoPort)), untilWell(children[1], tcpProbe('127.0.0.1', temporalPort))]);
  } catch (error) { await stop(); throw error; }
  return {
    mongodbUri: `mongodb://127.0.0.1:${String(mongoPort)}/?replicaSet=rs0`, temporalAddress: `127.0.0.1:${String(temporalPort)}`,
    pids: children.flatMap(({ child }) => child.pid ?? []), stop,
  };
}

/** One mongod alone, on a free port, with its data in a folder that goes away with it. */
export async function startTestMongod(mongod: string): Promise<Pick<TestServers, 'mongodbUri' | 'stop'>> {
  const folder = mkdtempSync(join(tmpdir(), 'lastmile-test-'));
  const port = await freePort();
  const launched = launch('mongod', mongod, [...mongodArguments({ port, dbPath: folder, socketDir: folder })], folder);
  const stop = async (): Promise<void> => {
    await ended(launched.child);
    rmSync(folder, { recursive: true, force: true });
  };
  try { await untilWell(launched, primaryProbe(port)); } catch (error) { await stop(); throw error; }
  return { mongodbUri: `mongodb://127.0.0.1:${String(port)}/?replicaSet=rs0`, stop };
}

interface Launched { readonly name: string; readonly child: ChildProcess; readonly log: string }

/** In the caller's process group: Ctrl-C in the middle of a test run ends them too. */
function launch(name: string, command: string, args: readonly string[], folder: string): Launched {
  const log = join(folder, `${name}.log`);
  const output = openSync(log, 'a');
  const child = spawn(command, args, { stdio: ['ignore', output, output] });
  closeSync(output);
  return { name, child, log };
}

async function untilWell(launched: Launched | undefined, probe: Probe): Promise<void> {
  if (launched === undefined) return;
  const deadline = performance.now() + START_MS;
  for (let problem = await probe(); problem !== null; problem = await probe()) {
    if (launched.child.exitCode !== null || performance.now() > deadline) {
      const tail = (await readFile(launched.log, 'utf8')).split('\n').slice(-10).join('\n');
      throw new LastmileError('LM_TOOL_UNAVAILABLE', `${launched.name} did not start for the tests: ${problem}.\n${tail}`);
    }
    await sleep(POLL_MS);
  }
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, 'exit');
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
  await exit;
  clearTimeout(timer);
}
