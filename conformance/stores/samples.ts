import type { MicroBlock, Progress } from '../../domain/analysis/blocks.ts';
import type { AnalysisPlan, MetricPlan } from '../../domain/analysis/plan.ts';
import type { Verdict } from '../../domain/analysis/verdict.ts';
import type { AuditEntry } from '../../domain/audit.ts';
import type { Contract } from '../../domain/contract.ts';
import type { DeploymentSpec } from '../../domain/deployment.ts';
import type { DeploymentRecord, DeploymentStatus } from '../../domain/deployment-record.ts';
import type { KillRecord } from '../../domain/kill/kill.ts';
import type { Label, StoredLeg } from '../../domain/record.ts';
import { INITIAL } from '../../domain/rollout/machine.ts';
import type { RolloutRecord } from '../../domain/rollout/record.ts';
import type { Route, RouteVariant } from '../../domain/traffic/route.ts';
import type { Variant } from '../../domain/variant.ts';
import type { Scope } from './suite.ts';

/** Whole documents with every field set, so that a field a store forgets is seen. */

export function sampleRoute({ tenant, uid }: Scope): Route {
  return {
    tenantId: tenant, deploymentUid: uid, name: 'churn', revision: 0, champion: null, shares: [], shadows: [], rolloutId: null, pin: null, fallback: ['last-good', 'closed'],
    lastGood: [], onLostControl: 'serve', tombstones: [], variants: {}, stickyHeader: 'x-user', stickyJsonPath: null, recordInputs: false, applied: [],
  };
}

export function sampleRouteVariant(variantId: string): RouteVariant {
  return { variantId, version: '7', artifactDigest: `sha256:${'a'.repeat(64)}`, endpoint: { url: 'http://127.0.0.1:1', modelName: variantId, modelVersion: null } };
}

export function sampleContract(change: Partial<Contract> = {}): Contract {
  return {
    task: 'binary', inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, 2] }], outputs: [{ name: 'p', datatype: 'FP32', shape: [-1] }], score: { output: 'p', column: null }, klass: null,
    classes: [0, 1], positive: 1, threshold: 0.5, range: { min: 0, max: 1 }, latencyLimitMs: 200,
    golden: [{ request: { inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 2], data: [0.1, -0] }] }, expect: { 'dotted.name': [0.25], $dollar: ['text'] }, tolerance: 1e-6 }], ...change,
  };
}

export function sampleSpec(change: Partial<DeploymentSpec['spec']> = {}): DeploymentSpec {
  return {
    apiVersion: 'lastmile.dev/v1alpha1', kind: 'ModelDeployment', metadata: { name: 'churn', labels: { 'app.kubernetes.io/name': 'churn' } },
    spec: {
      model: 'filesystem:churn@7', serving: { backend: 'modelhost', url: null, modelName: null, resources: { threads: 1, isolation: 'process' } },
      contract: { golden: [], latencyLimitMs: 200 }, labels: { delayMs: 2_592_000_000, maturityMs: 2_592_000_000, coverage: 0.95, graceMs: 86_400_000, clock: 'event' },
      rollout: { goal: 'better', cycleMs: 86_400_000, minCycles: 2, pilotCycles: 2, shadow: { samplePer10k: 10_000, maxMs: 604_800_000 }, canary: [{ sharePer10k: 500, forMs: 3_600_000 }], horizonMs: 2_592_000_000, idleMs: 3_600_000, whenInconclusive: 'keep', askMs: 86_400_000, whenBusy: 'refuse', alpha: 0.05 },
      metrics: [{ name: 'accuracy', role: 'required', margin: 0, lossBound: null, proof: 'given-loss-bound' }], value: null, routing: { stickyHeader: null, stickyJsonPath: null },
      fallback: ['last-good', 'closed'], onLostControl: 'serve', attestation: 'hashed', retrain: null, records: { inputs: false, keepMs: 2_592_000_000 }, ...change,
    },
  };
}

export function sampleStatus(revision: number, message = 'serving'): DeploymentStatus {
  return { revision, phase: 'serving', champion: null, challenger: null, activeRollout: null, rolloutCount: 1, lastVerdict: null, lastGood: [], pinnedBy: null, message };
}

