import fc from 'fast-check';
import type { MicroBlock, PairedSums, RateSums } from '../../domain/analysis/blocks.ts';
import { placeOf } from '../../domain/analysis/field.ts';
import { draftPlan, type DraftInput } from '../../domain/analysis/drafting.ts';
import { fixPlan } from '../../domain/analysis/planning.ts';
import type { AnalysisPlan } from '../../domain/analysis/plan.ts';
import type { Contract } from '../../domain/contract.ts';
import type { DeploymentSpec, MetricPolicy, RolloutPolicy, ValueModel } from '../../domain/deployment.ts';
import type { Label, StoredLeg } from '../../domain/record.ts';

export const DAY = 86_400_000;
export const CHAMPION = 'var_champion';
export const CHALLENGER = 'var_challenger';
export const TENANT = 'default';
export const DEPLOYMENT = 'dep_1';
export const ROLLOUT = 'dep_1/1';
/** A day's start, so that the first cycle is whole. */
export const START = 20_000 * DAY;

export const BINARY: Contract = {
  task: 'binary', inputs: [], outputs: [], score: { output: 'p', column: null }, klass: null, classes: null, positive: 1, threshold: 0.5,
  range: { min: 0, max: 1 }, golden: [], latencyLimitMs: 250,
};
export const REGRESSION: Contract = { ...BINARY, task: 'regression', positive: null, range: { min: 0, max: 10 } };
export const CONFUSION: ValueModel = { currency: 'EUR', payoff: { kind: 'confusion', tp: 5, fp: -3, tn: 0, fn: -1 }, costPerRequest: 0.25, costPerSecond: 0.01 };
/** What metrics need beyond a name. */
const MORE: Readonly<Record<string, Partial<MetricPolicy>>> = { pinball: { quantile: 0.9 } };
export const PER_UNIT: ValueModel = { currency: 'EUR', payoff: { kind: 'per-unit', perUnit: -2, clip: 4 }, costPerRequest: 0 };

/** The terms under which a metric makes sense. */
export function termsFor(metric: string): { contract: Contract; value: ValueModel } {
  return ['absolute-error', 'squared-error', 'pinball'].includes(metric) ? { contract: REGRESSION, value: PER_UNIT } : { contract: BINARY, value: CONFUSION };
}

export function metricPolicy(name: string, more: Partial<MetricPolicy> = {}): MetricPolicy {
  return { name, role: 'required', margin: 0, lossBound: null, proof: 'given-loss-bound', ...MORE[name], ...more };
}

export interface Setting {
  readonly metrics?: readonly MetricPolicy[];
  readonly rollout?: Partial<RolloutPolicy>;
  readonly labels?: DeploymentSpec['spec']['labels'];
  readonly value?: ValueModel | null;
  readonly contract?: Contract;
  readonly stickyHeader?: string;
}

export function specOf({ metrics = [metricPolicy('accuracy')], rollout = {}, labels = { delayMs: DAY, maturityMs: DAY, coverage: 0.95, graceMs: DAY / 10, clock: 'event' }, value = CONFUSION, stickyHeader }: Setting = {}): DeploymentSpec {
  return {
    apiVersion: 'lastmile.dev/v1alpha1', kind: 'ModelDeployment', metadata: { name: 'churn', labels: {} },
    spec: {
      model: 'filesystem:churn@7', serving: { backend: 'modelhost', url: null, modelName: null, resources: { threads: 1, isolation: 'process' } },
      contract: { golden: [], latencyLimitMs: 250 }, labels,
      rollout: {
        goal: 'better', cycleMs: DAY, minCycles: 2, horizonMs: 400 * DAY, pilotCycles: 10, shadow: { samplePer10k: 10_000, maxMs: 400 * DAY }, canary: [], idleMs: DAY,
        whenInconclusive: 'keep', askMs: DAY, whenBusy: 'refuse', alpha: 0.05, ...rollout,
      },
      metrics, value, routing: { stickyHeader: stickyHeader ?? null, stickyJsonPath: null }, fallback: ['closed'], onLostControl: 'serve', attestation: 'hashed', retrain: null,
      records: { inputs: false, keepMs: DAY },
    },
  };
}

export function draftInput(setting: Setting = {}): DraftInput {
  return {
    tenantId: TENANT, deploymentUid: DEPLOYMENT, rolloutId: ROLLOUT, champion: CHAMPION, challenger: CHALLENGER, spec: specOf(setting), specHash: 'sha256:spec',
    contract: setting.contract ?? BINARY, contractHash: 'sha256:contract', startedMs: START, startedAtMs: START,
  };
}

export function draft(setting: Setting = {}): AnalysisPlan { return draftPlan(draftInput(setting)); }

/** A plan fixed at once: no pilot. */
export function fixedPlan(setting: Setting = {}): AnalysisPlan {
  const plan = fixPlan(draft({ ...setting, rollout: { ...setting.rollout, pilotCycles: 0 } }), []);
  if (plan === null) throw new Error('not fixed');
  return plan;
}

export function leg(id: string, version: 'champion' | 'challenger', more: Partial<StoredLeg> = {}): StoredLeg {
  return {
    tenantId: TENANT, deploymentUid: DEPLOYMENT, inferenceId: id, alias: null, variantId: version === 'champion' ? CHAMPION : CHALLENGER,
    role: version === 'champion' ? 'champion' : 'shadow', revision: 1, rolloutId: ROLLOUT, atMs: START, eventMs: START, status: 200, error: null, latencyMs: 10,
    assignmentPer10k: 10_000, leaseLost: false, unscored: null, rulingMs: START, receivedAtMs: START, predictions: [{ row: 0, score: 0.7, klass: 1 }], offContract: null,
    response: null, request: null, ...more,
  };
}

