import { driftOf, driftOfCounts, USUAL_DRIFT, type ColumnDrift } from '../../../domain/drift/column-drift.ts';
import { chiSquareTail, chiSquareTest, largestDifference, shannonDivergence, stabilityIndex } from '../../../domain/drift/distances.ts';
import { countInto, mergeHistograms, quantileEdges } from '../../../domain/drift/histogram.ts';
import { smirnovP, smirnovStatistic } from '../../../domain/drift/kolmogorov-smirnov.ts';
import { USUAL_RULE } from '../../../domain/drift/rule.ts';
import { cutInCells, type OrderedCells } from '../../../domain/drift/ordered-cells.ts';
import { wassersteinDistance } from '../../../domain/drift/wasserstein.ts';
import { columnSample } from '../../support/column-sample.ts';
import { congruential } from '../../support/congruential.ts';

const hundredths = (value: number): number => Math.round(value * 100) / 100;
const u = congruential(3, 1_500);
const REF = u.slice(0, 800).map((value) => hundredths(value * 10));
const CUR = u.slice(800).map((value) => hundredths(value ** 1.3 * 10));
const one = (ref: readonly (number | string | null)[], cur: readonly (number | string | null)[], of: Partial<typeof USUAL_DRIFT> = {}): ColumnDrift => driftOf([{ name: 'x', ref: columnSample(ref), cur: columnSample(cur), edges: null }], { ...USUAL_DRIFT, ...of }).columns.x!;

/** scipy 1.17: ks_2samp, wasserstein_distance, jensenshannon(base=2), chi2_contingency; numpy: quantile, histogram, std. Five values of CUR lie below the least of REF. */
describe('values of other software', () => {
  const found = one(REF, CUR);
  test('from the values', () => {
    expect(found).toMatchObject({ type: 'numeric', nRef: 800, nCur: 700, ks: expect.closeTo(0.07767857142857143, 12), wasserstein: expect.closeTo(0.39373214285714303, 10), wassersteinNormed: expect.closeTo(0.1337983183558511, 10) });
    expect(found.ksP).toBeCloseTo(0.020804934736023673, 9);
    expect(found.edges).toEqual({ closed: 'left', edges: [0.02, 0.83, 1.79, 2.818, 3.862, 4.83, 5.73, 6.77, 7.916, 9.13, 10].map((edge) => expect.closeTo(edge, 9) as number) });
  });
  const counts = { ref: [78, 81, 81, 80, 79, 80, 80, 81, 79, 81], cur: [103, 76, 70, 76, 51, 62, 69, 54, 73, 61] };
  test('from the counts', () => {
    expect(countInto(Float64Array.from(CUR), found.edges!)).toEqual({ below: 5, bins: counts.cur, above: 0, missing: 0 });
    expect(stabilityIndex(counts)).toBeCloseTo(0.040012159600891814, 12);
    expect(Math.sqrt(shannonDivergence(counts))).toBeCloseTo(0.08473013974604213, 12);
    const chi = chiSquareTest(counts);
    expect([chi.statistic, chi.freedom, chi.p]).toEqual([expect.closeTo(14.792834982108117, 9), 9, expect.closeTo(0.09678589699236369, 10)]);
    expect(largestDifference(counts)).toBeCloseTo(0.050701438848920866, 12);
  });
  test('the p-value of Smirnov, exact and by the limit', () => {
    expect(smirnovP(0.5, 5, 4)).toBeCloseTo(0.5634920634920635, 12);
    for (const [d, n, m, p] of [[0.02, 20_000, 20_000, 0.0006616848639387309], [0.01, 100_000, 50_000, 0.0025282614560740127], [0.005, 1_000_000, 1_000_000, 2.767991769909747e-11], [0.001, 1_000_000, 1_000_000, 0.6989801443663661]] as const) {
      expect(Math.abs(smirnovP(d, n, m) / p - 1)).toBeLessThan(2e-3);
    }
  });
  test('the upper tail of chi-square keeps its digits', () => { expect(chiSquareTail(80, 3) / 3.0692774861724164e-17).toBeCloseTo(1, 9); });
});

/** A11 (part): tensorflow-data-validation's L-infinity example. */
test('L-infinity of a new category is its share', () => {
  const { columns } = driftOfCounts([{ name: 'x', ordered: false, counts: { ref: [2, 2, 2, 0], cur: [2, 2, 2, 1] } }], USUAL_RULE);
  expect(columns.x?.lInfinity).toBeCloseTo(0.142857, 6);
  expect(one(['a', 'a', 'b', 'b', 'c', 'c'], ['a', 'a', 'b', 'b', 'c', 'c', 'd'])).toMatchObject({ type: 'categorical', lInfinity: expect.closeTo(0.142857, 6), newCategories: ['d'] });
});

