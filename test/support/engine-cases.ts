import type { MicroBlock, PairedSums, Progress, RateSums } from '../../domain/analysis/blocks.ts';
import { cleanRequestsToPass } from '../../domain/analysis/compare-rate.ts';
import { draftPlan } from '../../domain/analysis/drafting.ts';
import { evidenceOf } from '../../domain/analysis/evidence.ts';
import { explainForEngineer, explainForOwner } from '../../domain/analysis/explain.ts';
import { fieldOf, lineAt } from '../../domain/analysis/field.ts';
import { foldMetric } from '../../domain/analysis/fold.ts';
import { forecastOf } from '../../domain/analysis/forecast.ts';
import { forecastNote, marginOf } from '../../domain/analysis/forecast-note.ts';
import { planFromEarlier } from '../../domain/analysis/earlier-rollouts.ts';
import { judgeField } from '../../domain/analysis/judge-field.ts';
import { METRICS, metricOf } from '../../domain/analysis/metrics/index.ts';
import { fixPlan } from '../../domain/analysis/planning.ts';
import type { AnalysisPlan } from '../../domain/analysis/plan.ts';
import { uniforms } from '../../domain/analysis/stats/seeded-random.ts';
import type { DeploymentSpec, MetricPolicy } from '../../domain/deployment.ts';
import type { MeasurementTally } from '../../domain/external/measurement-page.ts';
import type { ExternalMetric } from '../../domain/external/metric.ts';
import type { Label, StoredLeg } from '../../domain/record.ts';
import { INITIAL } from '../../domain/rollout/machine.ts';
import { sampleDeployment, sampleRollout } from '../../conformance/stores/samples.ts';
import { block, CHALLENGER, CHAMPION, DAY, DEPLOYMENT, draftInput, label, leg, metricPolicy, pairedSums, ROLLOUT, scores, specOf, START, TENANT, termsFor, type Setting } from './analysis-arbitraries.ts';

/**
 * The engine from folds to words on evidence that is the same everywhere: what it said of each case when it was recorded is in test/fixtures/engine.json, and
 * test/unit/analysis/engine.test.ts holds it to that (`npm run engine:record` records it again). Stored verdicts are judged again by later programs; a change
 * that shows here changes what they say.
 */

type Spec = DeploymentSpec['spec'];
type Random = () => number;

/** One comparison: the file, what the days bring, and when it is looked at. */
export interface EngineCase {
  readonly name: string;
  readonly setting: Setting;
  /** What a Setting cannot say. */
  readonly spec?: Partial<Spec>;
  readonly field?: readonly string[];
  readonly days: number;
  /** Days after which the judge is asked, and whether traffic had been away by then. */
  readonly looks: readonly number[];
  readonly idle?: boolean;
  /** Sums of a paired line's slot; null: nothing was seen. `place` of the challenger in the field. */
  readonly paired: (of: { readonly line: string; readonly day: number; readonly quarter: number; readonly place: number; readonly u: Random }) => Partial<PairedSums> & { readonly mean: number } | null;
  readonly rates?: (of: { readonly metric: string; readonly day: number; readonly place: number; readonly u: Random }) => RateSums | null;
  /** Cells of the split of callers, a day. */
  readonly share?: (day: number, u: Random) => readonly { readonly challengerPer10k: number; readonly challenger: number; readonly total: number }[];
  readonly short?: (day: number) => boolean;
  readonly progress?: Partial<Progress>;
  readonly external?: readonly Partial<MeasurementTally>[];
}

export function engineSpec({ setting, spec = {} }: Pick<EngineCase, 'setting' | 'spec'>): DeploymentSpec {
  const file = specOf(setting);
  return { ...file, spec: { ...file.spec, ...spec } };
}

export function engineDraft(of: EngineCase): AnalysisPlan { return draftPlan({ ...draftInput(of.setting), spec: engineSpec(of), ...(of.field === undefined ? {} : { field: of.field }) }); }

