import type { DeploymentUid, RolloutId, TenantId, VariantId } from './ids.ts';

/**
 * After a restore the database and Temporal may be of different times (decision D2: each owns its own state). What lies between
 * them is found by comparing; pure: facts in, findings out.
 */
export interface RestoreFacts {
  readonly tenant: TenantId;
  readonly nowMs: number;
  readonly deployments: readonly DeploymentFacts[];
  readonly gateways: readonly GatewayFacts[];
  /** Sequence number of the first audit record that does not follow from the one before it. */
  readonly auditBrokenAt: number | null;
}

export interface DeploymentFacts {
  readonly name: string;
  readonly uid: DeploymentUid;
  readonly rolloutCount: number;
  readonly champion: VariantId | null;
  readonly fileStored: boolean;
  readonly route: { readonly revision: number; readonly champion: VariantId | null; readonly tombstones: readonly string[] } | null;
  readonly entity: WorkflowFacts;
  /** By number, those that the store or Temporal knows; of long histories the newest. */
  readonly rollouts: readonly RolloutFacts[];
}

export interface RolloutFacts {
  readonly n: number;
  readonly rolloutId: RolloutId;
  /** null: the store has no record of it. */
  readonly stored: { readonly model: string; readonly endedAtMs: number | null } | null;
  readonly workflow: WorkflowFacts;
}

/** `status` as Temporal names it; null where it knows no such workflow. */
export interface WorkflowFacts { readonly workflowId: string; readonly status: string | null }
export interface GatewayFacts { readonly gatewayId: string; readonly applied: Readonly<Record<DeploymentUid, number>> }

export const FINDING_KINDS = [
  'rollout-unknown', 'rollout-ended', 'rollout-lost', 'rollout-without-workflow', 'temporal-behind', 'entity-missing',
  'route-missing', 'route-behind-gateway', 'champion-differs', 'file-missing', 'audit-broken',
] as const;
export type FindingKind = (typeof FINDING_KINDS)[number];
/** What does not fit, about which deployment, rollout or chain, and the act that is safe. */
export interface RestoreFinding { readonly kind: FindingKind; readonly subject: string; readonly what: string; readonly act: string }

/** Temporal keeps ended workflows at least this long (the least retention of a namespace): a younger one that it does not know, it has lost. */
const KEPT_MS = 24 * 3_600_000;

export function restoreFindings(facts: RestoreFacts): readonly RestoreFinding[] {
  return [...facts.deployments.flatMap((deployment) => [...rolloutFindings(deployment, facts.nowMs), ...deploymentFindings(deployment), ...gatewayFindings(deployment, facts.gateways)]), ...auditFindings(facts)];
}

export function isRunning({ status }: WorkflowFacts): boolean { return status === 'RUNNING' || status === 'PAUSED'; }

function rolloutFindings(deployment: DeploymentFacts, nowMs: number): readonly RestoreFinding[] {
  const newest = Math.max(0, ...deployment.rollouts.filter(({ stored }) => stored !== null).map(({ n }) => n));
  return deployment.rollouts.map((rollout) => rolloutFinding(deployment, rollout, { nowMs, newest })).filter((found) => found !== null);
}

function rolloutFinding(deployment: DeploymentFacts, rollout: RolloutFacts, { nowMs, newest }: { readonly nowMs: number; readonly newest: number }): RestoreFinding | null {
  const { n, stored, workflow } = rollout;
  const { name } = deployment;
  const subject = `${name}/${String(n)}`;
  const end = `end it with: temporal workflow cancel --workflow-id ${workflow.workflowId}; then try its version again with --retry`;
  if (isRunning(workflow)) {
    if (stored === null) return { kind: 'rollout-unknown', subject, what: 'runs in Temporal, and the database has no record of it: its evidence was lost with the restore', act: end };
    return stored.endedAtMs === null ? null : { kind: 'rollout-ended', subject, what: 'runs in Temporal, and has ended in the database', act: end };
  }
  if (stored === null) return lostFinding(deployment, rollout);
  // A newer rollout has taken the route over: the open record is history.
  if (stored.endedAtMs === null) return n < newest ? null : { kind: 'rollout-without-workflow', subject, what: `is open in the database, and ${inTemporal(workflow)}: nobody goes on with it`, act: `start anew: lastmile deploy ${stored.model} --retry --reason "restored"; the new rollout takes the route over` };
  const lost = workflow.status === null && isRunning(deployment.entity) && nowMs - stored.endedAtMs < KEPT_MS;
  return lost ? { kind: 'temporal-behind', subject, what: 'has ended in the database, and Temporal, restored from an earlier backup, does not know it: its number would be given again', act: `start no rollout of ${name}; restore Temporal from a backup that is not older than the database's, or apply the file under another name and move the callers` } : null;
}

