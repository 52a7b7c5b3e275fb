import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { artifactStores } from '../../adapters/artifact/index.ts';
import { registries } from '../../adapters/registry/index.ts';
import { backends } from '../../adapters/serving/index.ts';
import { storeBundle } from '../../artifact/bundle.ts';
import { Secret } from '../../config/schema.ts';
import type { LoadRequest } from '../../ports/serving-backend.ts';

export const SERVICE_TOKEN = 'a-service-token-for-tests-of-32-characters';

/** A real modelhost process on a free port, with a real artifact store beside it. */
export interface ModelhostProcess {
  readonly url: string;
  readonly folder: string;
  readonly artifacts: ReturnType<typeof artifactStores.filesystem.create>;
  readonly backend: ReturnType<typeof backends.modelhost.create>;
  readonly pid: number;
  /** Packages ONNX bytes and says how to load them. */
  readonly packageModel: (bytes: Uint8Array, of?: Partial<LoadRequest>) => Promise<LoadRequest>;
  readonly stop: (signal?: NodeJS.Signals) => Promise<void>;
  /** Starts again on the same port and folder. */
  readonly start: () => Promise<void>;
  /** Stops it and removes its folder. */
  readonly close: () => Promise<void>;
}

export async function startModelhost(): Promise<ModelhostProcess> {
  const folder = mkdtempSync(join(tmpdir(), 'lastmile-modelhost-'));
  const port = await freePort();
  const url = `http://127.0.0.1:${String(port)}`;
  const artifacts = artifactStores.filesystem.create({ root: join(folder, 'artifacts') });
  const backend = backends.modelhost.create({ url, token: new Secret(SERVICE_TOKEN), storeRoot: artifacts.localRoot, artifactUrl: null });
  let child: ChildProcess;
  const start = async (): Promise<void> => { child = await run(folder, port); };
  const stop = async (signal: NodeJS.Signals = 'SIGTERM'): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill(signal);
    await once(child, 'exit');
  };
  await start();
  return {
    url, folder, artifacts, backend, start, stop, get pid() { return child.pid!; },
    async packageModel(bytes, of = {}) {
      const registry = registries.memory.create({});
      const version = await registry.publish({ registry: 'memory', name: 'churn', version: '7' }, new Map([['model.onnx', bytes]]));
      const { bundleDigest } = await storeBundle(artifacts, version, (file) => registry.open(version.ref, file));
      return {
        tenant: 'default', variantId: `var_${version.artifactDigest.slice(7, 39)}`, servedName: 'churn', servedVersion: '7', artifactDigest: version.artifactDigest, bundleDigest,
        url: null, modelName: null, resources: { threads: 1, isolation: 'process' }, ...of,
      };
    },
    async close() { await stop('SIGKILL'); await rm(folder, { recursive: true, force: true }); },
  };
}

async function run(folder: string, port: number): Promise<ChildProcess> {
  const child = spawn(process.execPath, [join(import.meta.dirname, '../../modelhost/main.ts')], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { PATH: process.env.PATH, LASTMILE_DATA_DIR: folder, LASTMILE_MODELHOST_PORT: String(port), LASTMILE_SERVICE_TOKEN: SERVICE_TOKEN },
  });
  let log = '';
  await new Promise<void>((resolve, reject) => {
    child.stderr.on('data', (chunk: Buffer) => { log += chunk.toString(); if (log.includes('"message":"ready"')) resolve(); });
    child.once('exit', (code) => { reject(new Error(`modelhost ended with code ${String(code)}:\n${log}`)); });
  });
  return child;
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
