import fc from 'fast-check';
import { quantileEdges } from '../../../domain/drift/histogram.ts';
import { smirnovStatistic } from '../../../domain/drift/kolmogorov-smirnov.ts';
import { cutInCells, orderStatistics } from '../../../domain/drift/ordered-cells.ts';
import { wassersteinDistance } from '../../../domain/drift/wasserstein.ts';

/** Even, with ties, far apart, beside each other, and crowded in one cell by a few that lie far out. */
const value = fc.oneof(fc.double({ noNaN: true, min: -10, max: 10 }), fc.integer({ min: -3, max: 3 }), fc.double({ noNaN: true, min: 1e-9, max: 1e9 }), fc.constantFrom(1, 1 + 2 ** -52, 1 - 2 ** -53, 0, 1e12)).map((x) => x + 0);
const sample = fc.array(value, { minLength: 1, maxLength: 400 });
const cut = (a: readonly number[], b: readonly number[]) => cutInCells(Float64Array.from(a), Float64Array.from(b));
const ascending = (values: readonly number[]): readonly number[] => [...values].sort((a, b) => a - b);
const share = (values: readonly number[], x: number): number => values.filter((each) => each <= x).length / values.length;
/** Both distribution functions at every value, from the definitions. */
function steps(a: readonly number[], b: readonly number[]): readonly { readonly x: number; readonly gap: number }[] {
  return [...new Set(ascending([...a, ...b]))].map((x) => ({ x, gap: Math.abs(share(a, x) - share(b, x)) }));
}

test("Smirnov's statistic is the largest distance at any value, to the last digit", () => {
  fc.assert(fc.property(sample, sample, (a, b) => { expect(smirnovStatistic(cut(a, b))).toBe(Math.max(...steps(a, b).map(({ gap }) => gap))); }), { seed: 7, numRuns: 1_000 });
});

test('the Wasserstein distance is the area between the distribution functions', () => {
  fc.assert(fc.property(sample, sample, (a, b) => {
    const at = steps(a, b);
    const area = at.reduce((total, { x, gap }, k) => total + gap * ((at[k + 1]?.x ?? x) - x), 0);
    const span = (at[at.length - 1]?.x ?? 0) - (at[0]?.x ?? 0);
    expect(Math.abs(wassersteinDistance(cut(a, b)) - area)).toBeLessThanOrEqual(1e-11 * span);
  }), { seed: 7, numRuns: 1_000 });
});

test('order statistics are those of the sorted sample, and edges lie at its quantiles', () => {
  fc.assert(fc.property(sample, sample, fc.integer({ min: 1, max: 20 }), (a, b, bins) => {
    const sorted = ascending(a);
    const at = orderStatistics(cut(a, b), sorted.map((_, rank) => rank));
    expect(sorted.map((_, rank) => at(rank))).toEqual(sorted);
    const { edges } = quantileEdges(cut(a, b), bins);
    expect([edges[0], edges[edges.length - 1]]).toEqual([sorted[0], sorted[sorted.length - 1]]);
    expect(edges).toEqual(ascending(edges));
  }), { seed: 7, numRuns: 500 });
});

test('spans that cannot be cut: values that never vary, the least of all numbers, the largest', () => {
  for (const far of [1, 2 ** -1074, Number.MAX_VALUE]) {
    const cells = cut([-far, -far, far], [far, far, far]);
    expect(smirnovStatistic(cells)).toBe(2 / 3);
    expect(orderStatistics(cells, [0, 2])(2)).toBe(far);
  }
  expect([smirnovStatistic(cut([4, 4], [4])), wassersteinDistance(cut([4, 4], [4])), smirnovStatistic(cut([4], [5]))]).toEqual([0, 0, 1]);
  expect(wassersteinDistance(cut([4], [5]))).toBeCloseTo(1, 12);
});