/** All of the blocks, in the order of time. */
export function engineBlocks(of: EngineCase): readonly MicroBlock[] {
  const plan = engineDraft(of);
  const u = uniforms(of.name.length * 7_919 + of.days);
  const lines = [...plan.metrics, ...plan.segments?.metrics ?? []];
  return Array.from({ length: of.days }, (_, day) => fieldOf(plan).flatMap((_variant, place) => [
    ...lines.filter(({ kind }) => kind === 'paired').flatMap(({ name, tauMs }) => Array.from({ length: DAY / tauMs }, (_slot, quarter) => {
      const sums = of.paired({ line: name, day, quarter, place, u });
      const made = sums === null ? null : block(plan, lineAt(name, place), (START + day * DAY) / tauMs + quarter, pairedSums(sums.mean, sums));
      return made === null ? [] : [{ ...made, state: of.short?.(day) === true ? 'short' as const : 'sealed' as const }];
    }).flat()),
    ...lines.filter(({ kind }) => kind === 'rate').flatMap(({ name, tauMs }) => {
      const sums = (of.rates ?? goodRates)({ metric: name, day, place, u });
      return sums === null ? [] : [block(plan, lineAt(name, place), Math.floor((START + day * DAY) / tauMs), sums)];
    }),
    ...(of.share === undefined ? [] : [block(plan, lineAt('share', place), Math.floor((START + day * DAY) / (plan.metrics.find(({ kind }) => kind === 'rate')?.tauMs ?? 1)), { kind: 'share', cells: of.share(day, u) })]),
  ])).flat();
}

function goodRates({ u }: { readonly u: Random }): RateSums { return { kind: 'rate', champion: { n: 200, bad: Math.floor(2 * u()) }, challengerShadow: { n: 200, bad: Math.floor(2 * u()) }, challengerServing: { n: 0, bad: 0 }, championShadow: { n: 0, bad: 0 } }; }

/** What the engine says of a case, look by look; without hashes, which rest on the last digit of every number. */
export function engineAnswers(of: EngineCase): object {
  const spec = engineSpec(of);
  const blocks = engineBlocks(of);
  const draft = engineDraft(of);
  const at = (day: number): readonly MicroBlock[] => blocks.filter(({ toMs }) => toMs <= START + day * DAY);
  const plan = of.looks.map((day) => fixPlan(draft, at(day))).find((found) => found !== null) ?? draft;
  const looks = of.looks.map((day) => {
    const nowMs = START + (day + 1.5) * DAY;
    const progress = of.progress === undefined ? null : { tenantId: TENANT, rolloutId: ROLLOUT, watermarkMs: nowMs, lastRecordAtMs: nowMs, pairs: 900, openSlots: 6, labelCoverage: 0.9, labelDelayMs: 3_600_000, drops: {}, duplicates: 2, updatedAtMs: nowMs, ...of.progress };
    const verdict = judgeField({ plan: plan.evidenceFromMs !== null && plan.evidenceFromMs < START + day * DAY ? plan : draft, evidence: evidenceOf(at(day)), progress, value: spec.spec.value, rulingMs: nowMs, atMs: nowMs, n: day, external: (of.external ?? []).map(tally), idle: of.idle ?? false });
    const scope = { id: '1', tenant: TENANT, other: 'other', uid: DEPLOYMENT, rolloutId: ROLLOUT };
    const champion = { variantId: CHAMPION, model: 'filesystem:churn@6', artifactDigest: 'sha256:6' };
    const outcome = verdict.kind === 'promote' ? 'promoted' as const : verdict.kind === 'rollback' ? 'rolled-back' as const : verdict.kind === 'inconclusive' ? 'inconclusive' as const : null;
    const explained = { deployment: sampleDeployment(scope), rollout: sampleRollout(scope, { champion, challenger: { variantId: CHALLENGER, model: 'filesystem:churn@7', artifactDigest: 'sha256:7' }, state: { ...INITIAL, stage: outcome === null ? 'shadowing' : 'done', outcome } }), verdict, progress };
    return { verdict, engineer: explainForEngineer(explained), owner: explainForOwner(explained) };
  });
  const forecast = forecastOf(plan, { horizonMs: spec.spec.rollout.horizonMs, alpha: 0.03, hasPilot: draft.pilotCycles > 0, marginOf: (metric) => marginOf(metric, spec.spec), requestsPerMs: 1e-4 });
  const clean = plan.metrics.filter(({ kind }) => kind === 'rate').map(({ margin, alpha }) => cleanRequestsToPass(margin, alpha));
  return withoutHashes({ plan, looks, forecast, notes: forecast.map((each) => forecastNote(each, spec.spec, 3)), clean, earlier: [1, 2].map((runs) => byEarlier(of, { draft, plan, blocks, runs })) });
}

