import { draftPlan, planProblems } from '../../../domain/analysis/drafting.ts';
import { isComparable, planFromEarlier, type Comparing } from '../../../domain/analysis/earlier-rollouts.ts';
import { spentBy } from '../../../domain/analysis/false-promotions.ts';
import { chanceOfProof, forecastOf, trafficOf } from '../../../domain/analysis/forecast.ts';
import { learnt, type Lesson } from '../../../domain/analysis/learning.ts';
import { METRICS } from '../../../domain/analysis/metrics/index.ts';
import type { AnalysisPlan, MetricPlan } from '../../../domain/analysis/plan.ts';
import { fixPlan } from '../../../domain/analysis/planning.ts';
import { normals } from '../../../domain/analysis/stats/seeded-random.ts';
import { fromBlocks, isTaught } from '../../../domain/analysis/tuning.ts';
import type { DeploymentSpec } from '../../../domain/deployment.ts';
import { BINARY, block, CHALLENGER, DAY, draft, draftInput, fixedPlan, metricPolicy, pairedSums, series, specOf, START, withCode, type Setting } from '../../support/analysis-arbitraries.ts';

type Spec = DeploymentSpec['spec'];
const file = (setting: Setting = {}, more: Partial<Spec> = {}): DeploymentSpec => { const of = specOf(setting); return { ...of, spec: { ...of.spec, ...more } }; };
const problems = (setting: Setting = {}, more: Partial<Spec> = {}): readonly string[] => planProblems(file(setting, more), BINARY);
const segments = (margin: number): Partial<Spec> => ({ segments: { jsonPath: '$.region', values: ['eu', 'us'], margin } });
const accuracy = (plan: AnalysisPlan): MetricPlan => plan.metrics.find(({ name }) => name === 'accuracy')!;

describe('what cannot be judged is said of each metric, with what would do', () => {
  test('a sound file has no problem', () => { expect(problems()).toEqual([]); });
  test('unknown names are refused with the known ones, and the split itself is none of them', () => {
    const [unknown] = problems({ metrics: [metricPolicy('accuracy'), metricPolicy('acuracy')] });
    expect(unknown).toBe(`metrics[acuracy] is not a metric; known: ${Object.keys(METRICS).filter((name) => name !== 'share').join(', ')}`);
    expect(unknown).not.toMatch(/\bshare\b/);
    expect(problems({ metrics: [metricPolicy('accuracy'), metricPolicy('share')] })).toEqual([expect.stringContaining('metrics[share] is not a metric')]);
  });
  test('a goal of outcomes needs a required metric of outcomes', () => {
    const none = ['goal better needs a required metric that is judged on outcomes'];
    expect(problems({ metrics: [metricPolicy('accuracy', { role: 'guardrail', margin: 0.1 })] })).toEqual(none);
    expect(problems({ metrics: [metricPolicy('errors', { margin: 0.1 })] })).toEqual(none);
    expect(problems({ metrics: [metricPolicy('nothing')] })).toEqual([...none, expect.stringContaining('metrics[nothing] is not a metric')]);
    expect(problems({ metrics: [], rollout: { goal: 'healthy' } })).toEqual([]);
  });
  test('a margin that no version could be worse by guards nothing', () => {
    expect(problems({ metrics: [metricPolicy('accuracy', { margin: 1 })] })).toEqual(['metrics[accuracy].margin is 1, and no version could be worse by more than 1: it would guard nothing']);
    expect(problems({ metrics: [metricPolicy('accuracy', { margin: 0.99 }), metricPolicy('errors', { role: 'guardrail', margin: 1 })] })).toEqual([]);
    expect(problems({}, segments(1))).toEqual(['segments.margin is 1, and no version could be worse by more than 1 in accuracy: it would guard nothing']);
    expect(problems({}, segments(0.99))).toEqual([]);
    expect(problems({ metrics: [metricPolicy('nothing')] }, segments(1))).toHaveLength(2);
    expect(problems({ metrics: [], rollout: { goal: 'healthy' } }, segments(1))).toEqual([]);
  });
  test('split traffic has no pairs, and outcomes need labels', () => {
    expect(problems({ metrics: [metricPolicy('accuracy'), metricPolicy('disagreement', { role: 'guardrail', margin: 0.1 })], rollout: { compare: 'split' } })).toEqual(['metrics[disagreement] needs the answers of both versions to one request, and traffic is split']);
    expect(problems({ metrics: [metricPolicy('accuracy'), metricPolicy('disagreement', { role: 'guardrail', margin: 0.1 })] })).toEqual([]);
    expect(problems({ labels: null })).toEqual(['metrics[accuracy] is judged on outcomes, and there are no labels']);
    const rates = problems({ labels: null, metrics: [metricPolicy('errors', { role: 'guardrail', margin: 0.1 })], rollout: { goal: 'healthy' } });
    expect(rates).toEqual([]);
  });
  test('metrics of whole slots need every outcome', () => {
    const labels = { ...specOf().spec.labels!, sampling: { least: 0.2 } };
    expect(problems({ labels, metrics: [metricPolicy('auc')] })).toEqual(['metrics[auc] needs every outcome, and labels.sampling takes some; judge by accuracy, brier, an error or value']);
    expect(problems({ labels, metrics: [metricPolicy('accuracy')] })).toEqual([]);
    expect(accuracy(draft({ labels })).range).toEqual({ lo: -5, hi: 5 });
    // What needs no outcome is not sampled.
    expect(draft({ labels, metrics: [metricPolicy('accuracy'), metricPolicy('disagreement', { role: 'guardrail', margin: 0.1 })] }).metrics.find(({ name }) => name === 'disagreement')!.range).toEqual(draft({ metrics: [metricPolicy('accuracy'), metricPolicy('disagreement', { role: 'guardrail', margin: 0.1 })] }).metrics.find(({ name }) => name === 'disagreement')!.range);
  });
  test('a draft of such a file is refused with all of its problems', () => {
    const input = { ...draftInput(), spec: file({ metrics: [metricPolicy('one'), metricPolicy('two')] }) };
    const all = planProblems(input.spec, BINARY);
    expect(() => draftPlan(input)).toThrow(withCode('LM_INVALID_SPEC'));
    expect(() => draftPlan(input)).toThrow(expect.objectContaining({ message: `Nothing can be judged: ${all.join('; ')}.`, details: { problems: all } }) as Error);
  });
});

