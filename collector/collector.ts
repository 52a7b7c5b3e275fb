import type { Server } from 'node:http';
import type { Log } from '../config/log.ts';
import type { Stores } from '../ports/stores.ts';
import { startDriftWatch } from './drift-watch.ts';
import { expireRecords } from './expiry.ts';
import { createIngest } from './ingest.ts';
import { createPatience } from './patience.ts';
import { createReaders } from './readers.ts';
import { startSealer } from './sealer.ts';
import { createCollectorServer } from './server.ts';

const EXPIRE_MS = 3_600_000;

export interface CollectorOptions { readonly stores: Stores; /** Any of them is taken. */ readonly serviceTokens: readonly string[]; readonly log: Log; readonly now: () => number }
/** The server is made, not listening. `stop` lets requests and the look under way end; the stores are the caller's to close. */
export interface Collector { readonly server: Server; stop(): Promise<void> }

/** Ingest, sealing and expiry around one set of stores. Holds no state that a crash could lose. */
export async function startCollector({ stores, serviceTokens, log, now }: CollectorOptions): Promise<Collector> {
  const patience = createPatience(now());
  for (const { tenantId, deploymentUid } of await stores.deployments.activeRollouts()) {
    patience.heard(`${tenantId}/${deploymentUid}`, (await stores.records.watermark(tenantId, deploymentUid, now())).lastAtMs);
  }
  patience.resumed(now());
  const sealer = startSealer({ stores, patience, now, log });
  const drift = startDriftWatch({ stores, now, log });
  const ingest = createIngest({ records: stores.records, findReader: createReaders(stores, now), now, log, arrived: () => { sealer.wake(); } });
  const server = createCollectorServer({ ingest, healthy: () => stores.healthy(), serviceTokens, log });
  const expiring = setInterval(() => {
    expireRecords(stores, now()).then((removed) => { if (removed > 0) log.info('old records removed', { removed }); }, (error: unknown) => { log.warn('old records could not be removed', { error }); });
  }, EXPIRE_MS);
  return {
    server,
    async stop() {
      clearInterval(expiring);
      if (server.listening) await new Promise<void>((resolve) => { server.close(() => { resolve(); }); server.closeIdleConnections(); });
      await Promise.all([sealer.stop(), drift.stop()]);
    },
  };
}