describe('the rule', () => {
  const shifted = congruential(7, 4_000);
  const base = shifted.slice(0, 2_000);
  test('drift is significant and large', () => {
    expect(one(base, shifted.slice(2_000)).verdict).toBe('no-drift');
    expect(one(base, shifted.slice(2_000).map((value) => value * 0.7)).verdict).toBe('drift');
    // Sure, and small.
    const many = congruential(11, 60_000);
    const small = one(many.slice(0, 30_000), many.slice(30_000).map((value) => value ** 1.1));
    expect(small.psiP).toBeLessThan(1e-6);
    expect(small).toMatchObject({ verdict: 'no-drift' });
  });
  test('few rows say nothing, whatever they show', () => {
    expect(one(base.slice(0, 100), shifted.slice(2_000, 2_100).map((value) => value + 5))).toMatchObject({ verdict: 'insufficient' });
    expect(driftOfCounts([{ name: 'x', ordered: false, counts: { ref: [40, 40], cur: [100, 20] } }], USUAL_RULE).verdict).toBe('drift');
  });
  test('missing cells and new categories are drift of their own', () => {
    expect(one(base, shifted.slice(2_000).map((value, i) => (i % 4 === 0 ? null : value)))).toMatchObject({ verdict: 'drift', missing: { ref: 0, cur: 500 }, nCur: 1_500 });
    const names = (names_: readonly string[]): readonly string[] => Array.from({ length: 1_000 }, (_, i) => names_[i % names_.length] ?? '');
    expect(one(names(['a', 'b']), names(['a', 'b', 'z']))).toMatchObject({ verdict: 'drift', newCategories: ['z'] });
    expect(one(base, shifted.slice(2_000).map((value, i) => (i % 4 === 0 ? 'broken' : value)))).toMatchObject({ type: 'numeric', verdict: 'drift', missing: { cur: 500 } });
  });
  test('one column of many decides, under one budget', () => {
    const still = { name: 'still', ref: columnSample(base), cur: columnSample(shifted.slice(2_000)), edges: null };
    const moved = { ...still, name: 'moved', cur: columnSample(shifted.slice(2_000).map((value) => value + 0.3)) };
    const document = driftOf([still, moved], USUAL_DRIFT);
    expect([document.verdict, document.columns.still?.verdict, document.columns.moved?.verdict, document.rule.alpha]).toEqual(['drift', 'no-drift', 'drift', 1 / 30]);
  });
});

const alone = (values: readonly number[]): OrderedCells => cutInCells(Float64Array.from(values), new Float64Array());

describe('edges and bins', () => {
  test('[a, b) and (a, b], the outermost closed; outliers stand apart', () => {
    const values = Float64Array.from([-1, 0, 1, 1, 2, 3, 4]);
    expect(countInto(values, { edges: [0, 1, 2, 3], closed: 'left' })).toEqual({ below: 1, bins: [1, 2, 2], above: 1, missing: 0 });
    expect(countInto(values, { edges: [0, 1, 2, 3], closed: 'right' })).toEqual({ below: 1, bins: [3, 1, 1], above: 1, missing: 0 });
  });
  test('ties make fewer bins; a constant has one', () => {
    expect(quantileEdges(alone([1, 1, 1, 1, 2]), 4).edges).toEqual([1, 2]);
    expect(countInto(Float64Array.from([5, 5, 6]), quantileEdges(alone([5, 5]), 10))).toEqual({ below: 0, bins: [2], above: 1, missing: 0 });
    expect(one([5, 5, 5], [5, 5, 5])).toMatchObject({ psi: 0, ks: 0, ksP: 1, wasserstein: 0, jsDistance: 0 });
  });
  test('merged counts are the counts of both', () => {
    const edges = quantileEdges(alone(REF), 10);
    const [a, b, both] = [CUR.slice(0, 300), CUR.slice(300), CUR].map((values) => countInto(Float64Array.from(values), edges, 2));
    expect(mergeHistograms(a!, b!)).toEqual({ ...both!, missing: 4 });
  });
  test('a column that has become empty', () => { expect(one(REF, CUR.map(() => null))).toMatchObject({ nCur: 0, ks: null, wasserstein: null, verdict: 'drift' }); });
});

test('distances are 0 for the same, whatever the order, and Wasserstein moves with a shift', () => {
  const a = Float64Array.from(REF);
  const same = cutInCells(a, a.slice().sort());
  expect(smirnovStatistic(same)).toBe(0);
  expect(wassersteinDistance(same)).toBeCloseTo(0, 12);
  expect(wassersteinDistance(cutInCells(a, a.map((value) => value + 2.5)))).toBeCloseTo(2.5, 10);
});
