import type { DeploymentView, KillView, RolloutView } from '../../../api/contract.ts';
import type { Finding, MoneyFinding, ReasonCode, Verdict, VerdictKind } from '../../../domain/analysis/verdict.ts';
import { parseDeployment } from '../../../domain/deployment.schema.ts';
import { drillSummary, drillTerms } from '../../../domain/kill/drill.ts';
import type { KillRecord } from '../../../domain/kill/kill.ts';
import { INITIAL, type RolloutState } from '../../../domain/rollout/machine.ts';
import { planRollout } from '../../../domain/rollout/plan.ts';

/** Answers of the API in their real shapes, for tests of what the CLI makes of them. */
export const SPEC = parseDeployment({
  apiVersion: 'lastmile.dev/v1alpha1', kind: 'ModelDeployment', metadata: { name: 'churn' },
  spec: { model: 'filesystem:churn@2', labels: { delay: '15m', clock: 'event' }, value: { currency: 'EUR', payoff: { tp: 1, fp: -1, tn: 0, fn: 0 } } },
});
const LINKS = { self: '/api/v1/x', temporal: 'http://127.0.0.1:7305/wf', page: 'http://127.0.0.1:7300/d/churn' };
const variant = (version: string): { variantId: string; model: string; artifactDigest: string } => ({ variantId: `var_${version}`, model: `filesystem:churn@${version}`, artifactDigest: `sha256:${version}` });

export function finding(of: Partial<Finding>): Finding {
  return {
    metric: 'value', role: 'required', state: 'undecided', estimate: 0.1, lower: 0.02, upper: 0.2, lowerFull: null, alpha: 0.05, margin: 0, championMean: 0, challengerMean: 0.1,
    blocks: 30, shortBlocks: 0, requests: 1_800, coverage: 1, lossBound: 0.5, worstBlock: -0.1, projectedBlocks: null, ...of,
  };
}

export const EUR: MoneyFinding = { currency: 'EUR', perRequestMicros: 100_000, lowerMicros: 20_000, upperMicros: 200_000, requests: 1_800, totalMicros: 180_000_000, championTotalMicros: 20_000_000, challengerTotalMicros: 200_000_000 };

export function verdict(kind: VerdictKind, reason: { code: ReasonCode; metric?: string; text?: string }, of: Partial<Verdict> = {}): Verdict {
  return {
    tenantId: 'default', rolloutId: 'dep_1/2', n: 1, judgeVersion: '1', kind, reasons: [{ code: reason.code, metric: reason.metric ?? null, text: reason.text ?? reason.code }],
    findings: [finding({})], money: EUR, cycles: 30, fromMs: 0, toMs: 1, rulingMs: 1, atMs: 1, planHash: null, evidenceHash: 'sha256:e', dropRatio: 0, notMeasured: [], ...of,
  };
}

export function rolloutView(state: Partial<RolloutState>, of: { verdict?: Verdict | null; story?: readonly string[]; n?: number; model?: string } = {}): RolloutView {
  return {
    rollout: {
      tenantId: 'default', rolloutId: `dep_1/${String(of.n ?? 2)}`, deploymentUid: 'dep_1', n: of.n ?? 2, revision: 1, model: of.model ?? 'filesystem:churn@2', specHash: 'sha256:s',
      plan: planRollout(SPEC.spec.rollout, true), state: { ...INITIAL, ...state }, champion: variant('1'), challenger: variant('2'), startedBy: { kind: 'person', name: 'ada' },
      reason: null, startedAtMs: 1_700_000_000_000, endedAtMs: null, workflowId: 'rollout/default/dep_1/2',
      story: (of.story ?? []).map((text, i) => ({ atMs: 1_700_000_000_000 + i, stage: 'shadowing', text })),
    },
    verdict: of.verdict ?? null, progress: null, links: LINKS,
  };
}

export function deploymentView(rollout: RolloutView | null): DeploymentView {
  return {
    deployment: {
      tenantId: 'default', uid: 'dep_1', name: 'churn', specHash: 'sha256:s', createdAtMs: 0, updatedAtMs: 0,
      status: { revision: 1, phase: 'serving', champion: variant('1'), challenger: null, activeRollout: null, rolloutCount: 1, lastVerdict: null, lastGood: [], pinnedBy: null, message: 'Version 1 decides.' },
    },
    spec: SPEC, route: null, rollout, kill: null, drift: null, drills: drillSummary(drillTerms(undefined), [], 0), links: LINKS,
  };
}

const killRecord = (part: Partial<KillRecord>): KillRecord => ({
  tenantId: 'default', killId: 'kil_1', deploymentUid: 'dep_1', deployment: 'churn', state: 'silent', scope: { kind: 'champion' }, targets: ['var_a'], inFlight: 'abort', actor: { kind: 'person', name: 'ann' }, via: 'api',
  variants: [{ variantId: 'var_a', version: '7', artifactDigest: 'sha256:a', backend: 'modelhost', endpoint: null, role: 'champion', fingerprint: null }],
  reason: null, drillId: null, requestedAtMs: 1_000, revision: 9, onLostControl: 'serve', fencedAtMs: 1_020, silentAtMs: 1_030, provedAtMs: null, revivedAtMs: null,
  gateways: [{ gatewayId: 'gw-1', incarnation: 1, state: 'silent', revision: 9, leaseUntilMs: 9_000, fencedAtMs: 1_020, silentAtMs: 1_030, inFlight: 0, aborted: 3, drained: 0, refused: 0 }],
  backends: [], probes: [], answering: '6', missing: [], bound: null, revisionOfRecord: 1, updatedAtMs: 1_030, ...part,
});
export function killView(part: Partial<KillRecord> = {}): KillView {
  return { kill: killRecord(part), toFencedMs: 20, toSilentMs: 30, toProvedMs: part.state === 'proved' ? 400 : null, digest: 'sha256:d', sentence: 'churn 7 answers nobody.', links: { self: 's', temporal: null, page: null } };
}
