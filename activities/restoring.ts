import { restoreDeployment, type RestoredDeployment } from '../domain/deployment-restore.ts';
import { standingOf } from '../domain/kill/news.ts';
import { LastmileError } from '../domain/errors.ts';
import { rolloutId, type DeploymentUid, type RolloutId, type TenantId } from '../domain/ids.ts';
import type { Outcome } from '../domain/rollout/machine.ts';
import { isRunning } from '../domain/restore-check.ts';
import { modelTried, type RolloutRecord } from '../domain/rollout/record.ts';
import type { AuditLog } from '../ports/audit-log.ts';
import type { DeploymentStore } from '../ports/deployment-store.ts';
import type { Orchestrator } from '../ports/orchestrator.ts';
import type { RouteStore } from '../ports/route-store.ts';
import { rolloutWorkflowId } from '../workflows/ids.ts';
import type { Activities } from './index.ts';
import { applyRecorded } from './route-commands.ts';

/** The part of the outside world that an entity is restored from. */
interface RestoringPorts {
  readonly stores: {
    readonly deployments: Pick<DeploymentStore, 'getDeploymentByUid' | 'getRollout' | 'listRollouts' | 'putRollout' | 'getVariant'>;
    readonly routes: Pick<RouteStore, 'get' | 'apply'>;
    readonly audit: AuditLog;
  };
  readonly orchestrator: Pick<Orchestrator, 'describe'>;
  readonly now: () => number;
}

type Restoring = Pick<Activities, 'restoreDeployment' | 'settleRollout'>;
interface Of { readonly tenant: TenantId; readonly deploymentUid: DeploymentUid }

const PAGE = 200;
const LINES = 200;
/** How soon one looks again whether a rollout has ended, and whether one that has begun has written its record. */
const END_MS = 10_000;
const SHOWN_MS = 1_000;

/** What a deployment remembers when its entity or the workflow of a rollout was lost. All of it may be repeated. */
export function restoringActivities(ports: RestoringPorts): Restoring {
  return {
    async restoreDeployment({ tenant, deploymentUid }) {
      const of = { tenant, deploymentUid };
      const deployment = await ports.stores.deployments.getDeploymentByUid(tenant, deploymentUid);
      return deployment === null ? null : restored(ports, of, deployment);
    },
    async settleRollout({ tenant, deploymentUid, rolloutId: id }) {
      if (await runs(ports, tenant, id)) throw new LastmileError('LM_BUSY', `Rollout ${id} still runs.`, { retryAfterMs: END_MS });
      const record = await ports.stores.deployments.getRollout(tenant, id);
      if (record === null) await quiet(ports, { tenant, deploymentUid }, id);
      const end = record?.endedAtMs === null ? await close(ports, record) : record;
      return { outcome: end?.state.outcome ?? 'aborted', challenger: end?.challenger ?? null, verdict: end?.state.verdict ?? null };
    },
  };
}

async function restored(ports: RestoringPorts, of: Of, deployment: Parameters<typeof restoreDeployment>[0]['deployment']): Promise<RestoredDeployment> {
  const { stores } = ports;
  const known = await everyRollout(ports, of);
  const next = rolloutId(of.deploymentUid, Math.max(deployment.status.rolloutCount, known.at(-1)?.n ?? 0) + 1);
  const { activeRollout } = deployment.status;
  await waitForUnseen(ports, of, [...(activeRollout === null ? [] : [activeRollout]), next].filter((id) => !known.some((each) => each.rolloutId === id)));
  const rollouts: RolloutRecord[] = [];
  for (const record of known) rollouts.push(record.endedAtMs === null && !await runs(ports, of.tenant, record.rolloutId) ? await close(ports, record) : record);
  if (rollouts.every(({ endedAtMs }) => endedAtMs !== null)) await quiet(ports, of, null);
  const route = await stores.routes.get(of.tenant, of.deploymentUid);
  const named = route === null ? [] : [...(route.champion === null ? [] : [route.champion]), ...route.lastGood];
  const variants = (await Promise.all(named.map((id) => stores.deployments.getVariant(of.tenant, id)))).flatMap((variant) => (variant === null ? [] : [{ variantId: variant.variantId, model: variant.model, artifactDigest: variant.artifactDigest }]));
  return restoreDeployment({ deployment, route, ...(route === null ? {} : { standing: standingOf(route) }), rollouts, audits: await everyAudit(ports, of), variants });
}

