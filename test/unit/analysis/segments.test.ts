import type { MicroBlock } from '../../../domain/analysis/blocks.ts';
import { evidenceOf } from '../../../domain/analysis/evidence.ts';
import { foldedMetrics, foldMetric } from '../../../domain/analysis/fold.ts';
import { judge } from '../../../domain/analysis/judge.ts';
import type { AnalysisPlan } from '../../../domain/analysis/plan.ts';
import { fixPlan } from '../../../domain/analysis/planning.ts';
import { labelsAsOfMs } from '../../../domain/analysis/sealing.ts';
import { partsOfLine, segmentLine } from '../../../domain/analysis/segments.ts';
import type { Verdict } from '../../../domain/analysis/verdict.ts';
import { normals } from '../../../domain/analysis/stats/seeded-random.ts';
import { draftPlan, planProblems } from '../../../domain/analysis/drafting.ts';
import { BINARY, block, CONFUSION, DAY, draftInput, healthy, label, leg, metricPolicy, pairedSums, scores, series, specOf, START } from '../../support/analysis-arbitraries.ts';

function planWith(values: readonly string[], { margin = 0.05, pilotCycles = 0 } = {}): AnalysisPlan {
  const spec = specOf({ metrics: [metricPolicy('accuracy')], rollout: { pilotCycles } });
  const draft = draftPlan({ ...draftInput(), spec: { ...spec, spec: { ...spec.spec, segments: { jsonPath: '$.parameters.region', values, margin } } } });
  return pilotCycles > 0 ? draft : fixPlan(draft, [])!;
}
const plan = planWith(['eu', 'us']);
const line = (segment: string): string => segmentLine('accuracy', segment);
const days = (of: AnalysisPlan, metric: string, mean: number, n = 60): MicroBlock[] => Array.from({ length: n * 4 }, (_, i) => block(of, metric, of.evidenceFromMs! / (DAY / 4) + i, pairedSums(mean)));
const ask = (of: AnalysisPlan, blocks: readonly MicroBlock[]): Verdict => judge({ plan: of, evidence: evidenceOf([...blocks, ...healthy(of)]), progress: null, value: CONFUSION, rulingMs: START + 100 * DAY, atMs: 1, n: 1 });

test('a line is named after metric and segment, and is read back whatever the segment is called', () => {
  for (const segment of ['eu', 'North America', 'a@b', 'ä/%']) {
    expect(segmentLine('accuracy', segment)).not.toContain(' ');
    expect(partsOfLine(segmentLine('accuracy', segment))).toEqual({ metric: 'accuracy', segment });
  }
  expect(partsOfLine('accuracy')).toEqual({ metric: 'accuracy', segment: null });
});

test('a plan has the primary metric once for each segment; the collector folds and seals them like it', () => {
  expect(plan.segments!.metrics.map(({ name, margin, kind }) => [name, margin, kind])).toEqual([['accuracy@eu', 0.05, 'paired'], ['accuracy@us', 0.05, 'paired']]);
  expect(foldedMetrics(plan)).toEqual(['accuracy', 'errors', 'off-contract', 'latency', 'accuracy@eu', 'accuracy@us', 'share']);
  expect(labelsAsOfMs(plan, 'accuracy@eu', 5)).toBe(labelsAsOfMs(plan, 'accuracy', 5));
});

test('a segment is folded of its own requests; only the serving leg knows it', () => {
  const legs = ['eu', 'us', 'eu', undefined].flatMap((segment, i) => [
    leg(`inf_${i}`, 'champion', { ...scores(0.9), ...(segment === undefined ? {} : { segment }) }), leg(`inf_${i}`, 'challenger', scores(i === 0 ? 0.1 : 0.9)),
  ]);
  const labels = legs.map(({ inferenceId }) => label(inferenceId, 1));
  const of = (metric: string) => foldMetric({ metric, plan, contract: BINARY, value: null, legs, labels });
  expect(of('accuracy')).toMatchObject({ pairs: 4, mean: -0.25 });
  expect(of(line('eu'))).toMatchObject({ pairs: 2, mean: -0.5 });
  expect(of(line('us'))).toMatchObject({ pairs: 1, mean: 0 });
});