export function sampleDeployment({ tenant, uid }: Scope, change: Partial<DeploymentRecord> = {}): DeploymentRecord {
  return { tenantId: tenant, uid, name: 'churn', specHash: `sha256:${'0'.repeat(64)}`, createdAtMs: 1_000, updatedAtMs: 1_000, status: sampleStatus(1), ...change };
}

export function sampleVariant({ tenant, uid, id }: Scope, change: Partial<Variant> = {}): Variant {
  return {
    tenantId: tenant, deploymentUid: uid, variantId: `var_${id}`, model: 'filesystem:churn@7', artifactDigest: `sha256:${'a'.repeat(64)}`, backend: 'modelhost', endpoint: null,
    attestation: 'hashed', contractHash: `sha256:${'c'.repeat(64)}`, bundleDigest: null, createdAtMs: 1_000, ...change,
  };
}

export function sampleRollout({ tenant, uid }: Scope, change: Partial<RolloutRecord> = {}): RolloutRecord {
  const n = change.n ?? 1;
  return {
    tenantId: tenant, rolloutId: `${uid}/${n}`, deploymentUid: uid, n, revision: 1, model: 'filesystem:churn@8', specHash: `sha256:${'0'.repeat(64)}`,
    plan: { mode: 'compare', goal: 'better', shadowSamplePer10k: 10_000, shadowMaxMs: 1, steps: [], horizonMs: 1, idleMs: 3_600_000, whenInconclusive: 'keep', askMs: 1 },
    state: INITIAL, champion: null, challenger: null, startedBy: { kind: 'person', name: 'ada' }, reason: null, startedAtMs: 1_000, endedAtMs: null, story: [{ atMs: 1, stage: 'validating', text: 'begun' }], workflowId: 'w', ...change,
  };
}

/** A variant's id is a hash over tenant and deployment: no two scopes share one. */
export function variantOf({ id }: Scope, letter: string): string { return `var_${id}_${letter}`; }

export function sampleLeg(scope: Scope, change: Partial<StoredLeg> = {}): StoredLeg {
  const { tenant, uid } = scope;
  const atMs = change.atMs ?? 10_000;
  return {
    tenantId: tenant, deploymentUid: uid, inferenceId: 'inf_1', alias: null, variantId: variantOf(scope, 'a'), role: 'champion', revision: 3, rolloutId: `${uid}/1`, atMs, eventMs: null, status: 200, error: null,
    latencyMs: 4.25, assignmentPer10k: 10_000, leaseLost: false, response: '{"outputs":[]}', request: null, unscored: null, rulingMs: atMs, receivedAtMs: atMs + 5,
    predictions: [{ row: 0, score: 0.1 + 0.2, klass: 1 }], offContract: null, ...change,
  };
}

export function sampleLabel({ tenant, uid }: Scope, change: Partial<Label> = {}): Label {
  return { tenantId: tenant, deploymentUid: uid, inferenceId: 'inf_1', row: 0, value: 1, labelMs: 1_000, receivedAtMs: 1_100, source: 'api', ...change };
}

export function sampleBlock({ tenant, uid }: Scope, change: Partial<MicroBlock> = {}): MicroBlock {
  return {
    tenantId: tenant, rolloutId: `${uid}/1`, metric: 'accuracy', slot: 0, fromMs: 0, toMs: 1_000, state: 'sealed', sealedAtMs: 5_000,
    sums: { kind: 'paired', n: 3, needed: 3, labelled: 3, pairs: 4, mean: 0.1 + 0.2, m2: 1e-17, min: Number.POSITIVE_INFINITY, max: -0, championMean: 0.5, challengerMean: 1 / 3, scored: 2 }, ...change,
  };
}

/** A block of a rate in slots of two seconds, its counts made of its slot. */
export function sampleRate({ tenant, uid }: Scope, slot: number, change: Partial<MicroBlock> = {}): MicroBlock {
  const count = (bad: number): { n: number; bad: number } => ({ n: 1_000 + slot, bad });
  return {
    tenantId: tenant, rolloutId: `${uid}/1`, metric: 'errors', slot, fromMs: slot * 2_000, toMs: (slot + 1) * 2_000, state: 'sealed', sealedAtMs: (slot + 2) * 2_000 + 0.5,
    sums: { kind: 'rate', champion: count(0), challengerServing: count(1), challengerShadow: count(slot % 3), championShadow: { n: 0, bad: 0 } }, ...change,
  };
}