/** What so many earlier rollouts with the same blocks would teach, and what would be said of these blocks by it. */
function byEarlier(of: EngineCase, { draft, plan, blocks, runs }: { readonly draft: AnalysisPlan; readonly plan: AnalysisPlan; readonly blocks: readonly MicroBlock[]; readonly runs: number }): object | null {
  const paired = blocks.filter(({ sums }) => sums.kind === 'paired');
  const learnt = planFromEarlier(draft, Array.from({ length: runs }, (_, k) => ({ plan: { ...plan, rolloutId: `${DEPLOYMENT}/${String(7 - k)}` }, blocks: paired.map((each) => ({ ...each, rolloutId: `${DEPLOYMENT}/${String(7 - k)}` })) })));
  if (learnt === null) return null;
  const nowMs = START + (of.days + 1.5) * DAY;
  const { kind, reasons, notMeasured } = judgeField({ plan: learnt, evidence: evidenceOf([...blocks].reverse()), progress: null, value: engineSpec(of).spec.value, rulingMs: nowMs, atMs: nowMs, n: 1 });
  return { learntFrom: learnt.learntFrom, metrics: runs === 1 ? learnt.metrics : null, kind, reasons, notMeasured };
}

function tally(of: Partial<MeasurementTally>): MeasurementTally {
  return { tenantId: TENANT, rolloutId: ROLLOUT, metric: 'p95', page: 0, good: 0, failed: 0, inconclusive: 0, inconclusiveAtEnd: 0, toSlot: 1, newest: { atMs: START, result: { state: 'good', value: 1, why: null } }, lastFailed: null, digest: `sha256:${'1'.repeat(64)}`, ...of };
}

function withoutHashes(value: object): object {
  return JSON.parse(JSON.stringify(value, (key, each: unknown) => (key === 'evidenceHash' || key === 'planHash' ? (each === null ? null : 'a hash') : typeof each === 'string' ? each.replace(/sha256:[0-9a-f]{64}/g, 'a hash') : each))) as object;
}

const calm = (mean: number, spread: number) => ({ u }: { readonly u: Random }) => ({ mean: mean + spread * (u() - 0.5) });
const counts = (n: number, bad: number) => ({ n, bad });
const rate = (of: Partial<RateSums>): RateSums => ({ kind: 'rate', champion: counts(0, 0), challengerShadow: counts(0, 0), challengerServing: counts(0, 0), championShadow: counts(0, 0), ...of });
const servingRates = (): RateSums => rate({ champion: counts(150, 1), challengerServing: counts(60, 0), challengerShadow: counts(150, 0) });
const accuracy = (more: Partial<MetricPolicy> = {}): MetricPolicy => metricPolicy('accuracy', more);
const external = (more: Partial<ExternalMetric> = {}): ExternalMetric => ({
  name: 'p95', role: 'guardrail', question: { kind: 'prometheus', url: 'http://prometheus.example/', query: 'up' }, credentials: null, compare: 'challenger', better: 'lower', limit: 100, failBeyond: 120,
  initialDelayMs: 0, everyMs: 60_000, count: 3, failureLimit: 1, inconclusiveLimit: 2, maxAgeMs: 300_000, timeoutMs: 5_000, ...more,
});
const PILOT = { pilotCycles: 10 };
const NO_PILOT = { pilotCycles: 0 };
const LATE = START + 41.5 * DAY - 30_000;