test('a gain on average that is harm in one segment is rolled back, by name and with its numbers', () => {
  const verdict = ask(plan, [...days(plan, 'accuracy', 0.4), ...days(plan, line('eu'), 0.6), ...days(plan, line('us'), -0.6)]);
  expect(verdict).toMatchObject({ kind: 'rollback', reasons: [{ code: 'segment', metric: 'accuracy', text: expect.stringMatching(/^accuracy for us: challenger minus champion is -0\.6 right answers per request over 60 blocks, proved to be worse than -0\.05 there/) as string }] });
  expect(verdict.segments!.map(({ segment, state }) => [segment, state])).toEqual([['eu', 'open'], ['us', 'worse']]);
  expect(verdict.segments![1]!.upper!).toBeLessThan(-0.05);
  expect(ask(plan, [...days(plan, 'accuracy', 0.4), ...days(plan, line('eu'), 0.6), ...days(plan, line('us'), 0.1)])).toMatchObject({ kind: 'promote' });
});

test('the evidence hash covers segments, and a verdict names how far it saw of them', () => {
  const blocks = [...days(plan, 'accuracy', 0.4), ...days(plan, line('eu'), 0.4), ...days(plan, line('us'), 0.1)];
  const verdict = ask(plan, blocks);
  expect(ask(plan, [...blocks].reverse())).toEqual(verdict);
  expect(ask(plan, [...days(plan, 'accuracy', 0.4), ...days(plan, line('eu'), 0.4), ...days(plan, line('us'), 0.11)]).evidenceHash).not.toBe(verdict.evidenceHash);
  expect(verdict.seenTo).toMatchObject({ 'accuracy@us': verdict.seenTo!.accuracy });
});

test('a declared segment without data is never passed; what is not excluded is said', () => {
  const one = [...days(plan, 'accuracy', 0.4), ...days(plan, line('eu'), 0.4)];
  expect(ask(plan, one)).toMatchObject({ kind: 'collecting', reasons: [{ code: 'no-data', text: expect.stringContaining('accuracy for us: no whole cycle') as string }] });
  const short = days(plan, line('us'), 0.4).map((each) => ({ ...each, state: 'short' as const }));
  expect(ask(plan, [...one, ...short]).kind).toBe('collecting');
  const few = ask(plan, [...one, ...days(plan, line('us'), 0.01, 5)]);
  expect(few.kind).toBe('promote');
  expect(few.notMeasured.join()).toMatch(/accuracy for us: harm was not found there, and being worse by less than [0-9.]+ is not excluded \(its margin is 0\.05\)/);
});

test('blocks of segments that are no numbers prove nothing', () => {
  const broken = days(plan, line('us'), 0.4).map((each) => ({ ...each, sums: pairedSums(NaN) }));
  expect(ask(plan, [...days(plan, 'accuracy', 0.4), ...days(plan, line('eu'), 0.4), ...broken])).toMatchObject({ kind: 'collecting', segments: [{ state: 'open' }, { state: 'no-data', estimate: null, logEWorse: null }] });
});

test('segments are cut and tuned as the pilot taught all of the traffic, and keep the whole range', () => {
  const draft = planWith(['eu', 'us'], { pilotCycles: 10 });
  const z = normals(4);
  const fixed = fixPlan(draft, series(draft, 'accuracy', Array.from({ length: 40 }, () => 0.01 * z())))!;
  const [base] = fixed.metrics;
  for (const metric of fixed.segments!.metrics) expect(metric).toMatchObject({ blockSlots: base!.blockSlots, centreCap: base!.centreCap, vOpt: base!.vOpt, margin: 0.05, lossBound: 1 });
  expect(ask(draft, []).segments).toMatchObject([{ state: 'no-data' }, { state: 'no-data' }]);
});

test('a margin that no segment could exceed guards nothing and is refused', () => {
  const { spec, ...rest } = specOf({ metrics: [metricPolicy('accuracy')] });
  const of = (margin: number) => planProblems({ ...rest, spec: { ...spec, segments: { jsonPath: '$.x', values: ['a'], margin } } }, BINARY);
  expect(of(0.5)).toEqual([]);
  expect(of(1)).toEqual(['segments.margin is 1, and no version could be worse by more than 1 in accuracy: it would guard nothing']);
});
