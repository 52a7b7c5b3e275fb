import { MongoClient, MongoServerError } from 'mongodb';
import { setTimeout as sleep } from 'node:timers/promises';

/** Search attributes of the rollout workflows; all of type Keyword. */
export const SEARCH_ATTRIBUTES = ['Deployment', 'Tenant', 'Model', 'Stage', 'Verdict'] as const;

/** One history shard polls its queues 20 times a second by default: a tick of 50 ms on every workflow task. */
const FAST_POLLING = ['transfer', 'timer', 'visibility'].map((queue) => `history.${queue}ProcessorMaxPollRPS=1000`);

/** `temporal …` for a dev server with a file database. `uiPort` null: no Web UI. */
export function temporalArguments(server: { port: number; uiPort: number | null; namespace: string; databaseFile: string }): readonly string[] {
  return [
    'server', 'start-dev', '--ip', '127.0.0.1', '--port', String(server.port), '--log-level', 'error',
    ...(server.uiPort === null ? ['--headless'] : ['--ui-port', String(server.uiPort)]),
    ...(server.namespace === 'default' ? [] : ['--namespace', server.namespace]),
    '--db-filename', server.databaseFile, '--sqlite-pragma', 'journal_mode=WAL', '--sqlite-pragma', 'synchronous=NORMAL',
    ...SEARCH_ATTRIBUTES.flatMap((name) => ['--search-attribute', `${name}=Keyword`]),
    ...FAST_POLLING.flatMap((setting) => ['--dynamic-config-value', setting]),
  ];
}

/** `mongod …` for a replica set of one on loopback. */
export function mongodArguments(server: { port: number; dbPath: string; socketDir: string }): readonly string[] {
  return [
    '--dbpath', server.dbPath, '--replSet', 'rs0', '--bind_ip', '127.0.0.1', '--port', String(server.port),
    '--wiredTigerCacheSizeGB', '0.25', '--setParameter', 'diagnosticDataCollectionEnabled=false',
    // A primary without secondaries has nobody to hand over to: without this it waits 15 s at its end.
    '--setParameter', 'shutdownTimeoutMillisForSignaledShutdown=100',
    '--unixSocketPrefix', server.socketDir,
  ];
}

const ALREADY_INITIALIZED = 23;
const PRIMARY_POLL_MS = 50;

/** Makes the server on `port` a replica set of one where it is none yet, and waits until it takes writes. Throws when it does not within `withinMs`. */
export async function ensurePrimary(port: number, withinMs: number): Promise<void> {
  const deadline = performance.now() + withinMs;
  const client = new MongoClient(`mongodb://127.0.0.1:${String(port)}/?directConnection=true`, { serverSelectionTimeoutMS: withinMs });
  try {
    await client.connect();
    const admin = client.db('admin');
    await admin.command({ replSetInitiate: { _id: 'rs0', members: [{ _id: 0, host: `127.0.0.1:${String(port)}` }] } }).catch((error: unknown) => {
      if (!(error instanceof MongoServerError && error.code === ALREADY_INITIALIZED)) throw error;
    });
    while ((await admin.command({ hello: 1 })).isWritablePrimary !== true) {
      if (performance.now() > deadline) throw new Error(`mongod on port ${String(port)} did not become primary within ${String(withinMs)} ms`);
      await sleep(PRIMARY_POLL_MS);
    }
  } finally { await client.close(); }
}