/** Predictions of a binary model, a row each. */
export function scores(...values: readonly number[]): Pick<StoredLeg, 'predictions'> {
  return { predictions: values.map((score, row) => ({ row, score, klass: score >= 0.5 ? 1 : 0 })) };
}

export function label(id: string, value: number | string | boolean, more: Partial<Label> = {}): Label {
  return { tenantId: TENANT, deploymentUid: DEPLOYMENT, inferenceId: id, row: 0, value, labelMs: START + DAY, receivedAtMs: START + DAY, source: 'test', ...more };
}

export function pairedSums(mean: number, more: Partial<PairedSums> = {}): PairedSums {
  return { kind: 'paired', n: 50, needed: 10, labelled: 10, pairs: 50, mean, m2: 1, min: -1, max: 1, championMean: 0.5, challengerMean: 0.5 + mean, scored: 50, ...more };
}

export function rateSums(shadow: { n: number; bad: number }, more: Partial<RateSums> = {}): RateSums {
  const none = { n: 0, bad: 0 };
  return { kind: 'rate', champion: { n: shadow.n, bad: 0 }, challengerShadow: shadow, challengerServing: none, championShadow: none, ...more };
}

export function block(plan: AnalysisPlan, metric: string, slot: number, sums: MicroBlock['sums']): MicroBlock {
  const tauMs = ([...plan.metrics, ...plan.segments?.metrics ?? []].find(({ name }) => name === placeOf(metric).line) ?? plan.metrics.find(({ kind }) => kind === 'rate'))?.tauMs ?? 1;
  return { tenantId: TENANT, rolloutId: ROLLOUT, metric, slot, fromMs: slot * tauMs, toMs: (slot + 1) * tauMs, state: 'sealed', sums, sealedAtMs: 0 };
}

/** Blocks of one paired metric, one a slot, from the first slot of evidence on. */
export function series(plan: AnalysisPlan, metric: string, means: readonly number[], more: Partial<PairedSums> = {}): readonly MicroBlock[] {
  const tauMs = plan.metrics.find(({ name }) => name === metric)?.tauMs ?? 1;
  const first = (plan.evidenceFromMs ?? START) / tauMs;
  return means.map((mean, i) => block(plan, metric, first + i, pairedSums(mean, more)));
}

/** A mean for each day, in all of the day's slots. */
export function daily(plan: AnalysisPlan, metric: string, means: readonly number[], more: Partial<PairedSums> = {}): readonly MicroBlock[] {
  const planned = plan.metrics.find(({ name }) => name === metric);
  return series(plan, metric, means.flatMap((mean) => Array.from({ length: plan.cycleMs / (planned?.tauMs ?? 1) }, () => mean)), more);
}

/** Every guardrail with enough good requests to pass. */
export function healthy(plan: AnalysisPlan, n = 2_000): readonly MicroBlock[] {
  return plan.metrics.filter(({ kind }) => kind === 'rate').map(({ name, tauMs }) => block(plan, name, Math.floor(START / tauMs), rateSums({ n, bad: 0 })));
}

const score = fc.double({ min: 0, max: 1, noNaN: true });
const answers = fc.record({ rows: fc.array(score, { minLength: 1, maxLength: 3 }), latencyMs: fc.integer({ min: 1, max: 600 }) });
const faults = fc.constantFrom<Partial<StoredLeg>>(
  {}, {}, {}, { error: 'timeout', status: 0, predictions: [] }, { error: 'status', status: 500, predictions: [] }, { error: 'status', status: 400, predictions: [] },
  { offContract: 'non-finite', predictions: [] }, { unscored: 'too-large', predictions: [] }, { predictions: [{ row: 0, score: Number.NaN, klass: Number.NaN }] },
);

/** One version's leg of a request: an answer, or one of the ways to have none. */
export function legArbitrary(id: string, version: 'champion' | 'challenger'): fc.Arbitrary<StoredLeg> {
  return fc.record({ answer: answers, fault: faults, serving: fc.boolean() }).map(({ answer, fault, serving }) =>
    leg(id, version, { ...scores(...answer.rows), latencyMs: answer.latencyMs, role: serving ? version : 'shadow', ...fault }));
}

export interface Slice { readonly legs: readonly StoredLeg[]; readonly labels: readonly Label[] }

/** What a slot may hold: requests with one or both legs, and some of their outcomes. */
export const slices: fc.Arbitrary<Slice> = fc.array(fc.nat(), { minLength: 0, maxLength: 12 }).chain((picks) => fc.tuple(...picks.map((_, i) => requestArbitrary(`inf_${String(i).padStart(2, '0')}`))))
  .map((requests) => ({ legs: requests.flatMap(({ legs }) => legs), labels: requests.flatMap(({ labels }) => labels) }));

function requestArbitrary(id: string): fc.Arbitrary<Slice> {
  return fc.record({
    champion: fc.option(legArbitrary(id, 'champion')), challenger: fc.option(legArbitrary(id, 'challenger')),
    outcomes: fc.array(fc.constantFrom<number | boolean | string>(0, 1, true, 'no outcome'), { maxLength: 3 }),
  }).map(({ champion, challenger, outcomes }) => ({ legs: [champion, challenger].filter((one) => one !== null), labels: outcomes.map((value, row) => label(id, value, { row })) }));
}

/** For toThrow: an error of the catalogue with this code. */
export function withCode(code: string): Error { return expect.objectContaining({ code }) as Error; }
