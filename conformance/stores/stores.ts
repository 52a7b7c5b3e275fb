import assert from 'node:assert/strict';
import type { Stores } from '../../ports/stores.ts';
import { auditLogPromises } from './audit-log.ts';
import { deploymentStorePromises } from './deployment-store.ts';
import { evidencePagePromises } from './evidence-pages.ts';
import { evidenceStorePromises } from './evidence-store.ts';
import { freezeStorePromises } from './freeze-store.ts';
import { gatewayRegistryPromises } from './gateway-registry.ts';
import { keyStorePromises } from './key-store.ts';
import { killStorePromises } from './kill-store.ts';
import { labelStorePromises } from './label-store.ts';
import { driftStorePromises } from './drift-store.ts';
import { measurementStorePromises } from './measurement-store.ts';
import { outboxPromises } from './outbox.ts';
import { recordStorePromises } from './record-store.ts';
import { routeStorePromises } from './route-store.ts';
import type { Suite } from './suite.ts';

const wholePromises: Suite<Stores> = {
  'any number of processes may prepare at once, and again': async (stores) => {
    await Promise.all([stores.prepare(), stores.prepare(), stores.prepare()]);
    await stores.prepare();
  },
  'a database that answers is healthy': async (stores) => { assert.equal(await stores.healthy(), true); },
};

/** Every promise of every store port, by port. */
export const storePromises: Readonly<Record<string, Suite<Stores>>> = {
  stores: wholePromises,
  routes: through(routeStorePromises, ({ routes }) => routes),
  deployments: through(deploymentStorePromises, ({ deployments }) => deployments),
  records: through(recordStorePromises, ({ records }) => records),
  labels: through(labelStorePromises, ({ labels }) => labels),
  evidence: through({ ...evidenceStorePromises, ...evidencePagePromises }, ({ evidence }) => evidence),
  drift: through(driftStorePromises, ({ drift }) => drift),
  measurements: through(measurementStorePromises, ({ measurements }) => measurements),
  audit: through(auditLogPromises, ({ audit }) => audit),
  outbox: through(outboxPromises, ({ outbox }) => outbox),
  gateways: through(gatewayRegistryPromises, ({ gateways }) => gateways),
  keys: through(keyStorePromises, ({ keys }) => keys),
  kills: through(killStorePromises, ({ kills }) => kills),
  freezes: through(freezeStorePromises, ({ freezes }) => freezes),
};

function through<Port>(suite: Suite<Port>, port: (stores: Stores) => Port): Suite<Stores> {
  return Object.fromEntries(Object.entries(suite).map(([title, check]) => [title, (stores: Stores) => check(port(stores))]));
}