export function samplePlan({ tenant, uid }: Scope, change: Partial<AnalysisPlan> = {}): AnalysisPlan {
  return {
    tenantId: tenant, deploymentUid: uid, rolloutId: `${uid}/1`, champion: 'var_a', challenger: 'var_b', specHash: 'sha256:s', contractHash: 'sha256:c', state: 'draft', judgeVersion: '1', goal: 'better', engine: 'strict',
    clock: 'event', cycleMs: 1_000, minCycles: 2, pilotCycles: 2, evidenceFromMs: null, coverage: 0.95, maturityMs: 100, graceMs: 100, horizonMs: 1_000_000, startedMs: 0, startedAtMs: 0, settleMs: 0, metrics: [], ...change,
  };
}

export function sampleMetric(alpha: number): MetricPlan {
  return {
    name: 'errors', kind: 'rate', role: 'guardrail', margin: 0.01, needsLabels: false, clock: 'gateway', tauMs: 1_000, range: { lo: 0, hi: 1 }, alpha, proof: 'given-loss-bound',
    blockSlots: 1, lossBound: 1, centreCap: 0, vOpt: 0, lag1: null, plannedFrom: 'declared',
  };
}

export function sampleVerdict({ tenant, uid }: Scope, change: Partial<Verdict> = {}): Verdict {
  return {
    tenantId: tenant, rolloutId: `${uid}/1`, n: 1, judgeVersion: '1', kind: 'collecting', reasons: [{ code: 'no-data', metric: null, text: 'nothing yet' }], findings: [], money: null, cycles: 0, fromMs: null, toMs: null,
    rulingMs: 1, atMs: 2, planHash: null, evidenceHash: null, dropRatio: null, notMeasured: [], ...change,
  };
}

export function sampleProgress({ tenant, uid }: Scope, change: Partial<Progress> = {}): Progress {
  return { tenantId: tenant, rolloutId: `${uid}/1`, watermarkMs: 1, lastRecordAtMs: null, pairs: 0, openSlots: 0, labelCoverage: null, labelDelayMs: null, drops: { cap: 1 }, duplicates: 0, updatedAtMs: 1, ...change };
}

export function sampleEntry(auditId: string, change: Partial<AuditEntry> = {}): AuditEntry {
  return { auditId, atMs: 1_000, actor: { kind: 'person', name: 'ada' }, via: 'api', action: 'deployment.applied', subject: 'churn', digest: null, reason: null, evidenceHash: null, ...change };
}

export function sampleKill({ tenant, uid, id }: Scope, change: Partial<KillRecord> = {}): KillRecord {
  return {
    tenantId: tenant, killId: `kil_${id}`, deploymentUid: uid, deployment: 'churn', state: 'fencing', scope: { kind: 'champion' }, targets: [`var_${id}_a`], inFlight: 'abort', actor: { kind: 'person', name: 'ada' }, via: 'cli',
    variants: [{ variantId: `var_${id}_a`, version: '7', artifactDigest: `sha256:${'a'.repeat(64)}`, backend: 'modelhost', endpoint: { url: 'http://127.0.0.1:1', modelName: 'm', modelVersion: null }, role: 'champion', fingerprint: null }],
    reason: null, drillId: null, requestedAtMs: 1_000, revision: 4, onLostControl: 'serve', fencedAtMs: null, silentAtMs: null, provedAtMs: null, revivedAtMs: null,
    gateways: [{ gatewayId: 'gw-1', incarnation: 1, state: 'waiting', revision: 3, leaseUntilMs: 9_000, fencedAtMs: null, silentAtMs: null, inFlight: 2, aborted: 0, drained: 0, refused: 0 }],
    backends: [{ variantId: `var_${id}_a`, backend: 'modelhost', state: 'failed', atMs: 1_100, requests: null, requestsAfter: null, note: 'no answer' }],
    probes: [{ gatewayId: null, kind: 'decides', atMs: 1_200, status: 200, variantId: `var_${id}_b`, fingerprint: `sha256:${'f'.repeat(64)}`, result: 'clear', note: null }],
    answering: '6', missing: ['gateway gw-1 does not obey it yet'], bound: 'none until what is missing has answered', revisionOfRecord: 1, updatedAtMs: 1_200, ...change,
  };
}
