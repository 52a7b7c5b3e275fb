import type { MicroBlock } from '../../../domain/analysis/blocks.ts';
import { planProblems } from '../../../domain/analysis/drafting.ts';
import { fixPlan } from '../../../domain/analysis/planning.ts';
import type { AnalysisPlan, MetricPlan } from '../../../domain/analysis/plan.ts';
import { normals } from '../../../domain/analysis/stats/seeded-random.ts';
import { BINARY, block, daily, DAY, draft, draftInput, fixedPlan, metricPolicy, pairedSums, REGRESSION, series, specOf, START, withCode } from '../../support/analysis-arbitraries.ts';

const noise = (count: number, seed = 1): number[] => { const normal = normals(seed); return Array.from({ length: count }, () => 0.01 + 0.05 * normal()); };
const metricOf = (plan: AnalysisPlan | null, name = 'accuracy'): MetricPlan => plan!.metrics.find((metric) => metric.name === name)!;

test('a draft has what the file says and the guardrails that are always there', () => {
  const plan = draft();
  expect(plan).toMatchObject({ state: 'draft', evidenceFromMs: null, clock: 'event', cycleMs: DAY, coverage: 0.95, settleMs: DAY / 16, splitBy: 'request' });
  expect(plan.metrics.map(({ name, role, margin, tauMs }) => [name, role, margin, tauMs])).toEqual([
    ['accuracy', 'required', 0, DAY / 4], ['errors', 'guardrail', 0.01, 2_000], ['off-contract', 'guardrail', 0.01, 2_000], ['latency', 'guardrail', 0.05, 2_000],
  ]);
  expect(metricOf(plan)).toMatchObject({ range: { lo: -1, hi: 1 }, blockSlots: 4, lossBound: 1, plannedFrom: 'full-range' });
  expect(draft({ stickyHeader: 'x-user' }).splitBy).toBe('key');
  expect(draft({ metrics: [metricPolicy('errors', { role: 'safety', margin: 0.2 })], rollout: { goal: 'healthy' }, labels: null }).metrics.map(({ name, role }) => [name, role])).toEqual([['errors', 'safety'], ['off-contract', 'guardrail'], ['latency', 'guardrail']]);
});

test('health slots follow the horizon on the gateway clock; paired slots always divide the cycle', () => {
  const tau = (horizonMs: number): number => draft({ labels: null, metrics: [], rollout: { goal: 'healthy', horizonMs } }).metrics[0]!.tauMs;
  expect([tau(1_000), tau(100_000_000), tau(30 * DAY)]).toEqual([1_000, 10_000, 60_000]);
  const paired = (cycleMs: number): number => metricOf(draft({ rollout: { cycleMs } })).tauMs;
  expect([paired(DAY), paired(4_000), paired(3_000), paired(1_500), paired(4_001)]).toEqual([DAY / 4, 1_000, 1_000, 1_500, 4_001]);
});

test('what cannot be judged is refused with every reason', () => {
  const file = specOf({ metrics: [metricPolicy('absolute-error'), metricPolicy('value'), metricPolicy('speed')], value: null });
  expect(planProblems(file, BINARY)).toEqual([
    'metrics[absolute-error] is for regression, and the task is binary; use accuracy', 'metrics[value] needs a value model: value: {currency, payoff}',
    expect.stringMatching(/^metrics\[speed\] is not a metric; known: accuracy, /),
  ]);
  expect(planProblems(specOf({ metrics: [metricPolicy('absolute-error')] }), { ...REGRESSION, range: null })).toEqual([expect.stringContaining('needs contract.range')]);
  expect(planProblems(specOf({ metrics: [metricPolicy('brier')] }), { ...BINARY, score: null })).toEqual([expect.stringContaining('needs contract.score')]);
  expect(planProblems(specOf({ labels: null }), BINARY)).toEqual([expect.stringContaining('there are no labels')]);
  expect(() => draft({ metrics: [metricPolicy('value')], value: null })).toThrow(withCode('LM_INVALID_SPEC'));
  expect(planProblems(specOf({ metrics: [] }), BINARY)).toEqual(['goal better needs a required metric that is judged on outcomes']);
  expect(planProblems(draftInput().spec, BINARY)).toEqual([]);
});

