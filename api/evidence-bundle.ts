import { publicKeyText, signText } from '../config/signing.ts';
import type { AuditRecord } from '../domain/audit.ts';
import type { Checkpoint } from '../domain/audit/checkpoint.ts';
import { ROUTE_ACTIONS } from '../domain/audit/route-entry.ts';
import type { AnalysisPlan } from '../domain/analysis/plan.ts';
import type { Verdict } from '../domain/analysis/verdict.ts';
import type { Contract } from '../domain/contract.ts';
import type { DeploymentRecord } from '../domain/deployment-record.ts';
import { LastmileError } from '../domain/errors.ts';
import { heldDocument, sealBundle, type Bundle, type BundleParts } from '../domain/evidence/bundle.ts';
import { blocksSeen } from '../domain/evidence/judged-blocks.ts';
import { planHashOf } from '../domain/analysis/judge.ts';
import type { RolloutRecord } from '../domain/rollout/record.ts';
import type { Variant } from '../domain/variant.ts';
import type { AuditFilter } from '../ports/audit-log.ts';
import type { ApiPorts } from './call.ts';
import { temporalProcess } from './views.ts';

const PAGE = 1_000;
const KILLS = 200;

export interface BundleRequest {
  readonly deployment: DeploymentRecord;
  readonly rollout: RolloutRecord;
  /** Null: the newest verdict. */
  readonly verdict: number | null;
  readonly nowMs: number;
}

/** Everything behind one verdict, gathered from the stores and sealed. LM_NOT_FOUND when there is no such verdict. */
export async function evidenceBundle(ports: ApiPorts, request: BundleRequest): Promise<Bundle> {
  const { deployment, rollout, nowMs } = request;
  const verdict = await verdictOf(ports, request);
  const about = {
    tenantId: deployment.tenantId, deployment: deployment.name, deploymentUid: deployment.uid, rollout: rollout.n, verdict: verdict.n, judgeVersion: verdict.judgeVersion, exportedAtMs: nowMs,
  };
  return sealBundle(about, await partsOf(ports, request, verdict), publicKeyText(ports.signing), (text) => signText(text, ports.signing));
}

async function verdictOf({ stores: { evidence } }: ApiPorts, { deployment: { tenantId, name }, rollout, verdict: wanted }: BundleRequest): Promise<Verdict> {
  const [newest] = await evidence.verdicts(tenantId, rollout.rolloutId, 1);
  // Numbers are handed out one by one: the wanted one is at most so far back.
  const verdict = wanted === null || newest === undefined || wanted > newest.n ? newest : (await evidence.verdicts(tenantId, rollout.rolloutId, newest.n - wanted + 1)).find(({ n }) => n === wanted);
  if (verdict !== undefined && (wanted === null || verdict.n === wanted)) return verdict;
  throw new LastmileError('LM_NOT_FOUND', newest === undefined ? `Rollout ${rollout.n} of ${name} has no verdict yet.` : `Rollout ${rollout.n} of ${name} has no verdict ${String(wanted)}; it has had ${newest.n}.`);
}

async function partsOf(ports: ApiPorts, { deployment, rollout }: BundleRequest, verdict: Verdict): Promise<BundleParts> {
  const { stores: { deployments, evidence }, orchestrator } = ports;
  const { tenantId, rolloutId, specHash, workflowId } = rollout;
  const [plan, spec, blocks, records, described] = await Promise.all([
    planOf(ports, verdict), deployments.getSpec(tenantId, specHash), verdict.planHash === null ? [] : evidence.blocks(tenantId, rolloutId), auditOf(ports, deployment, rollout), temporalProcess({ orchestrator }, workflowId),
  ]);
  if (spec === null) throw new LastmileError('LM_INVARIANT', `The file ${specHash} of rollout ${rolloutId} is not in the store.`);
  const variants = await variantsOf(ports, rollout);
  return {
    verdict, plan, spec, contract: await contractOf(ports, tenantId, plan?.contractHash ?? variants[0]?.contractHash), blocks: blocksSeen(verdict, blocks), ...await measurementsOf(ports, verdict), rollout, variants,
    routeChanges: records.filter(isRoute), audit: records.filter((record) => !isRoute(record)), checkpoint: await checkpointBehind(ports, tenantId, records.at(-1)?.seq ?? 0),
    approvals: (rollout.state.approvals ?? []).map((approval, i) => heldDocument(`${rolloutId}/approval/${i + 1}`, approval)), kills: await killsOf(ports, rollout), workflow: described === null ? { workflowId, runId: null, link: null } : { workflowId, runId: described.runId, link: described.link },
  };
}

