import type { Contract } from '../contract.ts';
import type { DeploymentSpec, MetricPolicy } from '../deployment.ts';
import { LastmileError } from '../errors.ts';
import type { DeploymentUid, RolloutId, TenantId, VariantId } from '../ids.ts';
import { metricName, primaryOf } from '../metric-names.ts';
import type { Range } from '../value/payoff.ts';
import { JUDGE_VERSION } from './judge-version.ts';
import { METRICS, metricOf } from './metrics/index.ts';
import type { AnalysisPlan, MetricPlan } from './plan.ts';
import { segmentLine } from './segments.ts';
import { withoutPilot } from './tuning.ts';

export interface DraftInput {
  readonly tenantId: TenantId;
  readonly deploymentUid: DeploymentUid;
  readonly rolloutId: RolloutId;
  readonly champion: VariantId;
  readonly challenger: VariantId;
  /** All challengers, where several are tried at once. */
  readonly field?: readonly VariantId[];
  readonly spec: DeploymentSpec;
  readonly specHash: string;
  /** The champion's frozen contract. */
  readonly contract: Contract;
  readonly contractHash: string;
  readonly startedMs: number;
  readonly startedAtMs: number;
}

type Spec = DeploymentSpec['spec'];
const SECOND = 1_000;
const MINUTE = 60_000;
const LARGEST_SLOTS_PER_CYCLE = 4;

/** Guardrails that every plan has; the margins where the file names none. */
const ALWAYS: readonly MetricPolicy[] = ['errors', 'off-contract', 'latency'].map((name) =>
  ({ name, role: 'guardrail', margin: metricName(name)?.margin?.other ?? 0.01, lossBound: null, proof: 'given-loss-bound' }));

/** What keeps a file's metrics from being judged under this contract, in words; [] when nothing does. Known before a rollout starts. */
export function planProblems({ spec }: DeploymentSpec, contract: Contract): readonly string[] {
  const required = spec.metrics.some(({ name, role }) => role === 'required' && metricName(name)?.kind === 'paired');
  const noGoal = spec.rollout.goal !== 'healthy' && !required ? [`goal ${spec.rollout.goal} needs a required metric that is judged on outcomes`] : [];
  return [...noGoal, ...segmentProblems(spec, contract), ...policies(spec).flatMap((policy) => {
    const { name } = policy;
    if (!Object.hasOwn(METRICS, name) || name === 'share') return [`metrics[${name}] is not a metric; known: ${Object.keys(METRICS).filter((known) => known !== 'share').join(', ')}`];
    const range = rangeOf(policy, spec, contract);
    if (typeof range === 'string') return [`metrics[${name}] ${range}`];
    if (metricOf(name).kind === 'paired' && policy.margin >= leastOf(policy, spec, contract)) return [`metrics[${name}].margin is ${String(policy.margin)}, and no version could be worse by more than ${String(leastOf(policy, spec, contract))}: it would guard nothing`];
    if (spec.rollout.compare === 'split' && metricName(name)?.needsBoth === true) return [`metrics[${name}] needs the answers of both versions to one request, and traffic is split`];
    return spec.labels === null && needsOutcomes(name) ? [`metrics[${name}] is judged on outcomes, and there are no labels`] : [];
  })];
}

/**
 * How the rollout will be judged, before any of its evidence: what the spec says, and ranges by the contract. Block length, loss bound and tuning are
 * those of a plan without a pilot until planning.ts fixPlan or earlier-rollouts.ts replaces them, alpha the file's until the budget grants it. Throws LM_INVALID_SPEC with every problem of planProblems.
 */
export function draftPlan(input: DraftInput): AnalysisPlan {
  const { spec: file, contract } = input;
  const problems = planProblems(file, contract);
  if (problems.length > 0) throw new LastmileError('LM_INVALID_SPEC', `Nothing can be judged: ${problems.join('; ')}.`, { details: { problems } });
  const { spec } = file;
  const { rollout, labels } = spec;
  return {
    tenantId: input.tenantId, deploymentUid: input.deploymentUid, rolloutId: input.rolloutId, champion: input.champion, challenger: input.challenger,
    specHash: input.specHash, contractHash: input.contractHash, state: 'draft', judgeVersion: JUDGE_VERSION, goal: rollout.goal, engine: rollout.engine ?? 'strict', ...howCompared(rollout), ...(input.field === undefined ? {} : { field: input.field }),
    cycleMs: rollout.cycleMs, minCycles: rollout.minCycles, pilotCycles: rollout.pilotCycles, evidenceFromMs: null,
    ...outcomesOf(labels), ...samplingOf(labels), horizonMs: rollout.horizonMs,
    startedMs: input.startedMs, startedAtMs: input.startedAtMs, settleMs: Math.floor(pairedTauMs(rollout.cycleMs) / 4),
    splitBy: spec.routing.stickyHeader === null && spec.routing.stickyJsonPath === null ? 'request' : 'key',
    harmAlpha: rollout.alpha,
    metrics: policies(spec).map((policy) => metricOf(policy.name).kind === 'paired' ? pairedMetric(policy, spec, contract) : rateMetric(policy, spec)),
    ...externalOf(spec), ...segmentsOf(spec, contract),
  };
}

function howCompared({ compare, provisional }: Spec['rollout']): Pick<AnalysisPlan, 'compare' | 'provisional'> {
  return { ...(compare === undefined ? {} : { compare }), ...(provisional === undefined ? {} : { provisional }) };
}

