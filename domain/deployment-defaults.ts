import type { ContractOverrides } from './contract.ts';
import type { ReadFile } from './deployment-file.schema.ts';
import type { DeploymentSpec, Goal, LabelPolicy, MetricPolicy, RolloutPolicy, ValueModel } from './deployment.ts';
import { USUAL_RULE } from './drift/rule.ts';
import { formatDuration } from './duration.ts';
import { externalMetrics } from './external/defaults.ts';
import { USUAL_LIMIT_MS } from './kill/drill.ts';
import { metricName, primaryOf } from './metric-names.ts';
import type { ApprovalPolicy } from './rollout/approval.ts';
import { WHOLE } from './share.ts';

/** Every default of v1alpha1, in one place; `lastmile plan` prints what became of them. */

const MINUTE = 60_000;
const DAY = 86_400_000;
const MIN_CYCLES = 2;
/** Split traffic tells most at one half; callers meet the challenger unproved, so that fewer do. */
const SPLIT_STEPS = [1_000] as const;
/** One in five years. */
export const FALSE_PROMOTIONS_PER_YEAR = 0.2;
type Spec = DeploymentSpec['spec'];
type Read = ReadFile['spec'];

/** The normal form: what the file says, and a default wherever it says nothing. */
export function withDefaults({ apiVersion, kind, metadata, spec }: ReadFile): DeploymentSpec {
  const metrics = metricPolicies(spec, spec.rollout?.goal ?? (spec.labels === undefined ? 'healthy' : 'better'));
  const labels = labelPolicy(spec.labels);
  const goal = spec.rollout?.goal ?? (labels === null ? 'healthy' : 'better');
  const serving = servingPolicy(spec.serving);
  return {
    apiVersion, kind, metadata: { name: metadata.name, labels: metadata.labels ?? {} },
    spec: {
      model: spec.model, serving, contract: contractOverrides(spec.contract), labels,
      rollout: rolloutPolicy(spec.rollout ?? {}, goal, labels), metrics, value: valueModel(spec.value),
      routing: routingPolicy(spec.routing), retrain: retrainPolicy(spec.retrain), records: recordPolicy(spec.records),
      fallback: ['last-good', 'closed'], onLostControl: 'serve', attestation: serving.backend === 'oip' ? 'claimed' : 'hashed',
      ...defined({ fallback: spec.fallback, onLostControl: spec.onLostControl, attestation: spec.attestation, externalMetrics: externalMetrics(spec.externalMetrics), drills: drillPolicy(spec.drills), segments: segmentPolicy(spec.segments, metrics), drift: driftPolicy(spec.drift), contenders: spec.contenders }),
    },
  };
}

function servingPolicy({ resources = {}, ...serving }: NonNullable<Read['serving']> = {}): Spec['serving'] {
  return { backend: 'modelhost', url: null, modelName: null, ...defined(serving), resources: { threads: 1, isolation: 'process', ...defined(resources) } };
}

function routingPolicy({ stickyHeader, stickyJsonPath }: NonNullable<Read['routing']> = {}): Spec['routing'] {
  return { stickyHeader: stickyHeader?.toLowerCase() ?? null, stickyJsonPath: stickyJsonPath ?? null };
}

function recordPolicy({ inputs = false, keep = 30 * DAY }: NonNullable<Read['records']> = {}): Spec['records'] {
  return { inputs, keepMs: keep };
}

function contractOverrides(contract: Read['contract'] = {}): ContractOverrides {
  const { task, score, class: klass, classes, positive, threshold, range } = contract;
  return {
    ...defined({ task, score, klass, classes, positive, threshold }),
    ...(range === undefined ? {} : { range: { min: range[0], max: range[1] } }),
    golden: (contract.golden ?? []).map(goldenRequest), latencyLimitMs: contract.latency ?? 250,
  };
}