/** Once the entity has written its status again, the database knows that there were so many rollouts: what is lost then is only their records. */
function lostFinding({ name, rolloutCount }: DeploymentFacts, { n, workflow }: RolloutFacts): RestoreFinding | null {
  if (n <= rolloutCount || workflow.status === null) return null;
  return {
    kind: 'rollout-lost', subject: `${name}/${String(n)}`, what: `${inTemporal(workflow)}, and the database, restored from before it, does not know it; the workflow may take another version for the champion than the route does`,
    act: `if it promoted: lastmile rollback ${name} --reason "restored" makes workflow and route agree, then try its version again with --retry; if it did not: any new rollout of ${name} brings them together`,
  };
}

function deploymentFindings({ name, rolloutCount, champion, fileStored, route, entity, rollouts }: DeploymentFacts): readonly RestoreFinding[] {
  const found: RestoreFinding[] = [];
  if (!fileStored) found.push({ kind: 'file-missing', subject: name, what: 'the file that it was applied from is not in the database', act: `apply the file again: lastmile apply ${name}.yaml` });
  if (rolloutCount > 0 && !isRunning(entity)) {
    found.push({ kind: 'entity-missing', subject: name, what: `has had ${String(rolloutCount)} rollouts, and its workflow ${inTemporal(entity)}; a new one would take the next version for the first`, act: 'gateways go on serving. Start no rollout; restore Temporal, or apply the file under another name and move the callers' });
  }
  if (rolloutCount > 0 && route === null) found.push({ kind: 'route-missing', subject: name, what: 'has no route, so a gateway that starts anew does not serve it', act: 'restore the database again, with every collection of one moment' });
  if (route !== null && route.champion !== champion && route.tombstones.length === 0 && !rollouts.some(({ workflow }) => isRunning(workflow))) {
    found.push({ kind: 'champion-differs', subject: name, what: `the route sends callers to ${route.champion ?? 'nobody'}, the status names ${champion ?? 'nobody'}`, act: `the route is the truth. lastmile rollback ${name} --reason "restored" makes both agree; if it is refused, try the version that should decide with --retry` });
  }
  return found;
}

function gatewayFindings({ name, uid, route }: DeploymentFacts, gateways: readonly GatewayFacts[]): readonly RestoreFinding[] {
  const revision = route?.revision ?? -1;
  return gateways.filter(({ applied }) => (applied[uid] ?? -1) > revision).map(({ gatewayId, applied }): RestoreFinding => ({
    kind: 'route-behind-gateway', subject: `${name} at ${gatewayId}`,
    what: `obeys revision ${String(applied[uid])}, the database has ${String(revision)}: it takes no older table, so no change of any route reaches it`,
    act: `stop ${gatewayId}, remove DATA_DIR/gateways/${gatewayId}/route-table.json, start it; one gateway after another, so that callers are answered`,
  }));
}

function auditFindings({ tenant, auditBrokenAt }: RestoreFacts): readonly RestoreFinding[] {
  if (auditBrokenAt === null) return [];
  return [{ kind: 'audit-broken', subject: tenant, what: `the audit chain does not hold at record ${String(auditBrokenAt)}`, act: 'keep this database as it is, for whoever looks into it, and restore another backup beside it' }];
}

function inTemporal({ status }: WorkflowFacts): string { return status === null ? 'is not known to Temporal' : `has ended in Temporal (${status.toLowerCase()})`; }
