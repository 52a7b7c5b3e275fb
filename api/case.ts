import type { AuditRecord } from '../domain/audit.ts';
import { inferenceTimeMs, reignAt, reignOf, reigns, sharesAt, type Reign } from '../domain/case/decided.ts';
import type { DeploymentRecord } from '../domain/deployment-record.ts';
import { LastmileError } from '../domain/errors.ts';
import type { StoredLeg } from '../domain/record.ts';
import { modelOf, type RolloutRecord } from '../domain/rollout/record.ts';
import type { ApiPorts } from './call.ts';
import type { CaseAnswer, CaseLeg } from './contract.ts';
import { everyRecord } from './evidence-bundle.ts';
import { deploymentNamed, everyPage } from './views.ts';

export interface CaseRequest { readonly tenant: string; readonly id: string; readonly deployment: string | null; readonly atMs: number | null }

/**
 * What is known of one inference. While its records are kept: who answered, what the others said, what came of it. Always, from the audit chain and the
 * records of the rollouts: which version decided then, and why. LM_RECORD_NOT_FOUND when nothing tells a time or a deployment.
 */
export async function caseOf(ports: ApiPorts, request: CaseRequest): Promise<CaseAnswer> {
  const { tenant, id, deployment } = request;
  const candidates = deployment === null ? await everyPage((page) => ports.stores.deployments.listDeployments(tenant, page)) : [await deploymentNamed(ports, tenant, deployment)];
  for (const candidate of candidates) {
    const found = await recorded(ports, candidate, id);
    if (found !== null) return found;
  }
  return remembered(ports, request, candidates);
}

async function recorded(ports: ApiPorts, deployment: DeploymentRecord, id: string): Promise<CaseAnswer | null> {
  const { tenantId, uid } = deployment;
  const legs = await legsOf(ports, deployment, id);
  const [first] = legs;
  if (first === undefined) return null;
  const { inferenceId } = first;
  const [outcomes, history] = await Promise.all([ports.stores.labels.history(tenantId, uid, inferenceId), historyOf(ports, deployment)]);
  const served = legs.find(({ role }) => role !== 'shadow');
  return {
    id, inferenceId, deployment: deployment.name, atMs: first.atMs, known: 'record', ...(served === undefined ? UNSERVED : { served: served.variantId, revision: served.revision, why: whyOf(served, history) }),
    legs: await Promise.all(legs.map((leg) => legOf(ports, leg))), outcomes, candidates: [candidateOf(deployment, history, first.atMs)], note: null,
  };
}

const UNSERVED = { served: null, revision: null, why: null } as const;

/** By the inference id, else by the client's own id. All legs of an inference carry the same time. */
async function legsOf({ stores: { records } }: ApiPorts, { tenantId, uid }: DeploymentRecord, id: string): Promise<readonly StoredLeg[]> {
  const own = await records.byInference(tenantId, uid, id);
  if (own.length > 0) return own;
  const inferenceId = await records.byAlias(tenantId, uid, id);
  return inferenceId === null ? [] : records.byInference(tenantId, uid, inferenceId);
}

/** Beyond retention: what decided then in each deployment that it may have been, and the outcomes, which may outlive the record. */
async function remembered(ports: ApiPorts, { id, atMs: asked, tenant }: CaseRequest, candidates: readonly DeploymentRecord[]): Promise<CaseAnswer> {
  const made = inferenceTimeMs(id);
  const atMs = asked ?? made;
  const outcomes = (await Promise.all(candidates.map(({ uid }) => ports.stores.labels.history(tenant, uid, id)))).flat();
  if (candidates.length === 0 || (atMs === null && outcomes.length === 0)) throw untold(id);
  const owner = candidates.find(({ uid }) => outcomes.some(({ deploymentUid }) => deploymentUid === uid));
  const possible = owner === undefined ? candidates : [owner];
  const told = atMs === null ? [] : await Promise.all(possible.map(async (each) => candidateOf(each, await historyOf(ports, each), atMs)));
  const [only, ...more] = possible;
  return {
    id, inferenceId: made === null ? null : id, deployment: more.length === 0 ? only?.name ?? null : null, atMs, known: 'history', ...UNSERVED, legs: [], outcomes, candidates: told,
    note: 'The record of this inference is not kept (records.keep of the deployment, or it never was one of ours); the audit chain and the rollouts tell which version decided then.',
  };
}

function untold(id: string): LastmileError {
  return new LastmileError('LM_RECORD_NOT_FOUND', `No record of ${id.slice(0, 60)} is kept, and the id tells no time; say when it was answered, and in which deployment, to hear which version decided then.`);
}

interface Known { readonly rollouts: readonly RolloutRecord[]; readonly records: readonly AuditRecord[]; readonly all: readonly Reign[] }

async function historyOf(ports: ApiPorts, { tenantId, uid }: DeploymentRecord): Promise<Known> {
  const [rollouts, below, own] = await Promise.all([
    everyPage((page) => ports.stores.deployments.listRollouts(tenantId, uid, page)), everyRecord(ports, tenantId, { subject: `${uid}/*` }), everyRecord(ports, tenantId, { subject: uid }),
  ]);
  const records = [...below, ...own].sort((a, b) => a.seq - b.seq);
  return { rollouts, records, all: reigns({ rollouts, records }) };
}

function candidateOf({ name }: DeploymentRecord, { all, records }: Known, atMs: number): CaseAnswer['candidates'][number] { return { deployment: name, champion: reignAt(all, atMs), shares: sharesAt(records.filter(({ action }) => action.startsWith('route.')), atMs) }; }

/** A champion is live by its promotion; a challenger by the share that its rollout gave it. */
function whyOf(leg: StoredLeg, { all, rollouts, records }: Known): CaseAnswer['why'] {
  if (leg.role === 'champion') return reignOf(all, leg);
  const rollout = rollouts.find(({ rolloutId }) => rolloutId === leg.rolloutId);
  const record = records.findLast(({ action, facts }) => action === 'route.setShare' && facts?.variantId === leg.variantId && Number(facts.revision) <= leg.revision);
  return rollout === undefined || record === undefined ? null : {
    variantId: leg.variantId, model: modelOf(rollout, leg.variantId), sinceMs: record.atMs, revision: Number(record.facts?.revision), auditSeq: record.seq, rollout: rollout.n, verdict: null, by: rollout.startedBy, reason: record.reason,
  };
}

async function legOf({ stores: { deployments } }: ApiPorts, leg: StoredLeg): Promise<CaseLeg> {
  const variant = await deployments.getVariant(leg.tenantId, leg.variantId);
  return { ...leg, model: variant?.model ?? null, artifactDigest: variant?.artifactDigest ?? null };
}