export const ENGINE_CASES: readonly EngineCase[] = [
  { name: 'a gain after a pilot', setting: { rollout: PILOT }, days: 70, looks: [4, 12, 40, 70], paired: calm(0.2, 0.2) },
  { name: 'a loss after a pilot', setting: { rollout: PILOT }, days: 40, looks: [14, 40], paired: calm(-0.25, 0.2) },
  { name: 'equal, no worse', setting: { metrics: [accuracy({ margin: 0.1 })], rollout: { ...PILOT, goal: 'no-worse' } }, days: 70, looks: [20, 70], paired: calm(0, 0.1) },
  { name: 'too good for its loss bound, which breaks', setting: { metrics: [accuracy({ lossBound: 0.1 })], rollout: NO_PILOT }, days: 30, looks: [10, 30], paired: ({ day, u }) => ({ mean: day === 20 ? -0.5 : 0.3 + 0.1 * u() }) },
  { name: 'full proof', setting: { metrics: [accuracy({ proof: 'full' })], rollout: NO_PILOT }, days: 90, looks: [30, 90], paired: calm(0.5, 0.1) },
  { name: 'full proof, of a loss bound that is declared', setting: { metrics: [accuracy({ proof: 'full', lossBound: 0.3 })], rollout: NO_PILOT }, days: 60, looks: [8, 30, 60], paired: calm(0.12, 0.2) },
  { name: 'no worse, in full', setting: { metrics: [accuracy({ proof: 'full', lossBound: 0.2, margin: 0.1 })], rollout: { ...NO_PILOT, goal: 'no-worse', horizonMs: 40 * DAY } }, days: 36, looks: [8, 36], paired: calm(-0.09, 0.1) },
  { name: 'a gain, but fewer cycles than are asked for', setting: { rollout: { ...NO_PILOT, minCycles: 45 } }, days: 46, looks: [40, 44, 46], paired: calm(0.5, 0.1) },
  { name: 'nothing in it, and fewer cycles than are asked for', setting: { rollout: { ...NO_PILOT, minCycles: 30, horizonMs: 34 * DAY } }, days: 31, looks: [20, 31], paired: calm(0, 0.3) },
  { name: 'two metrics, one of which sees fewer days', setting: { metrics: [accuracy(), metricPolicy('brier', { margin: 0.02 })], rollout: NO_PILOT }, days: 24, looks: [12, 24], paired: ({ line, day, u }) => (line === 'brier' && day % 3 === 0 ? null : { mean: 0.2 + 0.2 * (u() - 0.5), needed: day % 5, labelled: day % 5 }) },
  { name: 'nothing in it', setting: { rollout: { ...PILOT, horizonMs: 45 * DAY } }, days: 50, looks: [30, 44, 50], paired: calm(0.002, 0.3) },
  { name: 'blocks that hang together', setting: { rollout: { ...PILOT, engine: 'fast' } }, days: 80, looks: [30, 60, 80], paired: ({ day, u }) => ({ mean: 0.1 + 0.2 * Math.sin(day / 3) + 0.1 * (u() - 0.5) }) },
  { name: 'fast, a gain', setting: { rollout: { ...PILOT, engine: 'fast' } }, days: 60, looks: [20, 60], paired: calm(0.08, 0.2) },
  { name: 'fast, a loss', setting: { rollout: { ...NO_PILOT, engine: 'fast' } }, days: 60, looks: [20, 60], paired: calm(-0.08, 0.2) },
  { name: 'fast, equal for ever', setting: { rollout: { ...NO_PILOT, engine: 'fast', horizonMs: 60 * DAY } }, days: 58, looks: [40, 58], paired: calm(0, 0.05) },
  { name: 'outcomes missing', setting: { rollout: NO_PILOT }, days: 20, looks: [10, 20], paired: ({ u }) => ({ mean: 0.1, needed: 10, labelled: Math.floor(6 * u()) }), short: (day) => day % 2 === 0, progress: { labelCoverage: 0.4, labelDelayMs: null, openSlots: 80 } },
  { name: 'some days without traffic', setting: { rollout: PILOT }, days: 60, looks: [20, 60], paired: ({ day, u }) => (day % 7 === 6 ? null : { mean: 0.2 + 0.2 * (u() - 0.5), scored: 30 }) },
  { name: 'nothing came, and traffic is away', setting: { rollout: PILOT }, days: 0, looks: [2], idle: true, paired: () => null, progress: { pairs: 0, labelCoverage: null } },
  { name: 'traffic is away after a while', setting: { rollout: NO_PILOT }, days: 9, looks: [9], idle: true, paired: calm(0.1, 0.1) },
  { name: 'copies were dropped', setting: { rollout: NO_PILOT }, days: 12, looks: [12], paired: calm(0.1, 0.1), progress: { pairs: 900, drops: { bytes: 60, cap: 30, deadline: 0 }, labelCoverage: 1 } },
  { name: 'errors', setting: { rollout: PILOT }, days: 12, looks: [2, 12], paired: calm(0.1, 0.1), rates: ({ metric }) => rate({ champion: counts(100, 0), challengerShadow: counts(100, metric === 'errors' ? 9 : 0) }) },
  { name: 'slow where it serves', setting: { rollout: NO_PILOT }, days: 12, looks: [1, 12], paired: calm(0.1, 0.1), rates: ({ metric }) => rate({ champion: counts(80, 1), challengerServing: counts(40, metric === 'latency' ? 12 : 0), challengerShadow: counts(20, 0), championShadow: counts(30, 0) }) },
  { name: 'off contract a little, and worse than the champion', setting: { rollout: NO_PILOT }, days: 30, looks: [5, 30], paired: calm(0.1, 0.1), rates: ({ metric, u }) => rate({ champion: counts(200, metric === 'off-contract' ? Math.floor(3 * u()) : 0), challengerShadow: counts(200, metric === 'off-contract' ? Math.floor(5 * u()) : 0) }) },
  { name: 'rates that no collector folds', setting: { rollout: NO_PILOT }, days: 6, looks: [6], paired: ({ day }) => (day === 2 ? { mean: Number.NaN } : day === 3 ? { mean: 0.1, n: -1 } : { mean: 7 }), rates: ({ day }) => (day < 2 ? rate({ challengerShadow: counts(3, 5) }) : rate({ challengerShadow: counts(Number.NaN, 0) })) },
  { name: 'safety', setting: { metrics: [accuracy(), metricPolicy('disagreement', { role: 'safety', margin: 0.2 })], rollout: NO_PILOT }, days: 20, looks: [3, 20], paired: calm(0.1, 0.1), rates: ({ metric, day }) => rate({ champion: counts(100, 0), challengerShadow: counts(100, metric === 'disagreement' && day > 4 ? 45 : 0) }) },
  { name: 'healthy without outcomes', setting: { metrics: [metricPolicy('disagreement', { role: 'guardrail', margin: 0.3 })], rollout: { goal: 'healthy', horizonMs: 30 * DAY }, labels: null }, days: 20, looks: [1, 3, 20], paired: () => null },
  { name: 'healthy, but never often enough', setting: { metrics: [metricPolicy('collapse', { role: 'guardrail', margin: 0.5 })], rollout: { goal: 'healthy', horizonMs: 9 * DAY, minCycles: 5 }, labels: null }, days: 9, looks: [4, 9], paired: () => null, rates: ({ metric }) => (metric === 'errors' ? null : rate({ champion: counts(4, 0), challengerShadow: counts(4, 0) })) },
  { name: 'callers split as promised', setting: { rollout: NO_PILOT }, days: 20, looks: [20], paired: calm(0.3, 0.1), rates: servingRates, share: (_day, u) => [{ challengerPer10k: 2_000, challenger: 18 + Math.floor(5 * u()), total: 100 }, { challengerPer10k: 10_000, challenger: 5, total: 5 }] },
  { name: 'callers not split as promised', setting: { rollout: NO_PILOT, stickyHeader: 'x-user' }, days: 20, looks: [20], paired: calm(0.3, 0.1), rates: servingRates, share: () => [{ challengerPer10k: 2_000, challenger: 45, total: 100 }] },
  { name: 'callers not split as promised, by request', setting: { rollout: NO_PILOT }, days: 20, looks: [2, 20], paired: calm(0.3, 0.1), rates: servingRates, share: () => [{ challengerPer10k: 2_000, challenger: 45, total: 100 }] },
  { name: 'value in money', setting: { metrics: [metricPolicy('value', { margin: 0 }), metricPolicy('brier', { role: 'required', margin: 0.05 })], rollout: PILOT }, days: 70, looks: [5, 20, 70], paired: ({ line, u }) => ({ mean: line === 'value' ? 1 + 2 * (u() - 0.5) : 0.01 * (u() - 0.5), championMean: 1.5, challengerMean: 2.5, min: -6, max: 8, m2: 40 }) },
  { name: 'value that is lost', setting: { metrics: [metricPolicy('value')], rollout: PILOT }, days: 50, looks: [15, 50], paired: ({ u }) => ({ mean: -2 + u(), championMean: 1.5, challengerMean: -0.5, min: -8, max: 8 }) },
  { name: 'margins in money', setting: { metrics: [accuracy({ margin: 0.02, marginMoney: { amount: 0.01, perUnit: 0.5, currency: 'EUR' } })], rollout: { ...PILOT, goal: 'no-worse' } }, days: 60, looks: [30, 60], paired: calm(0.05, 0.1) },
  { name: 'several required, one of them lost', setting: { metrics: [accuracy(), metricPolicy('brier', { margin: 0.02 }), metricPolicy('recall', { role: 'guardrail', margin: 0.1 })], rollout: PILOT }, days: 60, looks: [20, 60], paired: ({ line, u }) => ({ mean: (line === 'brier' ? -0.2 : 0.2) + 0.1 * (u() - 0.5) }) },
  { name: 'a guardrail of outcomes that breaks', setting: { metrics: [accuracy(), metricPolicy('f1', { role: 'guardrail', margin: 0.1 })], rollout: NO_PILOT }, days: 60, looks: [10, 60], paired: ({ line, u }) => ({ mean: (line === 'f1' ? -0.4 : 0.2) + 0.1 * (u() - 0.5) }) },
  { name: 'a regression', setting: { metrics: [metricPolicy('absolute-error')], ...termsFor('absolute-error'), rollout: PILOT }, days: 60, looks: [20, 60], paired: ({ u }) => ({ mean: 1 + u(), min: -10, max: 10 }) },
  { name: 'segments', setting: { rollout: NO_PILOT }, spec: { segments: { jsonPath: '$.part', values: ['night', 'day'], margin: 0.2 } }, days: 60, looks: [10, 60], paired: ({ line, u }) => (line.includes('day') && u() < 0.5 ? null : { mean: 0.3 + 0.1 * (u() - 0.5) }) },
  { name: 'segments in a pilot, one of which nobody is in', setting: { rollout: PILOT }, spec: { segments: { jsonPath: '$.part', values: ['night', 'nowhere'], margin: 0.2 } }, days: 40, looks: [5, 14, 40], paired: ({ line, u }) => (line.includes('nowhere') ? null : { mean: 0.3 + 0.1 * (u() - 0.5) }), progress: { pairs: 0, labelCoverage: 1 } },
  { name: 'a segment that is harmed', setting: { rollout: NO_PILOT }, spec: { segments: { jsonPath: '$.part', values: ['night', 'day'], margin: 0.1 } }, days: 60, looks: [5, 60], paired: ({ line, u }) => ({ mean: (line.includes('night') ? -0.7 : 0.3) + 0.1 * (u() - 0.5) }) },
  { name: 'sampled outcomes', setting: { rollout: PILOT }, spec: { labels: { delayMs: DAY, maturityMs: DAY, coverage: 0.95, graceMs: DAY / 10, clock: 'event', sampling: { least: 0.1 } } }, days: 60, looks: [20, 60], paired: ({ u }) => ({ mean: 0.3 + 0.3 * (u() - 0.5), needed: 10, labelled: 5, weight: 10 + 4 * (u() - 0.5), min: -10, max: 10 }) },
  { name: 'sampled outcomes whose chances are not what is said', setting: { rollout: NO_PILOT }, spec: { labels: { delayMs: DAY, maturityMs: DAY, coverage: 0.95, graceMs: DAY / 10, clock: 'event', sampling: { least: 0.2 } } }, days: 40, looks: [5, 40], paired: ({ u }) => ({ mean: 0.3 + 0.3 * (u() - 0.5), needed: 10, labelled: 5, weight: 6, min: -5, max: 5 }) },
  { name: 'split traffic', setting: { metrics: [accuracy({ margin: 0.05 })], rollout: { ...PILOT, compare: 'split', goal: 'no-worse' } }, days: 80, looks: [20, 80], paired: calm(0.2, 0.5), rates: ({ u }) => rate({ champion: counts(100, Math.floor(2 * u())), challengerServing: counts(100, 0) }), share: () => [{ challengerPer10k: 5_000, challenger: 50, total: 100 }] },
  { name: 'split traffic, harm', setting: { metrics: [accuracy({ margin: 0.05 })], rollout: { ...PILOT, compare: 'split' } }, days: 80, looks: [20, 80], paired: calm(-0.4, 0.5), rates: () => rate({ champion: counts(100, 0), challengerServing: counts(100, 1) }) },
  { name: 'provisional', setting: { rollout: { ...PILOT, provisional: { minCycles: 2 } } }, days: 60, looks: [1, 3, 12, 60], paired: ({ day, u }) => (day > 40 ? null : { mean: 0.2 + 0.2 * (u() - 0.5) }) },
  { name: 'provisional, held by latency', setting: { rollout: { ...NO_PILOT, provisional: { minCycles: 1 } } }, days: 6, looks: [3, 6], paired: () => null, rates: ({ metric }) => rate({ champion: counts(90, 0), challengerShadow: counts(90, metric === 'latency' ? 4 : 0) }) },
  { name: 'three at once', setting: { rollout: NO_PILOT }, field: [CHALLENGER, 'var_second', 'var_third'], days: 70, looks: [5, 20, 70], paired: ({ place, u }) => ({ mean: ([0.1, 0.3, -0.4][place] ?? 0) + 0.2 * (u() - 0.5) }) },
  { name: 'three at once after a pilot, none better', setting: { rollout: { ...PILOT, horizonMs: 50 * DAY } }, field: [CHALLENGER, 'var_second', 'var_third'], days: 52, looks: [12, 52], paired: ({ place, u }) => ({ mean: ([0, 0.01, -0.01][place] ?? 0) + 0.2 * (u() - 0.5) }) },
  { name: 'three at once, all harmful', setting: { rollout: NO_PILOT }, field: [CHALLENGER, 'var_second', 'var_third'], days: 40, looks: [40], paired: ({ place, u }) => ({ mean: ([-0.5, -0.6, -0.7][place] ?? 0) + 0.2 * (u() - 0.5) }) },
  { name: 'an external guardrail that passes', setting: { rollout: NO_PILOT }, spec: { externalMetrics: [external()] }, days: 40, looks: [40], paired: calm(0.4, 0.1), external: [{ good: 5, newest: { atMs: LATE, result: { state: 'good', value: 80, why: null } } }] },
  { name: 'an external guardrail that fails', setting: { rollout: NO_PILOT }, spec: { externalMetrics: [external()] }, days: 40, looks: [40], paired: calm(0.4, 0.1), external: [{ good: 5, failed: 2, lastFailed: 200, newest: { atMs: LATE, result: { state: 'failed', value: 200, why: null } } }] },
  { name: 'an external requirement that is unknown', setting: { rollout: NO_PILOT }, spec: { externalMetrics: [external({ role: 'required' })] }, days: 40, looks: [40], paired: calm(0.4, 0.1), external: [{ good: 1, inconclusive: 4, inconclusiveAtEnd: 4, newest: { atMs: LATE, result: { state: 'inconclusive', value: null, why: 'nobody answers' } } }] },
  { name: 'an external requirement that was never measured', setting: { rollout: NO_PILOT }, spec: { externalMetrics: [external({ role: 'required', inconclusiveLimit: null })] }, days: 40, looks: [40], paired: calm(0.4, 0.1) },
];