type ReadGolden = NonNullable<NonNullable<Read['contract']>['golden']>[number];
function goldenRequest({ request: { inputs, outputs }, expect, tolerance }: ReadGolden): ContractOverrides['golden'][number] {
  return { request: { inputs, ...(outputs === undefined ? {} : { outputs }) }, expect: expect ?? null, tolerance: tolerance ?? 1e-4 };
}

function labelPolicy(labels: Read['labels']): LabelPolicy | null {
  if (labels === undefined) return null;
  const { delay, maturity = delay, coverage = 0.95, grace = Math.max(Math.round(delay / 10), MINUTE), clock = 'gateway', sampling } = labels;
  return { delayMs: delay, maturityMs: maturity, coverage, graceMs: grace, clock, ...(sampling === undefined ? {} : { sampling }) };
}

function rolloutPolicy(rollout: NonNullable<Read['rollout']>, goal: Goal, labels: LabelPolicy | null): RolloutPolicy {
  const { cycle = DAY, horizon = 30 * DAY + (labels?.delayMs ?? 0), idle = DAY, ask = 7 * DAY, minCycles, pilotCycles, whenInconclusive, whenBusy, alpha, falsePromotions } = rollout;
  return {
    goal, cycleMs: cycle, horizonMs: horizon, idleMs: idle, askMs: ask, ...shadowAndCanary(rollout, cycle, horizon),
    minCycles: MIN_CYCLES, pilotCycles: goal === 'healthy' ? 0 : 10, whenInconclusive: 'keep', whenBusy: 'refuse', alpha: 0.05, approval: approvalPolicy(rollout.approval),
    falsePromotionsPerYear: falsePromotions?.perYear ?? FALSE_PROMOTIONS_PER_YEAR, ...defined({ minCycles, pilotCycles, whenInconclusive, whenBusy, alpha }), ...howJudged(rollout),
  };
}

/** Left out where it is the usual way, so that files of before it was known keep their hash. */
function howJudged({ engine, compare, provisional, minCycles = MIN_CYCLES }: NonNullable<Read['rollout']>): Pick<RolloutPolicy, 'engine' | 'compare' | 'provisional'> {
  return { ...(engine === 'fast' ? { engine } : {}), ...(compare === 'split' ? { compare } : {}), ...(provisional === undefined ? {} : { provisional: { minCycles: provisional.minCycles ?? minCycles } }) };
}

/** Two pairs of eyes, before promotion, within a week. */
function approvalPolicy(approval: NonNullable<Read['rollout']>['approval']): ApprovalPolicy | null {
  if (approval === undefined) return null;
  const { before = ['promote'], roles = [], count = 1, notAuthor = true, deadline = 7 * DAY, escalateAfter, escalateTo = [] } = approval;
  return { before, roles, count, notAuthor, deadlineMs: deadline, escalateAfterMs: escalateAfter ?? null, escalateTo };
}

/** Split traffic makes no copies. */
function shadowAndCanary({ shadow, canary, compare }: NonNullable<Read['rollout']>, cycleMs: number, horizonMs: number): Pick<RolloutPolicy, 'shadow' | 'canary'> {
  const steps = canary?.map((step) => ({ sharePer10k: step.share, forMs: step.for ?? cycleMs }));
  return {
    shadow: { samplePer10k: shadow?.sample ?? (compare === 'split' && shadow === undefined ? 0 : WHOLE), maxMs: shadow?.max ?? horizonMs },
    canary: steps ?? (compare === 'split' ? SPLIT_STEPS : [500, 2_500]).map((sharePer10k) => ({ sharePer10k, forMs: cycleMs })),
  };
}

function valueModel(value: Read['value']): ValueModel | null {
  if (value === undefined) return null;
  const payoff = 'tp' in value.payoff ? { kind: 'confusion' as const, ...value.payoff } : { kind: 'per-unit' as const, ...value.payoff };
  return { currency: value.currency, payoff, costPerRequest: value.costPerRequest ?? 0, ...(value.costPerSecond === undefined ? {} : { costPerSecond: value.costPerSecond }) };
}