describe('a draft', () => {
  test('holds what the file says, and leaves out what it does not', () => {
    for (const absent of ['field', 'compare', 'provisional', 'segments', 'sampling', 'external']) expect(draft()).not.toHaveProperty(absent);
    expect(accuracy(draft())).not.toHaveProperty('quantile');
    expect(accuracy(draft())).not.toHaveProperty('marginMoney');
    expect(draftPlan({ ...draftInput(), field: [CHALLENGER, 'var_b'] }).field).toEqual([CHALLENGER, 'var_b']);
    expect(draft({ rollout: { compare: 'split', provisional: { minCycles: 3 } } })).toMatchObject({ compare: 'split', provisional: { minCycles: 3 } });
  });
  test('is split by a key where the file names one, in a header or in the body', () => {
    const routed = (routing: Spec['routing']) => draftPlan({ ...draftInput(), spec: file({}, { routing }) }).splitBy;
    expect([routed({ stickyHeader: null, stickyJsonPath: null }), routed({ stickyHeader: 'x-user', stickyJsonPath: null }), routed({ stickyHeader: null, stickyJsonPath: '$.user' })]).toEqual(['request', 'key', 'key']);
  });
  test('segments take the primary metric at a margin of their own, over its whole range', () => {
    const { segments: of } = draftPlan({ ...draftInput(), spec: file({ metrics: [metricPolicy('accuracy', { lossBound: 0.3 })] }, segments(0.2)) });
    expect(of).toMatchObject({ jsonPath: '$.region', metrics: ['eu', 'us'].map((value) => ({ name: `accuracy@${value}`, role: 'guardrail', margin: 0.2, lossBound: 1 })) });
    expect(() => draftPlan({ ...draftInput(), spec: file({ metrics: [], rollout: { goal: 'healthy' } }, segments(0.2)) })).toThrow(/segments without a required metric/);
  });
  test.each([[DAY, DAY / 4], [4_000, 1_000], [3_000, 1_000], [2_000, 1_000], [1_001, 1_001], [1_500, 1_500], [500, 500]])('a cycle of %i ms is cut into slots of %i ms', (cycleMs, tauMs) => {
    expect(accuracy(draft({ rollout: { cycleMs } })).tauMs).toBe(tauMs);
  });
});

