import { z } from 'zod';
import type { Stores } from '../../../ports/stores.ts';
import type { Adapter } from '../../define.ts';
import { createAuditLog } from './audit-log.ts';
import { connect, type Database } from './connection.ts';
import { createDeploymentStore } from './deployment-store.ts';
import { withStoreErrors } from './errors.ts';
import { createDriftStore } from './drift-store.ts';
import { createEvidenceStore } from './evidence-store.ts';
import { createFreezeStore } from './freeze-store.ts';
import { createGatewayRegistry } from './gateway-registry.ts';
import { prepare } from './indexes.ts';
import { createKeyStore } from './key-store.ts';
import { createKillStore } from './kill-store.ts';
import { createLabelStore } from './label-store.ts';
import { createMeasurementStore } from './measurement-store.ts';
import { createOutbox } from './outbox.ts';
import { createRecordStore } from './record-store.ts';
import { createRouteStore } from './route-store.ts';

const Options = z.strictObject({ uri: z.string().min(1), database: z.string().min(1).max(38) });

export const mongodb: Adapter<Stores, z.output<typeof Options>> = {
  name: 'mongodb',
  summary: 'Everything in one MongoDB replica set.',
  options: Options,
  create(options) {
    const database = connect(options);
    const routes = createRouteStore(database);
    const outbox = createOutbox(database);
    return {
      routes: withStoreErrors(routes), deployments: withStoreErrors(createDeploymentStore(database)),
      records: withStoreErrors(createRecordStore(database)), labels: withStoreErrors(createLabelStore(database)),
      evidence: withStoreErrors(createEvidenceStore(database)), measurements: withStoreErrors(createMeasurementStore(database)), drift: withStoreErrors(createDriftStore(database)), audit: withStoreErrors(createAuditLog(database)), outbox: withStoreErrors(outbox),
      gateways: withStoreErrors(createGatewayRegistry(database)), keys: withStoreErrors(createKeyStore(database)),
      kills: withStoreErrors(createKillStore(database)), freezes: withStoreErrors(createFreezeStore(database)),
      ...withStoreErrors({
        prepare: () => prepare(database),
        healthy: () => healthy(database),
        async close() {
          await Promise.all([routes.close(), outbox.close()]);
          await database.client.close();
        },
      }),
    };
  },
};

/** True when a primary takes writes now. */
async function healthy({ db }: Database): Promise<boolean> {
  try {
    const hello = await db.command({ hello: 1 });
    return hello.isWritablePrimary === true;
  } catch {
    return false;
  }
}