test('the pilot is complete when its last cycle is, whatever comes in the first part of one', () => {
  const started = { ...draft(), startedMs: START - DAY / 2 };
  const means = noise(41);
  expect(fixPlan(started, series(started, 'accuracy', means.slice(0, 39)))).toBeNull();
  expect(fixPlan(started, series(started, 'accuracy', means.slice(0, 40)))).toMatchObject({ state: 'fixed', evidenceFromMs: START + 10 * DAY });
});

test('cycles that were short or empty are no pilot; an empty last slot is settled by a later block', () => {
  const plan = draft();
  const blocks = series(plan, 'accuracy', noise(44)).map((one, i): MicroBlock => (i === 5 ? { ...one, state: 'short' } : one));
  expect(fixPlan(plan, blocks.slice(0, 40))).toBeNull();
  expect(fixPlan(plan, blocks)?.evidenceFromMs).toBe(START + 11 * DAY);
  const withGap = series(plan, 'accuracy', noise(41)).filter((_, i) => i !== 39);
  expect(fixPlan(plan, withGap.slice(0, 39))).toBeNull();
  expect(fixPlan(plan, withGap)?.evidenceFromMs).toBe(START + 10 * DAY);
});

test('independent slots give short blocks; loss bound, cap and tuning come from them', () => {
  const means = noise(40, 2);
  const plan = fixPlan(draft(), series(draft(), 'accuracy', means));
  const mean = means.reduce((a, b) => a + b) / 40;
  const sd = Math.sqrt(means.reduce((sum, x) => sum + (x - mean) ** 2, 0) / 39);
  const metric = metricOf(plan);
  expect(metric).toMatchObject({ blockSlots: 1, plannedFrom: 'pilot' });
  expect(metric.lag1).toBeLessThan(0.1);
  expect(metric.centreCap).toBeCloseTo(sd, 12);
  expect(metric.lossBound).toBeCloseTo(Math.max(6 * sd, -2 * Math.min(...means)), 12);
  expect(metric.vOpt).toBeCloseTo((sd * sd * 100) / 4, 12);
});

test('slots that follow each other make the cycle the block', () => {
  const levels = noise(10).flatMap((level) => [level, level, level, level]);
  expect(metricOf(fixPlan(draft(), series(draft(), 'accuracy', levels)))).toMatchObject({ blockSlots: 4, plannedFrom: 'pilot' });
});

test('a quiet pilot does not promise a silent future; a declared loss bound stands; a thin pilot plans nothing', () => {
  expect(metricOf(fixPlan(draft(), daily(draft(), 'accuracy', Array(10).fill(0) as number[])))).toMatchObject({ lossBound: 0.02, centreCap: 0, plannedFrom: 'pilot' });
  const declared = draft({ metrics: [metricPolicy('accuracy', { lossBound: 0.4 })] });
  expect(metricOf(fixPlan(declared, series(declared, 'accuracy', noise(40))))).toMatchObject({ lossBound: 0.4, plannedFrom: 'declared' });
  const short = draft({ rollout: { pilotCycles: 1 } });
  expect(metricOf(fixPlan(short, series(short, 'accuracy', noise(4))))).toMatchObject({ blockSlots: 4, lossBound: 1, plannedFrom: 'full-range' });
  expect(metricOf(fixedPlan())).toMatchObject({ blockSlots: 4, lossBound: 1, plannedFrom: 'full-range' });
});

test('every paired metric must have its pilot; a healthy rollout needs none; a fixed plan stays', () => {
  const two = draft({ metrics: [metricPolicy('accuracy'), metricPolicy('brier', { margin: 0.01 })] });
  expect(fixPlan(two, series(two, 'accuracy', noise(44)))).toBeNull();
  expect(fixPlan(two, [...series(two, 'accuracy', noise(44)), ...series(two, 'brier', noise(40, 2))])).toMatchObject({ evidenceFromMs: START + 10 * DAY });
  const healthyDraft = draft({ metrics: [], rollout: { goal: 'healthy' }, labels: null });
  expect(fixPlan(healthyDraft, [])).toMatchObject({ state: 'fixed', evidenceFromMs: START });
  const plan = fixedPlan();
  expect(fixPlan(plan, [block(plan, 'accuracy', 0, pairedSums(1))])).toBe(plan);
});