describe('a rollout teaches another', () => {
  const now: Comparing = { plan: draft(), spec: specOf() };
  const comparable = (more: Partial<AnalysisPlan>, metric: Partial<MetricPlan> = {}, samplePer10k = 10_000): boolean => isComparable(now, {
    plan: { ...now.plan, ...more, metrics: (more.metrics ?? now.plan.metrics).map((one) => (one.kind === 'paired' ? { ...one, ...metric } : one)) }, spec: specOf({ rollout: { shadow: { samplePer10k, maxMs: DAY } } }),
  });
  test('only where it was compared alike, in every respect', () => {
    expect(comparable({})).toBe(true);
    const others: Partial<AnalysisPlan>[] = [{ tenantId: 'b' }, { deploymentUid: 'dep_2' }, { contractHash: 'c' }, { clock: 'gateway' }, { cycleMs: 2 * DAY }, { maturityMs: 2 * DAY }, { compare: 'split' }, { metrics: [] }];
    expect(others.map((other) => comparable(other))).toEqual(others.map(() => false));
    const metrics: Partial<MetricPlan>[] = [{ name: 'brier' }, { kind: 'rate' }, { clock: 'gateway' }, { tauMs: 5 }, { range: { lo: -2, hi: 1 } }, { range: { lo: -1, hi: 2 } }, { quantile: 0.5 }];
    expect(metrics.map((metric) => comparable({}, metric))).toEqual(metrics.map(() => false));
    expect(comparable({}, {}, 5_000)).toBe(false);
  });
  const z = normals(5);
  const noise = Array.from({ length: 60 }, () => 0.05 * z());
  const earlier = (n: number, means: readonly number[]) => ({ plan: { ...draft(), rolloutId: `dep_1/${String(n)}` }, blocks: series(draft(), 'accuracy', means).map((one) => ({ ...one, rolloutId: `dep_1/${String(n)}` })) });
  const later: AnalysisPlan = { ...draft(), rolloutId: 'dep_1/9', startedMs: START + 100 * DAY };
  test('one without a whole cycle is not named among those learnt from', () => {
    expect(planFromEarlier(later, [earlier(1, noise), earlier(2, noise.slice(0, 2)), earlier(3, [])])?.learntFrom).toEqual(['dep_1/1']);
    expect(planFromEarlier(later, [earlier(1, noise), earlier(2, noise.slice(0, 4))])?.learntFrom).toEqual(['dep_1/1', 'dep_1/2']);
  });
});

describe('tuning', () => {
  const plan = draft();
  const lesson = (teachers: Lesson['teachers'], more: Partial<Lesson> = {}): Lesson => ({ from: 'pilot', teachers, witnesses: [], evidenceFromMs: START, ...more });
  const run = (means: readonly number[]) => series(plan, 'accuracy', means);
  const noise = (count: number, seed = 3): number[] => { const z = normals(seed); return Array.from({ length: count }, () => 0.04 * z()); };
  test('eight means of blocks or of slots teach a spread, seven do not; every teacher must have them', () => {
    expect(learnt(plan, accuracy(plan), lesson([run(noise(8))]))).toMatchObject({ plannedFrom: 'pilot' });
    expect(learnt(plan, accuracy(plan), lesson([run(noise(7))]))).toMatchObject({ plannedFrom: 'full-range', lossBound: 1 });
    expect(learnt(plan, accuracy(plan), lesson([run(noise(40)), run(noise(7))]))).toMatchObject({ plannedFrom: 'full-range' });
  });
  test('blocks are as short as their means hang together little; too few say nothing of that', () => {
    expect(learnt(plan, accuracy(plan), lesson([run(noise(16))]))).toMatchObject({ blockSlots: expect.any(Number) as number, lag1: expect.any(Number) as number });
    expect(learnt(plan, accuracy(plan), lesson([run(noise(15))]))!.blockSlots).toBe(4);
    const waves = Array.from({ length: 80 }, (_, i) => 0.1 * Math.sin(i / 12));
    expect(learnt(plan, accuracy(plan), lesson([run(waves)]))).toMatchObject({ blockSlots: 4 });
    expect(learnt(plan, accuracy(plan), lesson([run(waves)]))!.lag1!).toBeGreaterThan(0.5);
  });
  test('as many blocks are planned for as the horizon leaves, from eight to a hundred', () => {
    const blocks = (days: number): number => { const of = draft({ rollout: { horizonMs: days * DAY } }); return learnt(of, { ...accuracy(of), blockSlots: 4 }, lesson([series(of, 'accuracy', noise(15))], { evidenceFromMs: START + 3 * DAY }))!.plannedBlocks!; };
    expect([blocks(400), blocks(44), blocks(12), blocks(5)]).toEqual([100, 40, 8, 8]);
  });
  const range = { lo: -1, hi: 1 };
  test('blocks that hardly moved teach nothing, nor do those of which one bad one makes all the range', () => {
    expect(isTaught({ spread: 0.02 / 6, least: 0, greatest: 0 }, range)).toBe(true);
    expect(isTaught({ spread: 0.019 / 6, least: -0.0099, greatest: 0 }, range)).toBe(false);
    expect(isTaught({ spread: 0.01, least: -0.01, greatest: 0 }, range)).toBe(true);
    expect(isTaught({ spread: 0.01, least: -0.5, greatest: 0 }, range)).toBe(false);
    expect(isTaught({ spread: 0.01, least: -0.49, greatest: 0 }, range)).toBe(true);
    expect(isTaught({ spread: 1 / 6, least: -0.5, greatest: 0 }, range)).toBe(true);
    expect(isTaught({ spread: 0.03, least: 0, greatest: 0 }, { lo: -10, hi: 10 })).toBe(false);
  });
  test('the bound is twice the worst, six deviations, or a fiftieth of the range: whichever is most', () => {
    const of = (spread: number, least: number, which = range) => fromBlocks({ spread, least, greatest: 0, from: 'pilot', range: which, declared: null, blocks: 40 }).lossBound;
    expect([of(0.01, -0.2), of(0.05, -0.01), of(0.001, 0), of(0.1, -0.9), of(0.001, 0, { lo: -10, hi: 10 })]).toEqual([0.4, expect.closeTo(0.3, 12), 0.02, 1, 0.2]);
  });
  test('the pilot of a field ends with the slowest, and each of them needs all of its cycles', () => {
    const field = draftPlan({ ...draftInput({ rollout: { pilotCycles: 3 } }), field: [CHALLENGER, 'var_b'] });
    const days = (line: string, from: number, count: number) => Array.from({ length: count * 4 }, (_, i) => block(field, line, (START + from * DAY) / (DAY / 4) + i, pairedSums(0.01 * (i % 3))));
    expect(fixPlan(field, [...days('accuracy', 0, 3), ...days('accuracy~1', 2, 3)])?.evidenceFromMs).toBe(START + 5 * DAY);
    expect(fixPlan(field, [...days('accuracy', 0, 3), ...days('accuracy~1', 0, 2)])).toBeNull();
    expect(fixPlan(field, days('accuracy', 0, 3))).toBeNull();
  });
});

