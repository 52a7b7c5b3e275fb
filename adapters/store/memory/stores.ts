import { z } from 'zod';
import type { Stores } from '../../../ports/stores.ts';
import type { Adapter } from '../../define.ts';
import { createAuditLog } from './audit-log.ts';
import { createDeploymentStore } from './deployment-store.ts';
import { createDriftStore } from './drift-store.ts';
import { createEvidenceStore } from './evidence-store.ts';
import { createFreezeStore } from './freeze-store.ts';
import { createGatewayRegistry } from './gateway-registry.ts';
import { createKeyStore } from './key-store.ts';
import { createKillStore } from './kill-store.ts';
import { createLabelStore } from './label-store.ts';
import { createMeasurementStore } from './measurement-store.ts';
import { createOutbox } from './outbox.ts';
import { createRecordStore } from './record-store.ts';
import { createRouteStore } from './route-store.ts';

const Options = z.strictObject({});

export const memory: Adapter<Stores, z.output<typeof Options>> = {
  name: 'memory',
  summary: 'Everything in the process, gone with it; for tests and trials.',
  options: Options,
  create() {
    const routes = createRouteStore();
    const outbox = createOutbox();
    return {
      routes, outbox, deployments: createDeploymentStore(), records: createRecordStore(), labels: createLabelStore(),
      evidence: createEvidenceStore(), measurements: createMeasurementStore(), drift: createDriftStore(), audit: createAuditLog(), gateways: createGatewayRegistry(), keys: createKeyStore(), kills: createKillStore(), freezes: createFreezeStore(),
      async prepare() { return { migrations: [], appliedNow: [] }; },
      async healthy() { return true; },
      async close() { routes.close(); outbox.close(); },
    };
  },
};
