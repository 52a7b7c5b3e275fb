import { evidenceOf } from '../../../domain/analysis/evidence.ts';
import type { MicroBlock } from '../../../domain/analysis/blocks.ts';
import { blocksToRead, isComparable, planFromEarlier, type Comparing, type EarlierRollout } from '../../../domain/analysis/earlier-rollouts.ts';
import { judge } from '../../../domain/analysis/judge.ts';
import type { AnalysisPlan, MetricPlan } from '../../../domain/analysis/plan.ts';
import { fixPlan } from '../../../domain/analysis/planning.ts';
import { normals } from '../../../domain/analysis/stats/seeded-random.ts';
import { CONFUSION, daily, DAY, draft, healthy, metricPolicy, series, specOf, START, type Setting } from '../../support/analysis-arbitraries.ts';

const noise = (count: number, { seed = 1, mean = 0.01, sd = 0.05 } = {}): number[] => { const normal = normals(seed); return Array.from({ length: count }, () => mean + sd * normal()); };
const metricOf = (plan: AnalysisPlan | null, name = 'accuracy'): MetricPlan => plan!.metrics.find((metric) => metric.name === name)!;
const renumbered = (blocks: readonly MicroBlock[], n: number): readonly MicroBlock[] => blocks.map((one) => ({ ...one, rolloutId: `dep_1/${n}` }));

/** Rollout `n` of the deployment: a slot's mean each, from the first whole cycle on. */
function earlier(n: number, means: readonly number[], setting: Setting = {}): EarlierRollout {
  const plan = { ...draft(setting), rolloutId: `dep_1/${n}` };
  return { plan, blocks: renumbered(series(draft(setting), 'accuracy', means), n) };
}
/** The new comparison begins in the middle of a day, a hundred days later. */
function now(setting: Setting = {}): AnalysisPlan { return { ...draft(setting), rolloutId: 'dep_1/9', startedMs: START + 100.5 * DAY, startedAtMs: START + 100.5 * DAY }; }

test('an earlier rollout stands in for the pilot: evidence counts from the first whole cycle', () => {
  const means = noise(60);
  const plan = planFromEarlier(now(), [earlier(1, means)]);
  expect(plan).toMatchObject({ state: 'fixed', evidenceFromMs: START + 101 * DAY, learntFrom: ['dep_1/1'] });
  const pilot = metricOf(fixPlan(draft({ rollout: { pilotCycles: 15 } }), series(draft(), 'accuracy', means)));
  expect(metricOf(plan)).toEqual({ ...pilot, plannedFrom: 'earlier-rollout' });
  expect(metricOf(plan, 'errors')).toEqual(metricOf(now(), 'errors'));
});

test('of several the worst counts: the widest spread, the worst block of any, the longest block', () => {
  const tame = earlier(3, noise(60, { sd: 0.02 }));
  const wild = earlier(2, noise(60, { seed: 3, sd: 0.04 }));
  const witness = earlier(1, [...noise(7, { sd: 0.01 }), -0.3]);
  const both = metricOf(planFromEarlier(now(), [tame, wild]));
  expect(both.centreCap).toBe(metricOf(planFromEarlier(now(), [wild])).centreCap);
  expect(both.lossBound).toBe(metricOf(planFromEarlier(now(), [wild])).lossBound);
  const warned = planFromEarlier(now(), [tame, wild, witness]);
  expect(warned?.learntFrom).toEqual(['dep_1/3', 'dep_1/2', 'dep_1/1']);
  expect(metricOf(warned)).toEqual({ ...both, lossBound: 0.6 });
  const hanging = earlier(4, noise(15, { sd: 0.03 }).flatMap((level) => [level, level, level, level]));
  expect(metricOf(planFromEarlier(now(), [hanging, tame]))).toMatchObject({ blockSlots: 4 });
  expect(metricOf(planFromEarlier(now(), [tame]))).toMatchObject({ blockSlots: 1 });
});

test('as many cycles as a pilot has, and never fewer than eight; short cycles and those of other metrics do not count', () => {
  expect(planFromEarlier(now(), [])).toBeNull();
  expect(planFromEarlier(now(), [earlier(1, noise(39)), earlier(2, noise(39, { seed: 2 }))])).toBeNull();
  expect(planFromEarlier(now(), [earlier(1, noise(40))])).not.toBeNull();
  const two: Setting = { rollout: { pilotCycles: 2 } };
  expect(planFromEarlier(now(two), [earlier(1, noise(31), two)])).toBeNull();
  expect(planFromEarlier(now(two), [earlier(1, noise(32), two)])).not.toBeNull();
  const { plan, blocks } = earlier(1, noise(40));
  expect(planFromEarlier(now(), [{ plan, blocks: blocks.map((one, i): MicroBlock => (i === 5 ? { ...one, state: 'short' } : one)) }])).toBeNull();
  const money: Setting = { metrics: [metricPolicy('accuracy'), metricPolicy('value')] };
  expect(planFromEarlier(now(money), [earlier(1, noise(60), money)])).toBeNull();
});

test('the oldest of the blocks read may be half a cycle, which is no cycle', () => {
  const { plan, blocks } = earlier(1, noise(44));
  expect(planFromEarlier(now(), [{ plan, blocks: blocks.slice(4) }])).not.toBeNull();
  expect(planFromEarlier(now(), [{ plan, blocks: blocks.slice(5) }])).toBeNull();
  expect(blocksToRead(now(), metricOf(now()))).toBe(400);
});

