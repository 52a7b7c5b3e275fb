import { evidenceOf } from '../../domain/analysis/evidence.ts';
import type { MicroBlock } from '../../domain/analysis/blocks.ts';
import { draftPlan } from '../../domain/analysis/drafting.ts';
import { judge } from '../../domain/analysis/judge.ts';
import { fixPlan } from '../../domain/analysis/planning.ts';
import type { AnalysisPlan } from '../../domain/analysis/plan.ts';
import type { Verdict } from '../../domain/analysis/verdict.ts';
import { routeEntry } from '../../domain/audit/route-entry.ts';
import type { AuditEntry } from '../../domain/audit.ts';
import { digestOfJson } from '../../domain/digest.ts';
import { sealBundle, type Bundle, type BundleParts } from '../../domain/evidence/bundle.ts';
import { toPlain } from '../../domain/evidence/plain-json.ts';
import { INITIAL } from '../../domain/rollout/machine.ts';
import { planRollout } from '../../domain/rollout/plan.ts';
import type { RolloutRecord } from '../../domain/rollout/record.ts';
import type { CommandResult, RouteCommand, RouteVariant } from '../../domain/traffic/route.ts';
import type { Variant } from '../../domain/variant.ts';
import { publicKeyText, signText, type SigningKey } from '../../config/signing.ts';
import type { Stores } from '../../ports/stores.ts';
import { normals } from '../../domain/analysis/stats/seeded-random.ts';
import { BINARY, block, CHALLENGER, CHAMPION, CONFUSION, daily, DAY, DEPLOYMENT, draftInput, healthy, metricPolicy, pairedSums, ROLLOUT, series, specOf, START, TENANT } from './analysis-arbitraries.ts';
import { auditEntry, chainOf, checkpointOf } from './signed-audit.ts';

const SETTING = { metrics: [metricPolicy('accuracy'), ...['errors', 'off-contract', 'latency'].map((name) => metricPolicy(name, { role: 'guardrail' as const, margin: 0.05 }))] };
export const SPEC = specOf(SETTING);
export const SPEC_HASH = digestOfJson(toPlain(SPEC));
export const DRAFT: AnalysisPlan = draftPlan({ ...draftInput(SETTING), specHash: SPEC_HASH, contractHash: digestOfJson(toPlain(BINARY)) });
const normal = normals(4);
const PILOT: readonly MicroBlock[] = series(DRAFT, 'accuracy', Array.from({ length: 40 }, () => 0.01 * normal()));
/** A pilot of small noise fixed it. */
export const PLAN: AnalysisPlan = fixPlan(DRAFT, PILOT)!;

/** Twelve days of a gain, health, and a slot of the day after that saw pairs but no outcome: its bounds are infinite. */
export const BLOCKS: readonly MicroBlock[] = (() => {
  const gains = daily(PLAN, 'accuracy', Array.from({ length: 12 }, (_, i) => 0.03 + 0.004 * (i % 3 - 1)));
  const open = block(PLAN, 'accuracy', gains.at(-1)!.slot + 1, pairedSums(-0, { n: 0, needed: 0, labelled: 0, pairs: 5, m2: 0, min: Infinity, max: -Infinity, scored: 0 }));
  return [...PILOT, ...gains, open, ...healthy(PLAN)].sort((a, b) => a.slot - b.slot || (a.metric < b.metric ? -1 : 1));
})();
export const NOW = START + 50 * DAY;
const PROGRESS = { tenantId: TENANT, rolloutId: ROLLOUT, watermarkMs: NOW, lastRecordAtMs: NOW, pairs: 600, openSlots: 0, labelCoverage: 1, labelDelayMs: 1, drops: { cap: 7, 'sampled-out': 99 }, duplicates: 0, updatedAtMs: NOW };
export const VERDICT: Verdict = judge({ plan: PLAN, evidence: evidenceOf(BLOCKS), progress: PROGRESS, value: CONFUSION, rulingMs: NOW, atMs: NOW + 5, n: 3 });

const variant = (variantId: string, version: string): Variant => ({
  tenantId: TENANT, deploymentUid: DEPLOYMENT, variantId, model: `filesystem:churn@${version}`, artifactDigest: digestOfJson(version), backend: 'modelhost', endpoint: null, attestation: 'hashed',
  contractHash: digestOfJson(toPlain(BINARY)), bundleDigest: digestOfJson(`bundle ${version}`), createdAtMs: START,
});
export const VARIANTS = [variant(CHAMPION, '6'), variant(CHALLENGER, '7')] as const;
const summary = ({ variantId, model, artifactDigest }: Variant): { variantId: string; model: string; artifactDigest: string } => ({ variantId, model, artifactDigest });

