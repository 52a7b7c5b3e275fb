import { draftPlan, planProblems } from '../../../domain/analysis/drafting.ts';
import type { PairedSums } from '../../../domain/analysis/blocks.ts';
import { foldMetric } from '../../../domain/analysis/fold.ts';
import type { StoredLeg } from '../../../domain/record.ts';
import { BINARY, draftInput, fixedPlan, label, leg, metricPolicy, REGRESSION, scores, specOf } from '../../support/analysis-arbitraries.ts';

/** A request is a list: the scores of both versions for its rows, and how relevant each turned out. */
interface Query { readonly champion: readonly number[] | Partial<StoredLeg>; readonly challenger: readonly number[] | Partial<StoredLeg>; readonly outcomes: readonly number[] }
const FAILED = { error: 'status', status: 500, predictions: [] } as const;
const plan = fixedPlan({ metrics: [metricPolicy('ndcg')], contract: REGRESSION });
function fold(queries: readonly Query[], contract = REGRESSION): PairedSums {
  const said = (of: Query['champion']): Partial<StoredLeg> => (Array.isArray(of) ? scores(...of as number[]) : of as Partial<StoredLeg>);
  const legs = queries.flatMap(({ champion, challenger }, i) => [leg(`inf_${String(i)}`, 'champion', said(champion)), leg(`inf_${String(i)}`, 'challenger', said(challenger))]);
  return foldMetric({ metric: 'ndcg', plan, contract, value: null, legs, labels: queries.flatMap(({ outcomes }, i) => outcomes.map((value, row) => label(`inf_${String(i)}`, value, { row }))) }) as PairedSums;
}
const RELEVANCE = [10, 0, 0, 1, 5];

test('the figures of scikit-learn: linear gain, ties by the average of their places', () => {
  const sums = fold([{ champion: [0.1, 0.2, 0.3, 4, 7], challenger: [0.05, 1.1, 1, 0.5, 0], outcomes: RELEVANCE }]);
  expect(sums.championMean).toBeCloseTo(0.695694, 6);
  expect(sums.challengerMean).toBeCloseTo(0.493680, 5);
  expect(sums.mean).toBeCloseTo(0.493680 - 0.695694, 5);
  expect(fold([{ champion: [1, 0, 0, 0, 1], challenger: [10, 0, 0, 1, 5], outcomes: RELEVANCE }])).toMatchObject({ championMean: expect.closeTo(0.927973, 6) as number, challengerMean: 1 });
});

test('the mean is over requests, not over rows; one without anything relevant says nothing', () => {
  const right: Query = { champion: [3, 2, 1], challenger: [1, 2, 3], outcomes: [1, 0, 0] };
  const none: Query = { champion: [3, 2, 1], challenger: [1, 2, 3], outcomes: [0, 0, 0] };
  expect(fold([right])).toMatchObject({ championMean: 1, challengerMean: 0.5, n: 1 });
  expect(fold([right, none, right])).toMatchObject({ championMean: 1, challengerMean: 0.5, n: 3, needed: 3, labelled: 3 });
  expect(fold([right, { champion: [1], challenger: [1], outcomes: [4] }])).toMatchObject({ championMean: 1, challengerMean: 0.75 });
  expect(fold([none])).toMatchObject({ n: 0, pairs: 1 });
});

test('a version that failed ranks nothing; a row that cannot be used comes last', () => {
  expect(fold([{ champion: [1, 2], challenger: FAILED, outcomes: [0, 1] }])).toMatchObject({ championMean: 1, challengerMean: 0 });
  const unusable = { predictions: [{ row: 0, score: 5, klass: 1 }, { row: 1, score: null, klass: null }] };
  expect(fold([{ champion: [5, 6], challenger: unusable, outcomes: [0, 1] }])).toMatchObject({ championMean: 1, challengerMean: expect.closeTo(1 / Math.log2(3), 12) as number });
});

test('every row needs its outcome, and relevance is never below nothing', () => {
  expect(fold([{ champion: [1, 2], challenger: [2, 1], outcomes: [1] }])).toMatchObject({ needed: 1, labelled: 0, n: 0 });
  expect(fold([{ champion: [1, 2], challenger: [2, 1], outcomes: [-3, 2] }])).toMatchObject({ championMean: 1, challengerMean: expect.closeTo(1 / Math.log2(3), 12) as number });
});

test('for two classes the positive one is what is looked for; a contract that ranks nothing is refused', () => {
  expect(fold([{ champion: [0.9, 0.1], challenger: [0.1, 0.9], outcomes: [0, 1] }], BINARY)).toMatchObject({ championMean: expect.closeTo(1 / Math.log2(3), 12) as number, challengerMean: 1 });
  const spec = specOf({ metrics: [metricPolicy('ndcg')] });
  expect(planProblems(spec, { ...BINARY, score: null })).toEqual([expect.stringMatching(/contract\.score/)]);
  expect(planProblems(spec, { ...BINARY, task: 'multiclass' })).toEqual([expect.stringMatching(/multiclass/)]);
  expect(draftPlan({ ...draftInput(), spec }).metrics[0]).toMatchObject({ name: 'ndcg', kind: 'paired', needsLabels: true, range: { lo: -1, hi: 1 } });
});