/** Folds of every metric over one slot of seeded requests with every kind of fault, paired, split and sampled. */
export function foldAnswers(metric: string, how: 'paired' | 'split' | 'sampled'): object {
  const { contract, value } = termsFor(metric);
  const u = uniforms(metric.length * 101 + how.length);
  const labels = { delayMs: DAY, maturityMs: DAY, coverage: 0.95, graceMs: 0, clock: 'event' as const };
  const isPaired = metricOf(metric).kind === 'paired';
  const spec = engineSpec({ setting: { metrics: [...(isPaired ? [] : [contract.task === 'regression' ? metricPolicy('absolute-error') : accuracy()]), ...(metric === 'share' ? [] : [metricPolicy(metric, { role: isPaired ? 'required' : 'guardrail', margin: metric === 'cost' ? 1e-5 : 0.05 })])], value, contract, rollout: { ...NO_PILOT, goal: 'no-worse', ...(how === 'split' ? { compare: 'split' } : {}) } }, spec: { labels: how === 'sampled' ? { ...labels, sampling: { least: 0.25 } } : labels } });
  const plan = fixPlan(draftPlan({ ...draftInput({ contract, value }), spec }), []);
  if (plan === null) throw new Error('not fixed');
  return Array.from({ length: 4 }, () => {
    const slot = Array.from({ length: 14 }, (_, i) => requestOf(`inf_${String(i).padStart(2, '0')}`, { u, how, isRegression: contract.task === 'regression' }));
    return foldMetric({ metric, plan, contract, value, legs: slot.flatMap(({ legs }) => legs), labels: slot.flatMap(({ labels: each }) => each) });
  });
}

