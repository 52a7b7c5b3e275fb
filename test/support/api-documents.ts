import type { Finding, Verdict } from '../../domain/analysis/verdict.ts';
import type { DeploymentRecord } from '../../domain/deployment-record.ts';
import type { RolloutRecord } from '../../domain/rollout/record.ts';
import type { Stores } from '../../ports/stores.ts';

/** Documents as workflows and collector leave them in the stores. */

const MODEL = (version: string): { variantId: string; model: string; artifactDigest: string } => ({ variantId: `var_${version}`, model: `filesystem:churn@${version}`, artifactDigest: `sha256:${version.repeat(64)}` });

export function rolloutRecord(of: DeploymentRecord, part: Partial<RolloutRecord> = {}): RolloutRecord {
  const n = part.n ?? 1;
  return {
    tenantId: of.tenantId, rolloutId: `${of.uid}/${String(n)}`, deploymentUid: of.uid, n, revision: 1, model: 'filesystem:churn@7', specHash: of.specHash,
    plan: { mode: 'compare', goal: 'better', shadowSamplePer10k: 10_000, shadowMaxMs: 86_400_000, steps: [{ sharePer10k: 500, forMs: 1 }, { sharePer10k: 2_500, forMs: 1 }], horizonMs: 1, idleMs: 1, whenInconclusive: 'keep', askMs: 1 },
    state: { stage: 'canary', step: 0, stepSinceMs: 1, paused: false, outcome: null, verdict: null, pendingOutcome: null },
    champion: MODEL('6'), challenger: MODEL('7'), startedBy: { kind: 'person', name: 'ada' }, reason: null, startedAtMs: Date.UTC(2026, 10, 20), endedAtMs: null,
    story: [{ atMs: Date.UTC(2026, 10, 20), stage: 'validating', text: 'Version 7 loads and answers its golden requests.' }, { atMs: Date.UTC(2026, 10, 21), stage: 'canary', text: 'Version 7 answers 5% of callers.' }],
    workflowId: `rollout/${of.tenantId}/${of.uid}/${String(n)}`, ...part,
  };
}

export function finding(part: Partial<Finding> = {}): Finding {
  return {
    metric: 'value', role: 'required', state: 'pass', estimate: 0.21, lower: 0.04, upper: 0.39, lowerFull: null, alpha: 0.05, margin: 0, championMean: 1.1, challengerMean: 1.31,
    blocks: 24, shortBlocks: 1, requests: 48_211, coverage: 0.97, lossBound: 2, worstBlock: -0.4, projectedBlocks: null, ...part,
  };
}

export function verdictOf(of: DeploymentRecord, part: Partial<Verdict> = {}): Verdict {
  return {
    tenantId: of.tenantId, rolloutId: `${of.uid}/1`, n: 1, judgeVersion: 'judge-1', kind: 'collecting', reasons: [{ code: 'not-enough-evidence', metric: 'value', text: 'The evidence on value is not enough yet.' }],
    findings: [finding(), finding({ metric: 'errors', role: 'guardrail', state: 'undecided', estimate: 0.002, lower: 0, upper: 0.012, margin: 0.01, championMean: null, challengerMean: null, coverage: null })],
    money: { currency: 'EUR', perRequestMicros: 210_000, lowerMicros: 40_000, upperMicros: 390_000, requests: 48_211, totalMicros: 10_124_310_000, championTotalMicros: 53_032_100_000, challengerTotalMicros: 63_156_410_000 },
    cycles: 12, fromMs: 1, toMs: 2, rulingMs: 3, atMs: 4, planHash: null, evidenceHash: null, dropRatio: 0, notMeasured: ['how often the versions disagree'], ...part,
  };
}

/** The state of a rollout in canary: champion 6, challenger 7 with 5 %. */
export async function inCanary(stores: Stores, name = 'churn', tenant = 'default'): Promise<DeploymentRecord> {
  const record = (await stores.deployments.getDeployment(tenant, name))!;
  await stores.deployments.putStatus(tenant, record.uid, { ...record.status, revision: record.status.revision + 1, phase: 'rolling-out', champion: MODEL('6'), challenger: MODEL('7'), activeRollout: `${record.uid}/1`, rolloutCount: 1, message: 'Version 7 is being tried.' });
  await stores.deployments.putRollout(rolloutRecord(record));
  await stores.evidence.putVerdict(verdictOf(record));
  await stores.evidence.putProgress({ tenantId: tenant, rolloutId: `${record.uid}/1`, watermarkMs: 1, lastRecordAtMs: 1, pairs: 51_002, openSlots: 3, labelCoverage: 0.82, labelDelayMs: 1, drops: {}, duplicates: 0, updatedAtMs: 1 });
  const variant = (version: string) => ({ variantId: `var_${version}`, version, artifactDigest: MODEL(version).artifactDigest, endpoint: { url: 'http://127.0.0.1:1', modelName: `m${version}`, modelVersion: null } });
  await stores.routes.apply(tenant, record.uid, { commandId: 'c1', atMs: 1, type: 'setChampion', variant: variant('6'), expectedChampion: null, by: 'automation' });
  await stores.routes.apply(tenant, record.uid, { commandId: 'c2', atMs: 2, type: 'setShare', variant: variant('7'), sharePer10k: 500, ifRollout: `${record.uid}/1` });
  return (await stores.deployments.getDeployment(tenant, name))!;
}
