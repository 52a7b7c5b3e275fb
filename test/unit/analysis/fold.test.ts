import type { PairedSums, RateSums } from '../../../domain/analysis/blocks.ts';
import { foldedMetrics, foldMetric, isEmpty } from '../../../domain/analysis/fold.ts';
import type { Label, StoredLeg } from '../../../domain/record.ts';
import { BINARY, CONFUSION, draft, label, leg, metricPolicy, REGRESSION, scores, withCode } from '../../support/analysis-arbitraries.ts';

const plan = draft({ metrics: ['accuracy', 'brier', 'value', 'disagreement'].map((name) => metricPolicy(name, name === 'disagreement' ? { role: 'guardrail', margin: 0.3 } : {})) });
const paired = (metric: string, legs: readonly StoredLeg[], labels: readonly Label[] = []): PairedSums => foldMetric({ metric, plan, contract: BINARY, value: CONFUSION, legs, labels }) as PairedSums;
const rate = (metric: string, legs: readonly StoredLeg[]): RateSums => foldMetric({ metric, plan, contract: BINARY, value: CONFUSION, legs, labels: [] }) as RateSums;
const both = (id: string, champion: Partial<StoredLeg>, challenger: Partial<StoredLeg>): readonly StoredLeg[] => [leg(id, 'champion', champion), leg(id, 'challenger', challenger)];
const FAILED = { error: 'status' as const, status: 500, predictions: [] };
const NAN = { offContract: 'non-finite' as const, predictions: [] };

test('a plan is folded by its metrics, the guardrails that are always there, and the split', () => {
  expect(foldedMetrics(plan)).toEqual(['accuracy', 'brier', 'value', 'disagreement', 'errors', 'off-contract', 'latency', 'share']);
});

test('accuracy: agreement is 0 without an outcome; a disagreement waits for its own', () => {
  const agree = both('inf_1', scores(0.7), scores(0.9));
  const differ = both('inf_2', scores(0.2), scores(0.9));
  expect(paired('accuracy', [...agree, ...differ])).toMatchObject({ n: 1, needed: 1, labelled: 0, pairs: 2, mean: 0, scored: 0 });
  expect(paired('accuracy', [...agree, ...differ], [label('inf_2', 1)])).toMatchObject({ n: 2, needed: 1, labelled: 1, mean: 0.5, min: 0, max: 1, championMean: 0, challengerMean: 1, scored: 1 });
  expect(paired('accuracy', [...agree, ...differ], [label('inf_1', 1), label('inf_2', 0)])).toMatchObject({ mean: -0.5, championMean: 1, challengerMean: 0.5, scored: 2 });
});

test('brier and value in their own units; the cost of serving is in the means and not in d', () => {
  const legs = both('inf_1', scores(0.4), scores(0.9));
  expect(paired('brier', legs, [label('inf_1', 1)]).mean).toBeCloseTo(0.36 - 0.01, 12);
  expect(paired('value', legs, [label('inf_1', 1)])).toMatchObject({ mean: 6, championMean: -1.25, challengerMean: 4.75 });
  expect(paired('value', legs, [label('inf_1', 0)])).toMatchObject({ mean: -3 });
});

test('absolute error is cut at the width of the contract\'s range', () => {
  const regression = draft({ metrics: [metricPolicy('absolute-error')], contract: REGRESSION });
  const legs = both('inf_1', { predictions: [{ row: 0, score: 3, klass: null }] }, { predictions: [{ row: 0, score: 9, klass: null }] });
  expect(foldMetric({ metric: 'absolute-error', plan: regression, contract: REGRESSION, value: null, legs, labels: [label('inf_1', 4)] })).toMatchObject({ n: 1, mean: -4 });
  expect(foldMetric({ metric: 'absolute-error', plan: regression, contract: REGRESSION, value: null, legs, labels: [label('inf_1', 40)] })).toMatchObject({ n: 1, mean: 0 });
});