function retrainPolicy(retrain: Read['retrain']): Spec['retrain'] {
  return retrain === undefined ? null : { every: formatDuration(retrain.every), command: retrain.command, timeoutMs: retrain.timeout ?? 6 * 3_600_000 };
}

/** A margin that has no default is NaN here, and refused by the rules between fields. */
function segmentPolicy(segments: Read['segments'], metrics: readonly MetricPolicy[]): Spec['segments'] | undefined {
  if (segments === undefined) return undefined;
  const primary = primaryOf(metrics);
  return { jsonPath: segments.jsonPath, values: segments.values, margin: segments.margin ?? (primary === null ? NaN : usualMargin(primary.name, false)) };
}

function driftPolicy(drift: Read['drift']): Spec['drift'] | undefined {
  return drift === undefined ? undefined : { windowMs: drift.window ?? DAY, falseAlarmsPerMonth: drift.falseAlarms?.perMonth ?? USUAL_RULE.falseAlarms, least: drift.least ?? USUAL_RULE.least };
}

function drillPolicy(drills: Read['drills']): Spec['drills'] | undefined {
  return drills === undefined ? undefined : { everyMs: drills.every, limitMs: drills.limit ?? USUAL_LIMIT_MS };
}

/** The file's own metrics; the default required one only where it names none; the default guardrails that it does not name. */
function metricPolicies(spec: Read, goal: Goal): readonly MetricPolicy[] {
  const own = (spec.metrics ?? []).map((metric) => ({ ...metricPolicy(metric, goal), ...marginInMoney(metric, spec.value?.currency) }));
  const judged = goal !== 'healthy' && !own.some(({ role }) => role === 'required');
  const names = [...(judged ? [defaultMetric(spec)] : []), 'errors', 'off-contract', 'latency'];
  const taken = new Set(own.map(({ name }) => name));
  return [...own, ...names.filter((name) => !taken.has(name)).map((name) => metricPolicy({ name }, goal))];
}

function defaultMetric(spec: Read): string {
  if (spec.value !== undefined) return 'value';
  return spec.contract?.task === 'regression' ? 'absolute-error' : 'accuracy';
}

/** A margin that has no default is NaN here, and refused by the rules between fields. */
function metricPolicy({ name, role, margin, lossBound, proof, quantile }: NonNullable<Read['metrics']>[number], goal: Goal): MetricPolicy {
  const actsAs = role ?? (metricName(name)?.kind === 'paired' ? 'required' : 'guardrail');
  return {
    name, role: actsAs, margin: typeof margin === 'number' ? margin : usualMargin(name, goal === 'better' && actsAs === 'required'), lossBound: lossBound ?? null,
    proof: proof ?? (actsAs === 'safety' ? 'full' : 'given-loss-bound'), ...(quantile === undefined ? {} : { quantile }),
  };
}

/** Value and cost are money themselves. What is missing is NaN or empty here, and refused by the rules between fields. */
function marginInMoney({ name, margin }: NonNullable<Read['metrics']>[number], valueCurrency: string | undefined): Pick<MetricPolicy, 'margin' | 'marginMoney'> | object {
  if (typeof margin !== 'object') return {};
  const { money: amount, perUnit = metricName(name)?.isMoney === true ? 1 : NaN, currency = valueCurrency ?? '' } = margin;
  return { margin: amount / perUnit, marginMoney: { amount, perUnit, currency } };
}

function usualMargin(name: string, forGain: boolean): number {
  const margin = metricName(name)?.margin;
  return (forGain ? margin?.better : margin?.other) ?? NaN;
}

/** Leaves out what is undefined, so that equal files have equal hashes and equal values. */
function defined<T extends object>(of: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(of).filter(([, value]) => value !== undefined)) as { [K in keyof T]?: Exclude<T[K], undefined> };
}
