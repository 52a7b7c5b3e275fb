import type { VerdictSummary } from './analysis/verdict.ts';
import type { DeploymentUid, RolloutId, TenantId } from './ids.ts';
import type { VariantSummary } from './variant.ts';

/** A generation of a deployment as stored. `status` is a projection written by the entity workflow with revision > stored. */
export interface DeploymentRecord {
  readonly tenantId: TenantId;
  readonly uid: DeploymentUid;
  readonly name: string;
  readonly specHash: string;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
  readonly status: DeploymentStatus;
}

/** Last goods kept loaded: to go back at once, twice. */
export const LAST_GOOD_KEPT = 2;

export const DEPLOYMENT_PHASES = ['empty', 'starting', 'serving', 'rolling-out', 'attention', 'retired'] as const;
export type DeploymentPhase = (typeof DEPLOYMENT_PHASES)[number];

export interface DeploymentStatus {
  readonly revision: number;
  readonly phase: DeploymentPhase;
  readonly champion: VariantSummary | null;
  readonly challenger: VariantSummary | null;
  readonly activeRollout: RolloutId | null;
  readonly rolloutCount: number;
  readonly lastVerdict: VerdictSummary | null;
  readonly lastGood: readonly VariantSummary[];
  readonly pinnedBy: string | null;
  readonly message: string;
}
