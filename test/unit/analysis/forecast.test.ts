import { chanceOfProof, forecastOf, type MetricForecast } from '../../../domain/analysis/forecast.ts';
import { forecastNote, marginOf, shadowNote } from '../../../domain/analysis/forecast-note.ts';
import type { AnalysisPlan, MetricPlan } from '../../../domain/analysis/plan.ts';
import { lowerBound } from '../../../domain/analysis/stats/block-means.ts';
import { sampleMetric, samplePlan, sampleSpec } from '../../../conformance/stores/samples.ts';
import { asymptoticLowerBound, spreadOfMean } from '../../../domain/analysis/stats/asymptotic-blocks.ts';
import { normals } from '../../../domain/analysis/stats/seeded-random.ts';
import { metricName } from '../../../domain/metric-names.ts';
import { metricPolicy } from '../../support/analysis-arbitraries.ts';

const DAY = 86_400_000;
const metric: MetricPlan = { ...sampleMetric(0.05), name: 'accuracy', kind: 'paired', role: 'required', margin: 0, tauMs: DAY / 4, blockSlots: 4, range: { lo: -1, hi: 1 }, lossBound: 0.3, centreCap: 0.05, vOpt: (0.05 ** 2 * 30) / 4, plannedFrom: 'pilot' };
const plan = (of: Partial<AnalysisPlan> = {}): AnalysisPlan => samplePlan({ tenant: 'default', other: 'other', uid: 'dep_1', id: 'forecast' }, { state: 'fixed', cycleMs: DAY, maturityMs: DAY, pilotCycles: 10, metrics: [metric, sampleMetric(0.05)], ...of });
const forecast = (horizonDays: number, of: Partial<AnalysisPlan> = {}) => forecastOf(plan(of), { horizonMs: horizonDays * DAY, alpha: 0.05, hasPilot: false, marginOf: () => 0, requestsPerMs: 1_000 / DAY });

/** The judge's own bound on block means that spread like that: the chance by formula is a little low, since V of few blocks varies. */
test('the chance of a proof is what the judge does on simulated blocks', () => {
  const runs = 600;
  for (const [effect, blocks] of [[0.03, 20], [0.05, 20], [0.03, 40], [0.07, 15]] as const) {
    const z = normals(blocks * 1_000 + Math.round(effect * 100));
    const proved = Array.from({ length: runs }, () => lowerBound(Array.from({ length: blocks }, () => effect + 0.05 * z()), metric, 0.05) > 0).filter(Boolean).length / runs;
    expect(Math.abs(chanceOfProof({ metric, engine: 'strict' }, effect, blocks) - proved)).toBeLessThan(0.1);
  }
});

test('a longer horizon finds smaller differences, and half a chance needs less than four fifths', () => {
  const [month] = forecast(31);
  const [year] = forecast(366);
  expect(month).toMatchObject({ metric: 'accuracy', blocks: 29, blockMs: DAY, spread: 0.05 });
  expect(year!.detectable!).toBeLessThan(month!.detectable!);
  expect(month!.evenOdds!).toBeLessThan(month!.detectable!);
  expect(chanceOfProof({ metric, engine: 'strict' }, month!.detectable!, 29)).toBeCloseTo(0.8, 2);
  expect(month!.days!).toBeLessThanOrEqual(29);
});
test('guardrails are no part of it; a pilot that is still to come takes its cycles', () => {
  expect(forecast(31)).toHaveLength(1);
  expect(forecastOf(plan(), { horizonMs: 31 * DAY, alpha: 0.05, hasPilot: true, marginOf: () => 0, requestsPerMs: null })[0]?.blocks).toBe(19);
});
test('what could never tell is said, with what would help', () => {
  const { spec } = sampleSpec();
  const [none] = forecast(2);
  expect(none).toMatchObject({ blocks: 0, detectable: null, days: null });
  expect(forecastNote(none!, spec, 3)).toMatch(/no block of evidence ends before the horizon.*Lengthen rollout\.horizon/);
  const wide = { ...metric, lossBound: 1, centreCap: 1 / 6, vOpt: 0.2 };
  const [blind] = forecast(4, { metrics: [wide] });
  expect(blind?.detectable).toBeNull();
  expect(forecastNote(blind!, spec, 3)).toMatch(/such a rollout could not tell/);
  expect(forecastNote(forecast(31)[0]!, { ...spec, rollout: { ...spec.rollout, goal: 'better' } }, 3)).toMatch(/^accuracy, by what rollout 3 taught: a challenger that is better than the champion by 0\.\d+ right answers per request or more is found with a chance of 80 % in the 29 blocks before the horizon/);
});

