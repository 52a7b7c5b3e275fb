import { draftPlan } from '../domain/analysis/drafting.ts';
import { judgeField, outOf } from '../domain/analysis/judge-field.ts';
import { JUDGE_VERSION } from '../domain/analysis/judge.ts';
import { fixPlan } from '../domain/analysis/planning.ts';
import type { AnalysisPlan } from '../domain/analysis/plan.ts';
import type { Verdict, VerdictSummary } from '../domain/analysis/verdict.ts';
import type { VariantId } from '../domain/ids.ts';
import type { Activities, Subject } from './index.ts';
import { withHeartbeat } from './heartbeat.ts';
import { heldBy } from './holding.ts';
import { contractOf, specOf, variantOf } from './lookup.ts';
import { atGrantedAlpha, firstPlan } from './planning.ts';
import type { ActivityPorts } from './ports.ts';

/** A gateway that stands still tells nothing for so long and is no clock that is behind. */
const AHEAD_MS = 10_000;
const CLOCK_ERROR_MS = 600_000;

type Analysing = Pick<Activities, 'openComparison' | 'judge' | 'recordVerdict'>;
interface Pairing { readonly champion: VariantId; readonly challenger: VariantId; /** All that are tried, or still are, where several are. */ readonly field?: readonly VariantId[] }

export function analysingActivities(ports: ActivityPorts): Analysing {
  const { evidence } = ports.stores;
  return {
    async openComparison({ subject, ...pairing }) {
      const plan = await openPlan(ports, subject, pairing);
      return { rulingMs: plan?.startedMs ?? 0 };
    },

    judge: ({ subject, n, ...pairing }) => withHeartbeat(async () => {
      const plan = await currentPlan(ports, subject, pairing);
      const verdict = plan === null ? await withoutTraffic(ports, subject, n) : await judgement(ports, subject, { n, plan, ...pairing });
      const stored = await evidence.putVerdict(verdict);
      return { verdict: summaryOf(stored), rulingMs: stored.rulingMs, heldBy: await heldBy(ports, subject) };
    }),

    async recordVerdict({ subject, n, verdict }) {
      const now = ports.now();
      await evidence.putVerdict({
        ...bare(subject, n, now), kind: verdict.kind, reasons: [{ code: verdict.reason, metric: verdict.metric, text: verdict.text }], evidenceHash: verdict.evidenceHash,
      });
    },
  };
}

/** The plan, fixed as soon as earlier rollouts or the pilot allow; null while an event clock has not seen its first record. */
async function currentPlan(ports: ActivityPorts, subject: Subject, pairing: Pairing): Promise<AnalysisPlan | null> {
  const { evidence } = ports.stores;
  const plan = await openPlan(ports, subject, pairing);
  if (plan?.state !== 'draft') return plan;
  const fixed = fixPlan(plan, (await evidence.summary(subject.tenant, subject.rolloutId)).blocks, pairing.field);
  return fixed === null ? plan : evidence.putPlan(await atGrantedAlpha(ports, fixed, await specOf(ports.stores.deployments, subject.tenant, subject.specHash)));
}

/** What is stored, else a draft or a fixed plan: which of the two is chosen once, when the comparison opens. */
async function openPlan(ports: ActivityPorts, subject: Subject, { champion, challenger, field }: Pairing): Promise<AnalysisPlan | null> {
  const { deployments, evidence, records } = ports.stores;
  const known = await evidence.getPlan(subject.tenant, subject.rolloutId);
  if (known !== null) return known;
  const spec = await specOf(deployments, subject.tenant, subject.specHash);
  const startedAtMs = await recordsClockMs(ports);
  const watermark = await records.watermark(subject.tenant, subject.deploymentUid, startedAtMs);
  const startedMs = spec.spec.labels?.clock === 'event' ? watermark.rulingMs : startedAtMs;
  if (startedMs === null) return null;
  const { contractHash } = await variantOf(deployments, subject.tenant, champion);
  const contract = await contractOf(deployments, subject.tenant, contractHash);
  const draft = draftPlan({
    tenantId: subject.tenant, deploymentUid: subject.deploymentUid, rolloutId: subject.rolloutId, champion, challenger, ...(field === undefined ? {} : { field }),
    spec, specHash: subject.specHash, contract, contractHash, startedMs, startedAtMs,
  });
  return evidence.putPlan(await firstPlan(ports, draft, spec));
}

