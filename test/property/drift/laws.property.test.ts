import fc from 'fast-check';
import { shannonDivergence, stabilityIndex } from '../../../domain/drift/distances.ts';
import { countInto, paired, quantileEdges } from '../../../domain/drift/histogram.ts';
import { cutInCells } from '../../../domain/drift/ordered-cells.ts';
import { decideDrift, USUAL_RULE } from '../../../domain/drift/rule.ts';
import { emptySketch, mergeSketches, sketched, sketchQuantile } from '../../../domain/drift/log-sketch.ts';
import { normals } from '../../../domain/analysis/stats/seeded-random.ts';

const finite = fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e12, max: 1e12 });
const counts = fc.array(fc.nat(1_000), { minLength: 2, maxLength: 20 }).filter((all) => all.some((count) => count > 0));
const two = fc.tuple(counts, counts).map(([a, b]) => { const n = Math.min(a.length, b.length); return { ref: a.slice(0, n).map((count) => count + 1), cur: b.slice(0, n).map((count) => count + 1) }; });

test('distances are symmetric, 0 for the same shares, never negative; Jensen-Shannon at most one bit', () => {
  fc.assert(fc.property(two, ({ ref, cur }) => {
    expect(stabilityIndex({ ref, cur })).toBeCloseTo(stabilityIndex({ ref: cur, cur: ref }), 9);
    expect(stabilityIndex({ ref, cur: ref.map((count) => 3 * count) })).toBeCloseTo(0, 9);
    expect(stabilityIndex({ ref, cur })).toBeGreaterThanOrEqual(0);
    expect(shannonDivergence({ ref, cur })).toBeLessThanOrEqual(1);
  }));
});

test('every value is counted once, whatever the edges', () => {
  fc.assert(fc.property(fc.array(finite, { minLength: 1, maxLength: 200 }), fc.array(finite, { maxLength: 200 }), fc.integer({ min: 1, max: 30 }), fc.constantFrom('left' as const, 'right' as const), (ref, cur, bins, closed) => {
    const { edges } = quantileEdges(cutInCells(Float64Array.from(ref), new Float64Array()), bins);
    const { below, bins: inside, above } = countInto(Float64Array.from(cur), { edges, closed });
    expect(below + above + inside.reduce((sum, count) => sum + count, 0)).toBe(cur.length);
    expect(inside).toHaveLength(edges.length - 1);
  }));
});

describe('the sketch', () => {
  test('each quantile within the relative error', () => {
    fc.assert(fc.property(fc.array(fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e100, max: 1e100 }).filter((x) => x === 0 || Math.abs(x) > 1e-100), { minLength: 1, maxLength: 300 }), fc.constantFrom(0.01, 0.05, 0.2), fc.double({ min: 0, max: 1, noNaN: true }), (values, accuracy, q) => {
      const truth = [...values].sort((a, b) => a - b)[Math.floor(q * (values.length - 1))] ?? NaN;
      expect(Math.abs(sketchQuantile(sketched(emptySketch(accuracy), values), q) - truth)).toBeLessThanOrEqual(accuracy * Math.abs(truth) * (1 + 1e-9));
    }));
  });
  test('merge(a, b) is the sketch of all', () => {
    fc.assert(fc.property(fc.array(finite), fc.array(finite), (a, b) => {
      const sorted = (sketch: ReturnType<typeof emptySketch>) => ({ ...sketch, positive: [...sketch.positive].sort(), negative: [...sketch.negative].sort() });
      expect(sorted(mergeSketches(sketched(emptySketch(0.01), a), sketched(emptySketch(0.01), b)))).toEqual(sorted(sketched(emptySketch(0.01), [...a, ...b])));
    }));
  });
  test('what is not finite, and what does not fit together, is refused', () => {
    expect(() => sketched(emptySketch(0.01), [NaN])).toThrow(RangeError);
    expect(() => emptySketch(0)).toThrow(RangeError);
    expect(() => mergeSketches(emptySketch(0.01), emptySketch(0.02))).toThrow(/does not merge/);
    expect(sketchQuantile(emptySketch(0.01), 0.5)).toBeNaN();
  });
});

/** A14: ten deciles of a reference of 5,000; as a window among a thousand in a month, so that its level is .001. */
describe('false alarms stay within the budget, and a shift is found', () => {
  const rule = { ...USUAL_RULE, windows: 1_000 };
  const RUNS = 300;
  const alarms = (n: number, shift: number): number => {
    const z = normals(n + 17);
    const draw = (size: number, by: number): Float64Array => Float64Array.from({ length: size }, () => z() + by);
    let count = 0;
    for (let run = 0; run < RUNS; run += 1) {
      const ref = draw(5_000, 0);
      const edges = quantileEdges(cutInCells(ref, ref), 10);
      const bins = paired(countInto(ref, edges), countInto(draw(n, shift), edges));
      if (decideDrift([{ counts: bins, index: stabilityIndex(bins) }], rule)[0] === 'drift') count += 1;
    }
    return count / RUNS;
  };
  test.each([500, 1_000, 3_000])('n = %d', (n) => {
    expect(alarms(n, 0)).toBeLessThanOrEqual(0.01);
    expect(alarms(n, 0.5)).toBeGreaterThan(0.98);
  });
});

test('counting by a guide table is counting by comparing with every edge, at edges, beside them, and far out', () => {
  const edge = fc.oneof(fc.double({ noNaN: true, min: -1e3, max: 1e3 }), fc.integer({ min: -5, max: 5 }), fc.constantFrom(-Number.MAX_VALUE, Number.MAX_VALUE, 1e-308, 0.1, 0.3));
  const near = (x: number): number[] => [x, x * (1 + 2 ** -52), x * (1 - 2 ** -52), x + 2 ** -1074, x / 3];
  fc.assert(fc.property(fc.uniqueArray(edge, { minLength: 2, maxLength: 30 }), fc.array(edge, { maxLength: 40 }), fc.constantFrom('left' as const, 'right' as const), (cuts, more, closed) => {
    const edges = [...new Set(cuts.map((x) => x + 0))].sort((a, b) => a - b);
    const values = [...edges.flatMap(near), ...more].filter(Number.isFinite);
    const last = edges.length - 1;
    const expected = new Array<number>(edges.length + 1).fill(0);
    for (const value of values) {
      const inside = edges.findIndex((end, k) => k > 0 && (closed === 'left' ? value < end || k === last : value <= end || k === last));
      expected[value < edges[0]! ? 0 : value > edges[last]! ? last + 1 : inside]! += 1;
    }
    const { below, bins, above } = countInto(Float64Array.from(values), { edges, closed });
    expect([below, ...bins, above]).toEqual(expected);
  }), { seed: 6, numRuns: 3_000 });
});