test('a batch is one request: the mean of its rows, known when every row that needs an outcome has it', () => {
  const legs = both('inf_1', scores(0.2, 0.9, 0.9, 0.1), scores(0.9, 0.9, 0.1, 0.1));
  expect(paired('accuracy', legs, [label('inf_1', 1)])).toMatchObject({ n: 0, needed: 1, labelled: 0, pairs: 1 });
  expect(paired('accuracy', legs, [label('inf_1', 1), label('inf_1', 1, { row: 2 })])).toMatchObject({ n: 1, needed: 1, labelled: 1, mean: 0 });
  expect(paired('accuracy', legs, [label('inf_1', 1), label('inf_1', 0, { row: 2 })]).mean).toBe(0.5);
});

test('a version that gave no usable answer has the worst d there is, either way; where neither did there is nothing to compare', () => {
  for (const bad of [FAILED, NAN, { unscored: 'too-large' as const, predictions: [] }, { predictions: [{ row: 0, score: Number.NaN, klass: Number.NaN }] }]) {
    expect(paired('value', both('inf_1', {}, bad))).toMatchObject({ n: 1, needed: 0, mean: -6 });
    expect(paired('value', both('inf_1', bad, {}))).toMatchObject({ n: 1, needed: 0, mean: 6 });
    expect(paired('value', both('inf_1', bad, bad))).toMatchObject({ n: 0, needed: 0, pairs: 1 });
  }
  expect(paired('accuracy', both('inf_1', scores(0.9, 0.9), scores(0.9)))).toMatchObject({ n: 1, mean: -0.5 });
});

test('a challenger that failed its caller counts even where the champion saw nothing; other lone legs are no pairs', () => {
  expect(paired('accuracy', [leg('inf_1', 'challenger', { ...FAILED, role: 'challenger' })])).toMatchObject({ n: 1, mean: -1, pairs: 1 });
  expect(paired('accuracy', [leg('inf_1', 'challenger', FAILED)])).toMatchObject({ pairs: 0 });
  expect(paired('accuracy', [leg('inf_1', 'challenger', { ...FAILED, status: 400, role: 'challenger' })])).toMatchObject({ pairs: 0 });
  expect(paired('accuracy', [leg('inf_1', 'champion')])).toMatchObject({ pairs: 0 });
});

test('the newest outcome holds; one of another kind is none', () => {
  const legs = both('inf_1', scores(0.2), scores(0.9));
  expect(paired('accuracy', legs, [label('inf_1', 1, { labelMs: 5 }), label('inf_1', 0, { labelMs: 9 })]).mean).toBe(-1);
  expect(paired('accuracy', legs, [label('inf_1', 1, { receivedAtMs: 9 }), label('inf_1', 0, { receivedAtMs: 5 })]).mean).toBe(1);
  expect(paired('brier', legs, [label('inf_1', Number.NaN)])).toMatchObject({ n: 0, needed: 1, labelled: 0 });
});

test('repeats, other rollouts and other variants are left out; of one alias the first request counts', () => {
  const legs = both('inf_1', scores(0.2), scores(0.9));
  expect(paired('accuracy', [...legs, ...legs], [label('inf_1', 1)])).toMatchObject({ n: 1, pairs: 1 });
  expect(paired('accuracy', legs.map((one) => ({ ...one, rolloutId: 'dep_1/9' })))).toMatchObject({ pairs: 0 });
  expect(paired('accuracy', legs.map((one) => ({ ...one, variantId: `${one.variantId}x` })))).toMatchObject({ pairs: 0 });
  const again = both('inf_2', { alias: 'a', atMs: 2 }, { alias: 'a', atMs: 2 });
  const first = both('inf_3', { alias: 'a', atMs: 1, ...scores(0.2) }, { alias: 'a', atMs: 1 });
  expect(paired('accuracy', [...again, ...first])).toMatchObject({ pairs: 1, needed: 1 });
});