/** Up to the slots that the verdict names. */
async function measurementsOf({ stores: { measurements } }: ApiPorts, { tenantId, rolloutId, external }: Verdict): Promise<Pick<BundleParts, 'measurements'>> {
  if (external === undefined) return {};
  const upTo = new Map(external.map(({ metric, toSlot }) => [metric, toSlot ?? -Infinity]));
  const pages = await measurements.pages(tenantId, rolloutId);
  return { measurements: pages.flatMap((page) => page.measurements).filter(({ metric, slot }) => slot <= (upTo.get(metric) ?? -Infinity)) };
}

/** Kills of what the rollout was about, from its start on. */
async function killsOf({ stores: { kills } }: ApiPorts, { tenantId, deploymentUid, champion, challenger, startedAtMs }: RolloutRecord): Promise<BundleParts['kills']> {
  const about = new Set([champion, challenger].flatMap((variant) => (variant === null ? [] : [variant.variantId])));
  const found = await kills.list(tenantId, deploymentUid, KILLS);
  return found.filter(({ requestedAtMs, variants }) => requestedAtMs >= startedAtMs && variants.some(({ variantId }) => about.has(variantId))).map((kill) => heldDocument(kill.killId, kill));
}

function isRoute({ action }: AuditRecord): boolean { return action.startsWith(ROUTE_ACTIONS.slice(0, -1)); }

async function contractOf({ stores: { deployments } }: ApiPorts, tenantId: string, hash: string | undefined): Promise<Contract | null> { return hash === undefined ? null : deployments.getContract(tenantId, hash); }

/** The plan by the hash that the verdict names: after the pilot, verdicts of the pilot still rest on the draft. */
async function planOf({ stores: { evidence } }: ApiPorts, { tenantId, rolloutId, planHash }: Verdict): Promise<AnalysisPlan | null> {
  if (planHash === null) return null;
  const plans = await Promise.all([evidence.getPlan(tenantId, rolloutId), evidence.getPlan(tenantId, rolloutId, 'draft')]);
  const plan = plans.find((each) => each !== null && planHashOf(each) === planHash) ?? null;
  if (plan === null) throw new LastmileError('LM_INVARIANT', `The plan ${planHash} that a verdict of ${rolloutId} names is not in the store.`);
  return plan;
}

async function variantsOf({ stores: { deployments } }: ApiPorts, { tenantId, champion, challenger }: RolloutRecord): Promise<readonly Variant[]> {
  const named = [champion, challenger].filter((each) => each !== null);
  return (await Promise.all(named.map(({ variantId }) => deployments.getVariant(tenantId, variantId)))).filter((each) => each !== null);
}

/** Under the rollout's id, under its name, and the record of the file that it ran by; in the order of the chain. */
async function auditOf(ports: ApiPorts, { name }: DeploymentRecord, { tenantId, rolloutId, n, specHash }: RolloutRecord): Promise<readonly AuditRecord[]> {
  const [own, asked, files] = await Promise.all([everyRecord(ports, tenantId, { subject: rolloutId }), everyRecord(ports, tenantId, { subject: `${name}/${n}` }), everyRecord(ports, tenantId, { subject: name, action: 'deployment.*' })]);
  return [...own, ...asked, ...files.filter(({ digest }) => digest === specHash)].sort((a, b) => a.seq - b.seq);
}

export async function everyRecord({ stores: { audit } }: Pick<ApiPorts, 'stores'>, tenantId: string, filter: AuditFilter): Promise<readonly AuditRecord[]> {
  const records: AuditRecord[] = [];
  for (let afterSeq: number | null = 0; afterSeq !== null;) {
    const page: readonly AuditRecord[] = await audit.read(tenantId, { ...filter, afterSeq, limit: PAGE });
    records.push(...page);
    afterSeq = page.length === PAGE ? page.at(-1)?.seq ?? null : null;
  }
  return records;
}

/** The first one that covers the records. */
async function checkpointBehind({ checkpoints }: ApiPorts, tenantId: string, seq: number): Promise<Checkpoint | null> {
  for (let skip = 0; ; skip += PAGE) {
    const page = await checkpoints.read(tenantId, { skip, limit: PAGE });
    const found = page.find((each) => each.seq >= seq);
    if (found !== undefined || page.length < PAGE) return found ?? null;
  }
}
