import type { MicroBlock } from '../../../domain/analysis/blocks.ts';
import { draftPlan } from '../../../domain/analysis/drafting.ts';
import { evidenceOf } from '../../../domain/analysis/evidence.ts';
import { fieldOf, lineAt, placeOf, planOf } from '../../../domain/analysis/field.ts';
import { foldedMetrics, foldMetric } from '../../../domain/analysis/fold.ts';
import { judge } from '../../../domain/analysis/judge.ts';
import { judgeField, outOf } from '../../../domain/analysis/judge-field.ts';
import { metricPlan } from '../../../domain/analysis/metric-plan.ts';
import { fixPlan } from '../../../domain/analysis/planning.ts';
import { metricClock } from '../../../domain/analysis/sealing.ts';
import { normals } from '../../../domain/analysis/stats/seeded-random.ts';
import type { Verdict } from '../../../domain/analysis/verdict.ts';
import { BINARY, block, CHALLENGER, CONFUSION, DAY, draftInput, label, leg, metricPolicy, pairedSums, rateSums, scores, specOf, START } from '../../support/analysis-arbitraries.ts';

const FIELD = [CHALLENGER, 'var_b', 'var_c'] as const;
const draftOf = (pilotCycles = 0) => draftPlan({ ...draftInput(), field: FIELD, spec: specOf({ metrics: [metricPolicy('accuracy', { lossBound: 0.5 })], rollout: { pilotCycles } }) });
const plan = fixPlan(draftOf(), [])!;
/** The same rollout with one challenger. */
const alone = fixPlan(draftPlan({ ...draftInput(), spec: specOf({ metrics: [metricPolicy('accuracy', { lossBound: 0.5 })], rollout: { pilotCycles: 0 } }) }), [])!;
const ask = (blocks: readonly MicroBlock[], remaining?: readonly string[]): Verdict => judgeField({ plan, evidence: evidenceOf(blocks), progress: null, value: CONFUSION, rulingMs: START + 100 * DAY, atMs: 1, n: 1 }, remaining);
const days = (place: number, mean: number, n = 80): MicroBlock[] => Array.from({ length: n * 4 }, (_, i) => block(plan, lineAt('accuracy', place), plan.evidenceFromMs! / (DAY / 4) + i, pairedSums(mean)));
const well = (place: number): MicroBlock[] => plan.metrics.filter(({ kind }) => kind === 'rate').map(({ name, tauMs }) => block(plan, lineAt(name, place), Math.floor(START / tauMs), rateSums({ n: 3_000, bad: 0 })));

test('lines of the others have their place behind the metric, and are read back', () => {
  expect([lineAt('accuracy', 0), lineAt('accuracy', 2), lineAt('accuracy@eu~1', 1)]).toEqual(['accuracy', 'accuracy~2', 'accuracy~1@eu~1']);
  for (const line of ['accuracy', 'latency-p95', 'accuracy@a~2', 'share']) for (const place of [0, 1, 12]) expect(placeOf(lineAt(line, place))).toEqual({ line, place });
  expect(metricPlan(plan, 'accuracy~2')).toBe(metricPlan(plan, 'accuracy'));
  expect([metricClock(plan, 'share~1'), metricClock(plan, 'accuracy~1')]).toEqual(['gateway', 'ruling']);
  expect(foldedMetrics(plan)).toEqual([0, 1, 2].flatMap((place) => ['accuracy', 'errors', 'off-contract', 'latency', 'share'].map((line) => lineAt(line, place))));
});

test('each is judged by a third of alpha; one alone by all of it', () => {
  expect(planOf(plan, 'var_b')).toMatchObject({ challenger: 'var_b', metrics: plan.metrics.map(({ name, alpha }) => ({ name, alpha: alpha / 3 })), harmAlpha: plan.harmAlpha });
  expect(planOf(alone, CHALLENGER)).toBe(alone);
  expect(fieldOf(alone)).toEqual([CHALLENGER]);
});

