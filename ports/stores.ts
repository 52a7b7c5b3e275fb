import type { AuditLog } from './audit-log.ts';
import type { DeploymentStore } from './deployment-store.ts';
import type { EvidenceStore } from './evidence-store.ts';
import type { GatewayRegistry } from './gateway-registry.ts';
import type { KeyStore } from './key-store.ts';
import type { KillStore } from './kill-store.ts';
import type { LabelStore } from './label-store.ts';
import type { Outbox } from './outbox.ts';
import type { RecordStore } from './record-store.ts';
import type { RouteStore } from './route-store.ts';

/** The store ports as one database offers them. */
export interface Stores {
  readonly routes: RouteStore;
  readonly deployments: DeploymentStore;
  readonly records: RecordStore;
  readonly labels: LabelStore;
  readonly evidence: EvidenceStore;
  readonly audit: AuditLog;
  readonly outbox: Outbox;
  readonly gateways: GatewayRegistry;
  readonly keys: KeyStore;
  readonly kills: KillStore;
  /** Collections, indexes, schema version; any number of processes may call it at once. LM_STORE_UNAVAILABLE. */
  prepare(): Promise<void>;
  healthy(): Promise<boolean>;
  close(): Promise<void>;
}
