import { setTimeout as delay } from 'node:timers/promises';
import { firstBreak, GENESIS, type AuditRecord } from '../domain/audit.ts';
import type { DeploymentRecord } from '../domain/deployment-record.ts';
import { rolloutId, type TenantId } from '../domain/ids.ts';
import { restoreFindings, type DeploymentFacts, type RestoreFacts, type RestoreFinding, type RolloutFacts, type WorkflowFacts } from '../domain/restore-check.ts';
import type { RolloutRecord } from '../domain/rollout/record.ts';
import { deploymentWorkflowId, rolloutWorkflowId } from '../workflows/ids.ts';
import type { ApiPorts } from './call.ts';
import type { RestoreCheckAnswer } from './contract.ts';
import { everyPage } from './views.ts';

/** Of each deployment the newest rollouts are asked for in Temporal, and so many numbers beyond the newest known. */
const NEWEST = 20;
const BEYOND = 10;
const AUDIT_PAGE = 1_000;
/** What is seen once may be a step under way; what is still so after this time is a finding. */
const SETTLE_MS = 2_000;

/** Compares the tenant's state in the stores with its workflows. LM_STORE_UNAVAILABLE, LM_ORCHESTRATOR_UNAVAILABLE: both must answer. */
export async function restoreCheck(ports: ApiPorts, tenant: TenantId): Promise<RestoreCheckAnswer> {
  const first = await gather(ports, tenant);
  const seen = restoreFindings(first.facts);
  if (seen.length === 0) return answerOf(first, []);
  await delay(SETTLE_MS);
  const second = await gather(ports, tenant);
  const known = new Set(seen.map(keyOf));
  return answerOf(second, restoreFindings(second.facts).filter((finding) => known.has(keyOf(finding))));
}

interface Gathered { readonly facts: RestoreFacts; readonly auditRecords: number }

function keyOf({ kind, subject }: RestoreFinding): string { return `${kind} ${subject}`; }

function answerOf({ facts, auditRecords }: Gathered, findings: readonly RestoreFinding[]): RestoreCheckAnswer {
  const rollouts = facts.deployments.reduce((sum, deployment) => sum + deployment.rollouts.length, 0);
  return { checked: { deployments: facts.deployments.length, rollouts, gateways: facts.gateways.length, auditRecords }, findings };
}

/** Gateways first: what they obey was in the database before they were heard. */
async function gather(ports: ApiPorts, tenant: TenantId): Promise<Gathered> {
  const { stores, clock } = ports;
  const gateways = (await stores.gateways.list()).filter(({ leaseUntilMs }) => leaseUntilMs > clock());
  const deployments: DeploymentFacts[] = [];
  for (const record of await everyPage((page) => stores.deployments.listDeployments(tenant, page))) deployments.push(await deploymentFacts(ports, record));
  const { records, brokenAt } = await auditChain(ports, tenant);
  return { facts: { tenant, nowMs: clock(), deployments, gateways, auditBrokenAt: brokenAt }, auditRecords: records };
}

async function deploymentFacts(ports: ApiPorts, { tenantId, uid, name, specHash, status }: DeploymentRecord): Promise<DeploymentFacts> {
  const { deployments, routes } = ports.stores;
  const [file, route, records, entity] = await Promise.all([
    deployments.getSpec(tenantId, specHash), routes.get(tenantId, uid), deployments.listRollouts(tenantId, uid, { limit: NEWEST, after: null }), workflow(ports, deploymentWorkflowId(tenantId, uid)),
  ]);
  const newest = Math.max(status.rolloutCount, records.items[0]?.n ?? 0);
  const numbers = Array.from({ length: BEYOND + NEWEST }, (_, i) => newest + BEYOND - i).filter((n) => n > 0);
  const stored = new Map(records.items.map((record) => [record.n, record]));
  const rollouts = await Promise.all(numbers.map((n) => rolloutFacts(ports, { tenant: tenantId, id: rolloutId(uid, n), n, record: stored.get(n) })));
  return {
    name, uid, rolloutCount: status.rolloutCount, champion: status.champion?.variantId ?? null, fileStored: file !== null,
    route: route === null ? null : { revision: route.revision, champion: route.champion, tombstones: route.tombstones },
    entity, rollouts: rollouts.filter((rollout) => rollout.stored !== null || rollout.workflow.status !== null),
  };
}

async function rolloutFacts(ports: ApiPorts, of: { readonly tenant: TenantId; readonly id: string; readonly n: number; readonly record: RolloutRecord | undefined }): Promise<RolloutFacts> {
  const { tenant, id, n, record } = of;
  return { n, rolloutId: id, stored: record === undefined ? null : { model: record.model, endedAtMs: record.endedAtMs }, workflow: await workflow(ports, rolloutWorkflowId(tenant, id)) };
}

async function workflow({ orchestrator }: ApiPorts, workflowId: string): Promise<WorkflowFacts> {
  return { workflowId, status: (await orchestrator.describe(workflowId))?.status ?? null };
}

/** The whole chain, a page at a time. */
async function auditChain({ stores }: ApiPorts, tenant: TenantId): Promise<{ readonly records: number; readonly brokenAt: number | null }> {
  let last: Pick<AuditRecord, 'seq' | 'hash'> = { seq: 0, hash: GENESIS };
  for (let records = 0; ;) {
    const page = await stores.audit.read(tenant, { afterSeq: last.seq, limit: AUDIT_PAGE, subject: null });
    const brokenAt = firstBreak(page, last);
    records += page.length;
    if (brokenAt !== null || page.length < AUDIT_PAGE) return { records, brokenAt };
    last = page.at(-1) ?? last;
  }
}