export const ROLLOUT_RECORD: RolloutRecord = {
  tenantId: TENANT, rolloutId: ROLLOUT, deploymentUid: DEPLOYMENT, n: 1, revision: 9, model: 'filesystem:churn@7', specHash: SPEC_HASH, plan: planRollout(SPEC.spec.rollout, true),
  state: { ...INITIAL, stage: 'done', outcome: 'promoted', verdict: { rolloutId: ROLLOUT, n: 3, kind: 'promote', reason: 'proved-better', metric: 'accuracy', text: 'It is better.', evidenceHash: VERDICT.evidenceHash } },
  champion: summary(VARIANTS[0]), challenger: summary(VARIANTS[1]), startedBy: { kind: 'person', name: 'ada' }, reason: 'try it', startedAtMs: START, endedAtMs: NOW + 20, story: [{ atMs: START, stage: 'validating', text: 'Checking it.' }], workflowId: `rollout/${TENANT}/${ROLLOUT}`,
};

export function routeVariant({ variantId, model, artifactDigest }: Variant): RouteVariant { return { variantId, version: model.split('@')[1]!, artifactDigest, endpoint: { url: 'http://127.0.0.1:1', modelName: 'm', modelVersion: null } }; }

export function routeRecord(command: RouteCommand, result: Partial<CommandResult> & { readonly revision: number }, rolloutId = ROLLOUT): AuditEntry {
  return routeEntry({ deploymentUid: DEPLOYMENT, deployment: 'churn', rolloutId }, command, { outcome: 'applied', reason: null, ...result });
}

/** The chain as that rollout leaves it, one record of something else in between. */
export const ENTRIES: readonly AuditEntry[] = [
  auditEntry(1, { action: 'deployment.create', subject: 'churn', digest: SPEC_HASH, atMs: START }), auditEntry(2, { action: 'rollout.start', subject: 'churn/1', atMs: START + 1 }), auditEntry(3, { action: 'key.create', subject: 'key_1', atMs: START + 2 }),
  routeRecord({ type: 'setShadows', commandId: `${ROLLOUT}/shadow`, atMs: START + 3, shadows: [{ variantId: CHALLENGER, samplePer10k: 10_000, deadlineMs: 1_000, variant: routeVariant(VARIANTS[1]) }], ifRollout: ROLLOUT }, { revision: 5 }),
  routeRecord({ type: 'setShare', commandId: `${ROLLOUT}/share-1`, atMs: NOW + 6, variant: routeVariant(VARIANTS[1]), sharePer10k: 500, ifRollout: ROLLOUT }, { revision: 6 }),
  routeRecord({ type: 'setChampion', commandId: `${ROLLOUT}/promote`, atMs: NOW + 10, variant: routeVariant(VARIANTS[1]), expectedChampion: CHAMPION, by: 'automation' }, { revision: 7 }),
  auditEntry(7, { action: 'rollout.promoted', subject: ROLLOUT, atMs: NOW + 20, via: 'workflow', evidenceHash: VERDICT.evidenceHash }),
];

export function partsWith(key: SigningKey, change: Partial<BundleParts> = {}): BundleParts {
  const records = chainOf(ENTRIES, TENANT).filter(({ subject }) => subject !== 'key_1');
  const isRoute = ({ action }: AuditEntry): boolean => action.startsWith('route.');
  return {
    verdict: VERDICT, plan: PLAN, spec: SPEC, contract: BINARY, blocks: BLOCKS, rollout: ROLLOUT_RECORD, variants: VARIANTS, routeChanges: records.filter(isRoute), audit: records.filter((record) => !isRoute(record)),
    checkpoint: checkpointOf(records.at(-1)!, key), approvals: [], kills: [], workflow: { workflowId: ROLLOUT_RECORD.workflowId, runId: 'run-1', link: null }, ...change,
  };
}

export function sealedWith(key: SigningKey, change: Partial<BundleParts> = {}): Bundle {
  const parts = partsWith(key, change);
  const about = { tenantId: TENANT, deployment: 'churn', deploymentUid: DEPLOYMENT, rollout: 1, verdict: parts.verdict.n, judgeVersion: parts.verdict.judgeVersion, exportedAtMs: NOW + 99 };
  return sealBundle(about, parts, publicKeyText(key), (text) => signText(text, key));
}

/** The same rollout in the stores, as workflows and collector leave it. */
export async function storeEvidence(stores: Stores): Promise<void> {
  await stores.deployments.putSpec(TENANT, SPEC);
  await stores.deployments.putContract(TENANT, BINARY);
  await stores.deployments.putDeployment({
    tenantId: TENANT, uid: DEPLOYMENT, name: 'churn', specHash: SPEC_HASH, createdAtMs: START, updatedAtMs: START,
    status: { revision: 1, phase: 'serving', champion: summary(VARIANTS[1]), challenger: null, activeRollout: null, rolloutCount: 1, lastVerdict: null, lastGood: [], pinnedBy: null, message: 'Version 7 decides.' },
  });
  for (const each of VARIANTS) await stores.deployments.putVariant(each);
  await stores.deployments.putRollout(ROLLOUT_RECORD);
  await stores.evidence.putPlan(DRAFT);
  await stores.evidence.putPlan(PLAN);
  for (const each of BLOCKS) await stores.evidence.seal(each);
  await stores.evidence.putVerdict({ ...VERDICT, n: 2, kind: 'collecting', planHash: null, reasons: [{ code: 'no-data', metric: null, text: 'Nothing yet.' }] });
  await stores.evidence.putVerdict(VERDICT);
  for (const entry of ENTRIES) await stores.audit.append(TENANT, entry);
}