test('who wants no pilot learns from nobody; a fixed plan stays', () => {
  expect(planFromEarlier(now({ rollout: { pilotCycles: 0 } }), [earlier(1, noise(60))])).toBeNull();
  expect(planFromEarlier(now({ metrics: [], labels: null, rollout: { goal: 'healthy', pilotCycles: 3 } }), [earlier(1, noise(60))])).toBeNull();
  expect(planFromEarlier({ ...now(), state: 'fixed' }, [earlier(1, noise(60))])).toBeNull();
});

test('where the earlier ones hardly differed, or one block makes the bound the whole range, a pilot is asked; a declared bound stands all the same', () => {
  const silent = earlier(1, Array<number>(60).fill(0));
  expect(planFromEarlier(now(), [silent])).toBeNull();
  expect(planFromEarlier(now(), [silent, earlier(2, noise(40))])).not.toBeNull();
  expect(planFromEarlier(now(), [earlier(1, noise(40)), earlier(2, noise(4, { mean: -0.7 }))])).toBeNull();
  expect(metricOf(planFromEarlier(now(), [earlier(1, noise(60, { sd: 0.3 }))]))).toMatchObject({ lossBound: 1, plannedFrom: 'earlier-rollout' });
  const declared: Setting = { metrics: [metricPolicy('accuracy', { lossBound: 0.4 })] };
  expect(metricOf(planFromEarlier(now(declared), [earlier(1, Array<number>(60).fill(0), declared)]))).toMatchObject({ lossBound: 0.4, plannedFrom: 'declared' });
});

const TWO: Setting = { metrics: [metricPolicy('accuracy'), metricPolicy('value')] };
const comparing = (setting: Setting = TWO, change: Partial<AnalysisPlan> = {}): Comparing => ({ plan: { ...draft(setting), rolloutId: 'dep_1/1', ...change }, spec: specOf(setting) });
const changedMetric = (change: Partial<MetricPlan>): Comparing => comparing(TWO, { metrics: draft(TWO).metrics.map((metric) => (metric.name === 'accuracy' ? { ...metric, ...change } : metric)) });

test.each<[string, Comparing]>([
  ['deployment', comparing(TWO, { deploymentUid: 'dep_2' })], ['tenant', comparing(TWO, { tenantId: 'other' })], ['contract', comparing(TWO, { contractHash: 'sha256:other' })],
  ['clock', comparing(TWO, { clock: 'gateway' })], ['cycle', comparing({ ...TWO, rollout: { cycleMs: 2 * DAY } })], ['time for outcomes', comparing(TWO, { maturityMs: 2 * DAY })],
  ['share of requests copied', comparing({ ...TWO, rollout: { shadow: { samplePer10k: 5_000, maxMs: DAY } } })],
  ['metrics', comparing({ metrics: [metricPolicy('value')] })], ['length of slots', changedMetric({ tauMs: DAY / 2 })], ['range', changedMetric({ range: { lo: -2, hi: 1 } })],
  ['kind of metric', changedMetric({ kind: 'rate' })], ['value model', comparing({ ...TWO, value: { ...CONFUSION, currency: 'USD' } })],
])('another %s is another comparison', (_, before) => {
  expect(isComparable(comparing(), before)).toBe(false);
});

test('what does not touch the differences may change: goal, margins, roles, alpha, horizon, and money where it is not judged', () => {
  const loose: Setting = { metrics: [metricPolicy('accuracy', { role: 'guardrail', margin: 0.1 }), metricPolicy('value'), metricPolicy('brier')], rollout: { goal: 'no-worse', alpha: 0.01, horizonMs: DAY } };
  expect(isComparable(comparing(), comparing(loose, { state: 'fixed', challenger: 'var_other', champion: 'var_another' }))).toBe(true);
  const plain: Setting = { metrics: [metricPolicy('accuracy')] };
  expect(isComparable(comparing(plain), comparing({ ...TWO, value: { ...CONFUSION, currency: 'USD' } }))).toBe(true);
});

describe('a challenger wilder than those before it', () => {
  const plan = planFromEarlier(now(), [earlier(2, noise(60, { sd: 0.01 })), earlier(1, noise(40, { seed: 5, sd: 0.02 }))])!;
  const days = (means: readonly number[]): readonly MicroBlock[] => renumbered([...daily(plan, 'accuracy', means), ...healthy(plan)], 9);
  const ask = (means: readonly number[]): ReturnType<typeof judge> => judge({ plan, evidence: evidenceOf(days(means)), progress: null, value: null, rulingMs: START + 200 * DAY, atMs: 1, n: 1 });

  test('is not promoted past the bound it was planned by, however good the rest is', () => {
    const good = Array<number>(60).fill(0.3);
    const promoted = ask(good);
    expect(promoted.kind).toBe('promote');
    expect(promoted.notMeasured).toContainEqual(expect.stringMatching(/^accuracy: that bound was learnt from rollouts 1 and 2, whose challengers were other versions$/));
    expect(ask([...good.slice(0, 59), -0.2])).toMatchObject({ kind: 'inconclusive', reasons: [expect.objectContaining({ code: 'loss-bound' })] });
  });

  test('and teaches the next one, even if it ended after a day', () => {
    const next = { ...now(), rolloutId: 'dep_1/10' };
    const ended: EarlierRollout = { plan, blocks: days([-0.2]).filter(({ metric }) => metric === 'accuracy') };
    expect(metricOf(plan).lossBound).toBeLessThan(0.2);
    expect(metricOf(planFromEarlier(next, [ended, earlier(2, noise(60, { sd: 0.01 }))]))).toMatchObject({ lossBound: 0.4, plannedFrom: 'earlier-rollout' });
  });
});