test('rates are counted by version and role; what both refuse is the caller\'s mistake', () => {
  const legs = [...both('inf_1', {}, FAILED), ...both('inf_2', { role: 'shadow' }, { role: 'challenger', latencyMs: 300 }), ...both('inf_3', { ...FAILED, status: 422 }, { ...FAILED, status: 400 })];
  expect(rate('errors', legs)).toEqual({ kind: 'rate', champion: { n: 1, bad: 0 }, championShadow: { n: 1, bad: 0 }, challengerServing: { n: 1, bad: 0 }, challengerShadow: { n: 1, bad: 1 } });
  expect(rate('latency', legs)).toMatchObject({ challengerServing: { n: 1, bad: 1 }, challengerShadow: { n: 0, bad: 0 } });
  expect(rate('latency', both('inf_1', {}, { ...FAILED, error: 'timeout' }))).toMatchObject({ challengerShadow: { n: 1, bad: 1 } });
  expect(rate('latency', both('inf_1', {}, { latencyMs: Number.NaN }))).toMatchObject({ challengerShadow: { n: 1, bad: 1 } });
});

test('off-contract: what nobody could read is not good', () => {
  for (const bad of [NAN, { unscored: 'binary' as const, predictions: [] }, { predictions: [] }]) expect(rate('off-contract', both('inf_1', {}, bad))).toMatchObject({ champion: { n: 1, bad: 0 }, challengerShadow: { n: 1, bad: 1 } });
  expect(rate('off-contract', both('inf_1', {}, FAILED))).toMatchObject({ challengerShadow: { n: 0, bad: 0 } });
});

test('disagreement is counted at the challenger, by share of rows; numbers within a hundredth agree', () => {
  expect(rate('disagreement', both('inf_1', scores(0.2, 0.9), scores(0.9, 0.9)))).toEqual({ kind: 'rate', champion: { n: 0, bad: 0 }, championShadow: { n: 0, bad: 0 }, challengerServing: { n: 0, bad: 0 }, challengerShadow: { n: 1, bad: 0.5 } });
  expect(rate('disagreement', both('inf_1', {}, NAN))).toMatchObject({ challengerShadow: { n: 1, bad: 1 } });
  expect(rate('disagreement', both('inf_1', NAN, NAN))).toMatchObject({ challengerShadow: { n: 0 } });
  const number = (score: number): Partial<StoredLeg> => ({ predictions: [{ row: 0, score, klass: null }] });
  const numbers = (a: number, b: number): unknown => foldMetric({ metric: 'disagreement', plan, contract: REGRESSION, value: null, legs: both('inf_1', number(a), number(b)), labels: [] });
  expect(numbers(3, 3.05)).toMatchObject({ challengerShadow: { n: 1, bad: 0 } });
  expect(numbers(3, 3.5)).toMatchObject({ challengerShadow: { n: 1, bad: 1 } });
});

test('the split: by promised share, a failed challenger\'s caller included, without the lease nothing', () => {
  const legs = [
    leg('inf_1', 'champion', { assignmentPer10k: 9_500 }), leg('inf_2', 'challenger', { role: 'challenger', assignmentPer10k: 500, ...FAILED }), leg('inf_2', 'champion', { assignmentPer10k: 9_500 }),
    leg('inf_3', 'champion', { assignmentPer10k: 10_000 }), leg('inf_4', 'champion', { assignmentPer10k: 9_500, leaseLost: true }),
  ];
  expect(foldMetric({ metric: 'share', plan, contract: BINARY, value: null, legs, labels: [] })).toEqual({ kind: 'share', cells: [{ challengerPer10k: 0, challenger: 0, total: 1 }, { challengerPer10k: 500, challenger: 1, total: 2 }] });
});

test('a slot that saw nothing is empty; unknown names are refused with the known ones', () => {
  for (const metric of foldedMetrics(plan)) expect(isEmpty(foldMetric({ metric, plan, contract: BINARY, value: CONFUSION, legs: [], labels: [] }))).toBe(true);
  expect(isEmpty(paired('accuracy', both('inf_1', {}, {})))).toBe(false);
  expect(() => paired('acuracy', [])).toThrow(/Unknown metric "acuracy"; known: .*accuracy/);
  expect(() => paired('absolute-error', [])).toThrow(withCode('LM_INVARIANT'));
});
