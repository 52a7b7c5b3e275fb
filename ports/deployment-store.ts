import type { DeploymentSpec } from '../domain/deployment.ts';
import type { DeploymentRecord, DeploymentStatus } from '../domain/deployment-record.ts';
import type { Variant } from '../domain/variant.ts';
import type { Contract } from '../domain/contract.ts';
import type { DeploymentUid, RolloutId, TenantId, VariantId } from '../domain/ids.ts';
import type { RolloutRecord } from '../domain/rollout/record.ts';

export interface Page<T> { readonly items: readonly T[]; readonly next: string | null }

/** Specs and contracts (immutable, by hash), deployments, variants, and the projections of rollouts. */
export interface DeploymentStore {
  /** Stored before anything names it; the same hash again changes nothing. Returns the hash. */
  putSpec(tenant: TenantId, spec: DeploymentSpec): Promise<string>;
  getSpec(tenant: TenantId, hash: string): Promise<DeploymentSpec | null>;
  putContract(tenant: TenantId, contract: Contract): Promise<string>;
  getContract(tenant: TenantId, hash: string): Promise<Contract | null>;

  /** Creates or, when the name lives, points it at another spec. Returns the record and whether it is new. Concurrent calls agree on one uid. */
  putDeployment(record: DeploymentRecord): Promise<{ readonly record: DeploymentRecord; readonly created: boolean }>;
  getDeployment(tenant: TenantId, name: string): Promise<DeploymentRecord | null>;
  getDeploymentByUid(tenant: TenantId, uid: DeploymentUid): Promise<DeploymentRecord | null>;
  /** By name; `after` is the opaque `next` of the page before. */
  listDeployments(tenant: TenantId, page: { readonly limit: number; readonly after: string | null }): Promise<Page<DeploymentRecord>>;
  /** Every deployment of every tenant, for collector and reconcilers. */
  allDeployments(): Promise<readonly DeploymentRecord[]>;
  /** Ends a generation: its name is free, it is in no list any more, its documents stay. A repeat does nothing. */
  endDeployment(tenant: TenantId, uid: DeploymentUid): Promise<void>;
  /** Written only when status.revision is higher than the stored one; an older write is left out in silence. */
  putStatus(tenant: TenantId, uid: DeploymentUid, status: DeploymentStatus): Promise<void>;

  /** Insert or replace by variantId. */
  putVariant(variant: Variant): Promise<void>;
  getVariant(tenant: TenantId, id: VariantId): Promise<Variant | null>;

  /** Written only when record.revision is higher than the stored one. */
  putRollout(record: RolloutRecord): Promise<void>;
  getRollout(tenant: TenantId, id: RolloutId): Promise<RolloutRecord | null>;
  /** Newest first. */
  listRollouts(tenant: TenantId, uid: DeploymentUid, page: { readonly limit: number; readonly after: string | null }): Promise<Page<RolloutRecord>>;
  /** Rollouts without an end, of every tenant: what the collector compares. */
  activeRollouts(): Promise<readonly RolloutRecord[]>;
}