describe('a forecast', () => {
  const metric = { ...accuracy(fixedPlan()), centreCap: 0.05, vOpt: 0.02, lossBound: 0.3 };
  test('without a spread the bound alone decides; without blocks there is no chance', () => {
    const still = { metric: { ...metric, centreCap: 0 }, engine: 'strict' as const };
    expect([chanceOfProof(still, 0.9, 400), chanceOfProof(still, 1e-9, 400), chanceOfProof({ metric, engine: 'strict' }, 0.9, 0)]).toEqual([1, 0, 0]);
  });
  test('traffic is counted over the slots from the first to the last, empty ones too', () => {
    const of = fixedPlan();
    const at = (slot: number, pairs: number) => block(of, 'accuracy', slot, pairedSums(0, { pairs }));
    expect(trafficOf([], metric)).toBeNull();
    expect(trafficOf([at(100, 60), at(101, 20), at(103, 20)], metric)).toBeCloseTo(100 / (4 * metric.tauMs), 15);
    expect(trafficOf([at(7, 60)], metric)).toBeCloseTo(60 / metric.tauMs, 15);
  });
  test('where traffic is unknown requests are, and the days stand', () => {
    const of = { ...fixedPlan(), metrics: [metric] };
    const [known] = forecastOf(of, { horizonMs: 60 * DAY, alpha: 0.05, hasPilot: false, marginOf: () => 0, requestsPerMs: 1 / 1_000 });
    const [unknown] = forecastOf(of, { horizonMs: 60 * DAY, alpha: 0.05, hasPilot: false, marginOf: () => 0, requestsPerMs: null });
    expect(unknown).toEqual({ ...known, requests: null, requestsToProof: null });
    expect(known!.requests).toBe(Math.round((known!.blocks * known!.blockMs) / 1_000));
    const [hopeless] = forecastOf(of, { horizonMs: 2 * DAY, alpha: 0.05, hasPilot: false, marginOf: () => 0, requestsPerMs: 1 });
    expect(hopeless).toMatchObject({ detectable: null, days: null, requestsToProof: null });
  });
});

test('a rollout spends the largest of its levels', () => {
  expect(spentBy({ rolloutId: 'dep_1/1', startedAtMs: 5, metrics: [{ alpha: 0.01 }, { alpha: 0.04 }, { alpha: 0.02 }] })).toEqual({ rolloutId: 'dep_1/1', atMs: 5, alpha: 0.04 });
});