test('a slot is folded for each of its own legs', () => {
  const legs = [leg('inf_1', 'champion', scores(0.1)), leg('inf_1', 'challenger', scores(0.1)), { ...leg('inf_1', 'challenger', scores(0.9)), variantId: 'var_b' }];
  const of = (metric: string) => foldMetric({ metric, plan, contract: BINARY, value: null, legs, labels: [label('inf_1', 1)] });
  expect([of('accuracy'), of('accuracy~1'), of('accuracy~2')]).toMatchObject([{ pairs: 1, mean: 0 }, { pairs: 1, mean: 1 }, { pairs: 0 }]);
});

test('the best of those proved goes on, with the others beside it', () => {
  const verdict = ask([...days(0, 0.2), ...well(0), ...days(1, 0.3), ...well(1), ...days(2, 0.01), ...well(2)]);
  expect(verdict).toMatchObject({ kind: 'promote', challenger: 'var_b', field: [{ variantId: CHALLENGER, kind: 'promote' }, { variantId: 'var_b', kind: 'promote' }, { variantId: 'var_c', kind: 'collecting' }] });
  expect(verdict.findings[0]).toMatchObject({ metric: 'accuracy', estimate: expect.closeTo(0.3, 12) as number, alpha: 0.05 / 3 });
  expect(verdict.notMeasured.join()).toContain('chance among 3 challengers');
  expect(outOf(verdict)).toEqual([]);
  expect(verdict.seenTo!['accuracy~2']).toBe(verdict.seenTo!.accuracy);
});

test('whom harm is proved of leaves; one who is left goes on; when nobody is left it is a rollback', () => {
  const harmed = ask([...days(0, -0.4), ...well(0), ...days(1, 0.01, 20), ...well(1)]);
  expect(harmed).toMatchObject({ kind: 'collecting', challenger: 'var_b' });
  expect(outOf(harmed)).toEqual([CHALLENGER]);
  expect(ask([...days(0, -0.4), ...well(0), ...days(1, 0.3), ...well(1)], ['var_b'])).toMatchObject({ kind: 'promote', challenger: 'var_b', field: [{ variantId: 'var_b' }] });
  expect(ask([0, 1, 2].flatMap((place) => [...days(place, -0.4), ...well(place)]))).toMatchObject({ kind: 'rollback', challenger: CHALLENGER });
});

test('the evidence hash covers all that were judged, whatever the order of the blocks; the plan hash is that of the whole', () => {
  const blocks = [...days(0, 0.2), ...well(0), ...days(1, 0.3), ...well(1)];
  const verdict = ask(blocks);
  expect(ask([...blocks].reverse())).toEqual(verdict);
  expect(ask([...days(0, 0.2), ...well(0), ...days(1, 0.29), ...well(1)]).evidenceHash).not.toBe(verdict.evidenceHash);
  expect(ask([]).evidenceHash).toBeNull();
  const input = { plan: alone, evidence: evidenceOf([...days(0, 0.2), ...well(0)]), progress: null, value: CONFUSION, rulingMs: START + 100 * DAY, atMs: 1, n: 1 };
  expect(judgeField(input)).toEqual(judge(input));
});

test('the pilot of each teaches: the widest spread and the worst block count, and one without a pilot is waited for unless it has left', () => {
  const draft = draftOf(10);
  const pilot = (place: number, spread: number): MicroBlock[] => { const z = normals(place + 1); return Array.from({ length: 40 }, (_, i) => block(draft, lineAt('accuracy', place), START / (DAY / 4) + i, pairedSums(spread * z()))); };
  expect(fixPlan(draft, [...pilot(0, 0.01), ...pilot(1, 0.01)])).toBeNull();
  const [tame, wild] = [fixPlan(draft, pilot(0, 0.01), [CHALLENGER])!, fixPlan(draft, [...pilot(0, 0.01), ...pilot(1, 0.05)], [CHALLENGER, 'var_b'])!];
  expect(tame.evidenceFromMs).toBe(START + 10 * DAY);
  expect(wild.metrics[0]!.centreCap).toBeGreaterThan(2 * tame.metrics[0]!.centreCap);
});
