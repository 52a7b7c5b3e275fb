import type { DeploymentUid, RolloutId, TenantId } from '../domain/ids.ts';

/** Workflow ids (decision D1), built here and nowhere else. */
export function deploymentWorkflowId(tenant: TenantId, uid: DeploymentUid): string { return `deployment/${tenant}/${uid}`; }
export function rolloutWorkflowId(tenant: TenantId, id: RolloutId): string { return `rollout/${tenant}/${id}`; }
export function retrainWorkflowId(tenant: TenantId, uid: DeploymentUid): string { return `retrain/${tenant}/${uid}`; }
export function retrainScheduleId(tenant: TenantId, uid: DeploymentUid): string { return `retrain/${tenant}/${uid}`; }