function segmentProblems(spec: Spec, contract: Contract): readonly string[] {
  const primary = primaryOf(spec.metrics);
  if (spec.segments === undefined || primary === null || !Object.hasOwn(METRICS, primary.name)) return [];
  const least = leastOf(primary, spec, contract);
  return spec.segments.margin >= least ? [`segments.margin is ${String(spec.segments.margin)}, and no version could be worse by more than ${String(least)} in ${primary.name}: it would guard nothing`] : [];
}

/** The primary metric once more for each declared segment; its loss bound is the whole range, since nothing is known of a part of the traffic. */
function segmentsOf(spec: Spec, contract: Contract): Pick<AnalysisPlan, 'segments'> {
  const { segments, metrics } = spec;
  if (segments === undefined) return {};
  const primary = primaryOf(metrics);
  if (primary === null) throw new LastmileError('LM_INVARIANT', 'segments without a required metric');
  const line = pairedMetric({ ...primary, margin: segments.margin, role: 'guardrail', proof: 'given-loss-bound', lossBound: null }, spec, contract);
  return { segments: { jsonPath: segments.jsonPath, metrics: segments.values.map((value) => ({ ...line, name: segmentLine(primary.name, value) })) } };
}

function outcomesOf(labels: Spec['labels']): Pick<AnalysisPlan, 'clock' | 'coverage' | 'maturityMs' | 'graceMs'> {
  return labels === null ? { clock: 'gateway', coverage: 1, maturityMs: 0, graceMs: 0 } : { clock: labels.clock, coverage: labels.coverage, maturityMs: labels.maturityMs, graceMs: labels.graceMs };
}

function samplingOf(labels: Spec['labels']): Pick<AnalysisPlan, 'sampling'> { return labels?.sampling === undefined ? {} : { sampling: labels.sampling }; }

function externalOf({ externalMetrics }: Spec): Pick<AnalysisPlan, 'external'> { return externalMetrics === undefined ? {} : { external: externalMetrics }; }

function policies({ metrics }: Spec): readonly MetricPolicy[] {
  const named = new Set(metrics.map(({ name }) => name));
  return [...metrics, ...ALWAYS.filter(({ name }) => !named.has(name))];
}

/** How much worse a version can be at all. */
function leastOf(policy: MetricPolicy, spec: Spec, contract: Contract): number { const range = naturalRange(policy, spec, contract); return typeof range === 'string' ? Infinity : -range.lo; }

function needsOutcomes(name: string): boolean { const metric = metricOf(name); return metric.kind === 'paired' && metric.needsOutcomes; }

/** Of sampled outcomes the pseudo-outcome's: a difference that was seen with a small chance stands for many. */
function rangeOf(policy: MetricPolicy, spec: Spec, contract: Contract): Range | string {
  const { labels } = spec;
  const range = naturalRange(policy, spec, contract);
  if (typeof range === 'string' || labels?.sampling === undefined || !needsOutcomes(policy.name)) return range;
  const metric = metricOf(policy.name);
  if (metric.kind === 'paired' && metric.by === 'slot') return 'needs every outcome, and labels.sampling takes some; judge by accuracy, brier, an error or value';
  const { least } = labels.sampling;
  return { lo: range.lo / least, hi: range.hi / least };
}

function naturalRange({ name, quantile }: MetricPolicy, { value }: Spec, contract: Contract): Range | string {
  const metric = metricOf(name);
  return metric.kind === 'paired' ? metric.range({ contract, value, quantile: quantile ?? null }) : { lo: 0, hi: 1 };
}

function pairedMetric(policy: MetricPolicy, spec: Spec, contract: Contract): MetricPlan {
  const { cycleMs, alpha } = spec.rollout;
  const range = rangeOf(policy, spec, contract);
  if (typeof range === 'string') throw new LastmileError('LM_INVARIANT', `metrics[${policy.name}] ${range}`);
  const tauMs = pairedTauMs(cycleMs);
  return {
    name: policy.name, kind: 'paired', role: policy.role, margin: policy.margin, needsLabels: needsOutcomes(policy.name), clock: 'ruling', tauMs, range, alpha, proof: policy.proof,
    blockSlots: cycleMs / tauMs, lag1: null, ...inMoney(policy), ...(policy.quantile === undefined ? {} : { quantile: policy.quantile }), ...withoutPilot(range, policy.lossBound),
  };
}

/** A quarter of a cycle; fewer, longer slots where that is below a second or does not divide the cycle: a slot never crosses the end of a cycle. */
function pairedTauMs(cycleMs: number): number {
  for (let slots = LARGEST_SLOTS_PER_CYCLE; slots > 1; slots -= 1) {
    if (cycleMs % slots === 0 && cycleMs / slots >= SECOND) return cycleMs / slots;
  }
  return cycleMs;
}

function inMoney({ marginMoney }: MetricPolicy): Pick<MetricPlan, 'marginMoney'> { return marginMoney === undefined ? {} : { marginMoney }; }

function rateMetric(policy: MetricPolicy, { labels, rollout }: Spec): MetricPlan {
  const { name, role, margin, proof } = policy;
  const tauMs = labels?.clock === 'event' ? 2 * SECOND : Math.min(Math.max(Math.round(rollout.horizonMs / 10_000), SECOND), MINUTE);
  return {
    name, kind: 'rate', role, margin, needsLabels: false, clock: 'gateway', tauMs, range: { lo: 0, hi: 1 }, alpha: rollout.alpha, proof,
    blockSlots: 1, lossBound: 1, centreCap: 0, vOpt: 0, lag1: null, plannedFrom: 'declared', ...inMoney(policy),
  };
}