/**
 * Records are timed by gateways. A comparison that a worker opens whose clock is ahead would begin where no record is for as long as it is ahead, and
 * would find no traffic: it is never later than little after the newest time that a gateway has told. Gateways tell it all the time, with records or without.
 */
async function recordsClockMs({ stores: { records }, now }: ActivityPorts): Promise<number> {
  const toldMs = await records.newestMarkMs();
  return toldMs === null ? now() : Math.min(now(), toldMs + AHEAD_MS);
}

/** By the gateways' clock; where no gateway tells the time any more, by the worker's own with room for its error, so that the rollout ends all the same (promise 12). */
async function isIdle(ports: ActivityPorts, sinceMs: number, idleMs: number): Promise<boolean> {
  return await recordsClockMs(ports) - sinceMs > idleMs || ports.now() - sinceMs > idleMs + CLOCK_ERROR_MS;
}

async function judgement(ports: ActivityPorts, subject: Subject, of: { n: number; plan: AnalysisPlan; field?: readonly VariantId[] }): Promise<Verdict> {
  const { deployments, evidence, measurements, records } = ports.stores;
  const spec = await specOf(deployments, subject.tenant, subject.specHash);
  const progress = await evidence.getProgress(subject.tenant, subject.rolloutId);
  // Read behind the progress: the ruling time is that up to which all due blocks were sealed, so that a collector which lags cannot let the horizon pass unseen.
  const [sealed, external, watermark] = await Promise.all([
    evidence.summary(subject.tenant, subject.rolloutId), of.plan.external === undefined ? [] : measurements.tallies(subject.tenant, subject.rolloutId), records.watermark(subject.tenant, subject.deploymentUid, ports.now()),
  ]);
  const rulingMs = progress?.watermarkMs ?? of.plan.startedMs;
  // Read behind the measurements: none of them is of later than the verdict.
  const now = ports.now();
  const idle = await isIdle(ports, Math.max(watermark.lastAtMs ?? 0, of.plan.startedAtMs), spec.spec.rollout.idleMs);
  return judgeField({ plan: of.plan, evidence: sealed, progress, external, value: spec.spec.value, rulingMs, atMs: now, n: of.n, idle }, of.field);
}

/** No record has been seen at all: nothing to judge, and after the idle limit the rollout ends. */
async function withoutTraffic(ports: ActivityPorts, subject: Subject, n: number): Promise<Verdict> {
  const now = ports.now();
  const spec = await specOf(ports.stores.deployments, subject.tenant, subject.specHash);
  const rollout = await ports.stores.deployments.getRollout(subject.tenant, subject.rolloutId);
  const idle = rollout !== null && await isIdle(ports, rollout.startedAtMs, spec.spec.rollout.idleMs);
  const reason = idle
    ? { code: 'idle' as const, metric: null, text: 'No traffic came within the idle limit; the champion stays.' }
    : { code: 'no-data' as const, metric: null, text: 'No traffic yet: nothing can be compared.' };
  return { ...bare(subject, n, now), kind: idle ? 'inconclusive' : 'collecting', reasons: [reason] };
}

function bare(subject: Subject, n: number, now: number): Verdict {
  return {
    tenantId: subject.tenant, rolloutId: subject.rolloutId, n, judgeVersion: JUDGE_VERSION, kind: 'collecting', reasons: [], findings: [], money: null, cycles: 0,
    fromMs: null, toMs: null, rulingMs: now, atMs: now, planHash: null, evidenceHash: null, dropRatio: null, notMeasured: [],
  };
}

function summaryOf(verdict: Verdict): VerdictSummary {
  const [first] = verdict.reasons;
  return {
    rolloutId: verdict.rolloutId, n: verdict.n, kind: verdict.kind, reason: first?.code ?? 'not-enough-evidence', metric: first?.metric ?? null,
    text: first?.text ?? '', evidenceHash: verdict.evidenceHash, ...(verdict.provisional === undefined ? {} : { provisional: verdict.provisional }),
    ...(verdict.challenger === undefined ? {} : { challenger: verdict.challenger, out: outOf(verdict) }),
  };
}