test('engine fast finds smaller differences from its burn-in on, as its bound does on simulated blocks, and cannot be better before', () => {
  expect(forecast(61, { engine: 'fast' })[0]!.detectable!).toBeLessThan(forecast(61)[0]!.detectable! * 0.8);
  expect(forecast(20, { engine: 'fast' })[0]!.detectable!).toBeGreaterThan(forecast(20)[0]!.detectable!);
  expect(forecast(61, { engine: 'fast', metrics: [{ ...metric, proof: 'full' }] })).toEqual(forecast(61, { metrics: [{ ...metric, proof: 'full' }] }));
  const z = normals(9);
  const proved = Array.from({ length: 600 }, () => (asymptoticLowerBound(spreadOfMean(Array.from({ length: 40 }, () => 0.03 + 0.05 * z())), { nStar: 100, alpha: 0.045 }) ?? -1) > 0).filter(Boolean).length / 600;
  expect(Math.abs(chanceOfProof({ metric: { ...metric, plannedBlocks: 100 }, engine: 'fast' }, 0.03, 40) - proved)).toBeLessThan(0.1);
});

test('requests are by the traffic seen, and equal versions end without a proof unless the margin leaves room', () => {
  const [month] = forecast(31);
  expect(month).toMatchObject({ requests: 29_000, inconclusiveIfEqual: expect.any(Number) as number });
  expect(month!.requestsToProof!).toBeLessThanOrEqual(29_000);
  expect(month!.inconclusiveIfEqual).toBeGreaterThan(0.95);
  const roomy = forecastOf(plan(), { horizonMs: 31 * DAY, alpha: 0.05, hasPilot: false, marginOf: () => 0.1, requestsPerMs: null })[0]!;
  expect([roomy.requests, roomy.requestsToProof]).toEqual([null, null]);
  expect(roomy.inconclusiveIfEqual).toBeLessThan(0.05);
});

describe('in words', () => {
  const { spec } = sampleSpec();
  const of: MetricForecast = { metric: 'accuracy', blocks: 29, blockMs: DAY, spread: 0.05, evenOdds: 0.0212, detectable: 0.0345, days: 17, requests: 29_000, requestsToProof: 17_000, inconclusiveIfEqual: 0.951 };
  const better: typeof spec = { ...spec, rollout: { ...spec.rollout, goal: 'better' } };
  test('all that is known, and nothing of what is not', () => {
    expect(forecastNote(of, better, 3)).toBe('accuracy, by what rollout 3 taught: a challenger that is better than the champion by 0.035 right answers per request or more is found with a chance of 80 % in the 29 blocks before the horizon, on average after some 17 days of evidence (about 17,000 of the 29,000 requests that both would answer); 0.021 has even odds. One that is exactly as good ends without this proof with a chance of 95 %.');
    expect(forecastNote({ ...of, days: 1 }, better, 3)).toContain('after some 1 day of evidence');
    for (const less of [{ requests: null }, { requestsToProof: null }]) expect(forecastNote({ ...of, ...less }, better, 3)).toContain('17 days of evidence; 0.021 has');
    expect(forecastNote({ ...of, days: null, requests: null, evenOdds: null }, better, 3)).toContain('before the horizon. One that is exactly');
  });
  test('what could not tell, and how nearly', () => {
    expect(forecastNote({ ...of, detectable: null }, better, 3)).toBe('accuracy, by what rollout 3 taught: hardly any difference would be proved in the 29 blocks before the horizon: such a rollout could not tell. Lengthen rollout.horizon, widen the margin, or give a smaller lossBound.');
    expect(forecastNote({ ...of, detectable: null, evenOdds: null }, better, 3)).toContain('taught: no difference that the metric allows would be proved in the 29 blocks');
    expect(forecastNote({ ...of, blocks: 0 }, better, 3)).toContain('no block of evidence ends before the horizon');
  });
  test('margins: none for the one that must gain, else that of the file, else the usual one', () => {
    const metrics = [metricPolicy('accuracy', { margin: 0.04 }), metricPolicy('brier', { margin: 0.02 })];
    expect([marginOf('accuracy', { ...better, metrics }), marginOf('brier', { ...better, metrics }), marginOf('accuracy', { ...better, metrics, rollout: { ...spec.rollout, goal: 'no-worse' } })]).toEqual([0, 0.02, 0.04]);
    expect([marginOf('errors', { ...better, metrics: [] }), marginOf('accuracy', { ...better, metrics: [] }), marginOf('nobody', { ...better, metrics: [] })]).toEqual([metricName('errors')?.margin?.other, metricName('accuracy')?.margin?.other ?? 0, 0]);
    expect(forecastNote(of, { ...better, metrics, rollout: { ...spec.rollout, goal: 'no-worse' } }, 3)).toContain('a challenger that is above the margin of 0.04 by 0.035');
  });
  test('what shadow costs', () => {
    expect(shadowNote({ requests: 12_345.6, cost: null })).toBe('Shadow copies up to 12,346 requests until the horizon, at the traffic of that rollout; what that costs is not known; say it with value.costPerRequest.');
    expect(shadowNote({ requests: 10, cost: { micros: 2_500_000, currency: 'EUR' } })).toBe('Shadow copies up to 10 requests until the horizon, at the traffic of that rollout; which costs up to EUR 2.50 by value.costPerRequest.');
  });
});
