import type { AuditLog } from './audit-log.ts';
import type { DeploymentStore } from './deployment-store.ts';
import type { DriftStore } from './drift-store.ts';
import type { EvidenceStore } from './evidence-store.ts';
import type { FreezeStore } from './freeze-store.ts';
import type { GatewayRegistry } from './gateway-registry.ts';
import type { KeyStore } from './key-store.ts';
import type { KillStore } from './kill-store.ts';
import type { LabelStore } from './label-store.ts';
import type { MeasurementStore } from './measurement-store.ts';
import type { Outbox } from './outbox.ts';
import type { RecordStore } from './record-store.ts';
import type { RouteStore } from './route-store.ts';

/** A change of the whole database that has been made. */
export interface AppliedMigration { readonly number: number; readonly name: string; readonly atMs: number }
/** Every migration that the database has been through, and which of them this call made. */
export interface Prepared { readonly migrations: readonly AppliedMigration[]; readonly appliedNow: readonly string[] }

/** The store ports as one database offers them. */
export interface Stores {
  readonly routes: RouteStore;
  readonly deployments: DeploymentStore;
  readonly records: RecordStore;
  readonly labels: LabelStore;
  readonly evidence: EvidenceStore;
  readonly measurements: MeasurementStore;
  readonly drift: DriftStore;
  readonly audit: AuditLog;
  readonly outbox: Outbox;
  readonly gateways: GatewayRegistry;
  readonly keys: KeyStore;
  readonly kills: KillStore;
  readonly freezes: FreezeStore;
  /** Form, migrations, indexes; any number of processes may call it at once. LM_STORE_UNAVAILABLE, LM_DATABASE_NEWER, LM_BUSY while another process migrates. */
  prepare(): Promise<Prepared>;
  healthy(): Promise<boolean>;
  close(): Promise<void>;
}