async function runs({ orchestrator }: RestoringPorts, tenant: TenantId, id: RolloutId): Promise<boolean> {
  const process = await orchestrator.describe(rolloutWorkflowId(tenant, id));
  return process !== null && isRunning(process);
}

/** A rollout that runs but has written nothing yet is waited for: it must be found, or a second one would begin beside it. */
async function waitForUnseen(ports: RestoringPorts, { tenant }: Of, ids: readonly RolloutId[]): Promise<void> {
  for (const id of ids) {
    if (await runs(ports, tenant, id)) throw new LastmileError('LM_BUSY', `Rollout ${id} runs but has not written its record yet.`, { retryAfterMs: SHOWN_MS });
  }
}

/**
 * The end of a rollout whose workflow is gone: it can neither go on nor undo anything. Its challenger gets nothing more, unless the
 * route made it champion before. The revision leaves room for one write of the workflow that is still under way.
 */
async function close(ports: RestoringPorts, record: RolloutRecord): Promise<RolloutRecord> {
  const { tenantId: tenant, deploymentUid, rolloutId: id, challenger, state, plan } = record;
  const model = modelTried(record);
  await quiet(ports, { tenant, deploymentUid }, id);
  const route = await ports.stores.routes.get(tenant, deploymentUid);
  const decides = challenger !== null && route?.champion === challenger.variantId;
  const outcome: Outcome = !decides ? 'aborted' : plan.mode === 'first' ? 'first' : 'promoted';
  const atMs = ports.now();
  const text = `Its workflow is gone while it was ${state.stage}. ${decides ? `The route has ${model} as champion.` : `${model} gets no traffic any more.`}`;
  const closed: RolloutRecord = {
    ...record, revision: record.revision + 2, endedAtMs: atMs, state: { ...state, stage: 'done', paused: false, outcome, pendingOutcome: null },
    story: [...record.story, { atMs, stage: 'done', text }].slice(-LINES),
  };
  await ports.stores.deployments.putRollout(closed);
  await ports.stores.audit.append(tenant, {
    auditId: `${id}/lost`, atMs, actor: { kind: 'workflow', name: 'lastmile' }, via: 'workflow', action: `rollout.${outcome}`, subject: id,
    digest: challenger?.artifactDigest ?? null, reason: text, evidenceHash: state.verdict?.evidenceHash ?? null,
  });
  return closed;
}

/** Takes shares and copies back from the rollout that holds the route, if it is the one meant (null: whichever). */
async function quiet(ports: RestoringPorts, { tenant, deploymentUid }: Of, only: RolloutId | null): Promise<void> {
  const route = await ports.stores.routes.get(tenant, deploymentUid);
  const holder = route?.rolloutId ?? null;
  if (route === null || holder === null || only !== null && holder !== only) return;
  const of = { tenant, deploymentUid, deployment: route.name, rolloutId: holder };
  const command = { atMs: ports.now(), ifRollout: holder } as const;
  const idOf = (what: string): string => `${holder}/lost/${what}/${String(route.revision)}`;
  if (route.shadows.length > 0) await applyRecorded(ports, of, { ...command, type: 'setShadows', commandId: idOf('shadows'), shadows: [] });
  for (const { variantId } of route.shares) {
    const variant = route.variants[variantId];
    if (variant !== undefined) await applyRecorded(ports, of, { ...command, type: 'setShare', commandId: idOf(variantId), variant, sharePer10k: 0 });
  }
}

async function everyRollout({ stores }: RestoringPorts, { tenant, deploymentUid }: Of): Promise<readonly RolloutRecord[]> {
  const all: RolloutRecord[] = [];
  for (let after: string | null = null, first = true; first || after !== null; first = false) {
    const page: Awaited<ReturnType<DeploymentStore['listRollouts']>> = await stores.deployments.listRollouts(tenant, deploymentUid, { limit: PAGE, after });
    all.push(...page.items);
    after = page.next;
  }
  return all.sort((a, b) => a.n - b.n);
}

async function everyAudit({ stores }: RestoringPorts, { tenant, deploymentUid }: Of): Promise<Parameters<typeof restoreDeployment>[0]['audits']> {
  const all: { auditId: string; action: string; atMs: number }[] = [];
  for (let afterSeq = 0, more = true; more;) {
    const page = await stores.audit.read(tenant, { afterSeq, limit: PAGE, subject: deploymentUid });
    all.push(...page.map(({ auditId, action, atMs }) => ({ auditId, action, atMs })));
    afterSeq = page.at(-1)?.seq ?? afterSeq;
    more = page.length === PAGE;
  }
  return all;
}