const FAULTS: readonly Partial<StoredLeg>[] = [
  {}, {}, {}, {}, {}, {}, {}, { error: 'timeout', status: 0, predictions: [], latencyMs: 900 }, { error: 'status', status: 500, predictions: [] }, { error: 'status', status: 404, predictions: [] }, { error: 'status', status: 429, predictions: [] },
  { offContract: 'non-finite', predictions: [] }, { unscored: 'too-large', predictions: [] }, { predictions: [{ row: 0, score: null, klass: null }] },
];

function requestOf(id: string, { u, how, isRegression }: { readonly u: Random; readonly how: string; readonly isRegression: boolean }): { readonly legs: readonly StoredLeg[]; readonly labels: readonly Label[] } {
  const pick = <T>(values: readonly T[]): T => values[Math.floor(u() * values.length)] as T;
  const rows = pick([1, 1, 1, 3]);
  const scale = isRegression ? 10 : 1;
  const share = pick([2_000, 6_000]);
  const isChallenger = u() < share / 10_000;
  const legOf = (version: 'champion' | 'challenger'): StoredLeg => {
    const serving = version === 'champion' || u() < 0.3 || how === 'split';
    const per10k = how === 'split' ? (version === 'challenger' ? share : 10_000 - share) : pick([10_000, 2_500]);
    return leg(id, version, { ...scores(...Array.from({ length: rows }, () => Math.round(20 * u()) / 20 * scale)), latencyMs: Math.floor(400 * u()), role: serving ? version : 'shadow', atMs: START + Math.floor(1_000 * u()), assignmentPer10k: per10k, ...pick(FAULTS) });
  };
  const versions = how === 'split' ? [isChallenger ? 'challenger' as const : 'champion' as const] : u() < 0.9 ? ['champion' as const, 'challenger' as const] : [pick(['champion' as const, 'challenger' as const])];
  const outcome = (): number | string => (isRegression ? Math.round(20 * u()) / 2 : pick<number | string>([0, 1, 1, 0, 1, 0, 'no outcome']));
  const labels = Array.from({ length: rows }, (_, row) => row).filter(() => u() < 0.85).map((row) => label(id, outcome(), { row, ...(how === 'sampled' ? { propensity: pick([0.25, 0.5, 1]) } : {}) }));
  return { legs: versions.map(legOf), labels };
}

export const FOLDS: readonly (readonly [string, 'paired' | 'split' | 'sampled'])[] = Object.keys(METRICS).flatMap((metric) => (['paired', 'split', 'sampled'] as const).filter((how) => isFolded(metric, how)).map((how) => [metric, how] as const));

/** Where the plan would refuse it: metrics that need both answers on split traffic, and metrics of slots or without outcomes where outcomes are sampled. */
function isFolded(metric: string, how: string): boolean {
  try { foldAnswers(metric, how as 'paired'); return true; } catch { return false; }
}
