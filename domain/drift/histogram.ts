/** Which end of a bin belongs to it. left: [a, b), as numpy; right: (a, b]. The outermost bin is closed on both ends. */
export type Closed = 'left' | 'right';

/** Edges of numeric bins, ascending, at least two; values outside are outliers. */
export interface Edges { readonly edges: readonly number[]; readonly closed: Closed }

/** Counts of one column: what lies below the first edge, in each bin, above the last one, and what is missing or no number. */
export interface Histogram { readonly below: number; readonly bins: readonly number[]; readonly above: number; readonly missing: number }

/**
 * Edges at the quantiles k/bins of a reference, by linear interpolation between order statistics (type 7 of Hyndman and Fan, The American Statistician 50
 * (1996), numpy's default). Ties make fewer bins. `sorted`: ascending, not empty.
 */
export function quantileEdges(sorted: Float64Array, bins: number): Edges {
  const edges = Array.from({ length: bins + 1 }, (_, k) => {
    const at = (k / bins) * (sorted.length - 1);
    const [below, share] = [Math.floor(at), at - Math.floor(at)];
    const low = sorted[below] ?? NaN;
    return share === 0 ? low : low + share * ((sorted[below + 1] ?? low) - low);
  });
  const distinct = edges.filter((edge, k) => k === 0 || edge !== edges[k - 1]);
  const [only = 0] = distinct;
  // A column that never varies has one bin of its only value.
  return { edges: distinct.length === 1 ? [only, only] : distinct, closed: 'left' };
}

/** Counts values into bins by binary search. One pass, no allocation a value. */
export function countInto(values: Float64Array, { edges, closed }: Edges, missing = 0): Histogram {
  const last = edges.length - 1;
  const counts = new Float64Array(edges.length + 1);
  const sides = Float64Array.from(edges);
  const slotOf = closed === 'left' ? slotFromLeft : slotFromRight;
  for (const value of values) {
    const slot = slotOf(value, sides);
    counts[slot] = (counts[slot] ?? 0) + 1;
  }
  return { below: counts[0] ?? 0, bins: [...counts.subarray(1, last + 1)], above: counts[last + 1] ?? 0, missing };
}

/** 0 below the first edge, k in the bin that ends with edge k, one more than the last edge above it. [a, b); the last bin closed. */
function slotFromLeft(value: number, edges: Float64Array): number {
  const last = edges.length - 1;
  if (value < (edges[0] ?? NaN)) return 0;
  if (value > (edges[last] ?? NaN)) return last + 1;
  let [low, high] = [1, last];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (value < (edges[middle] ?? NaN)) high = middle; else low = middle + 1;
  }
  return low;
}

/** The same for (a, b]; the first bin closed. */
function slotFromRight(value: number, edges: Float64Array): number {
  const last = edges.length - 1;
  if (value < (edges[0] ?? NaN)) return 0;
  if (value > (edges[last] ?? NaN)) return last + 1;
  let [low, high] = [1, last];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (value <= (edges[middle] ?? NaN)) high = middle; else low = middle + 1;
  }
  return low;
}

/** Counts of the same edges, over both. */
export function mergeHistograms(a: Histogram, b: Histogram): Histogram {
  return { below: a.below + b.below, bins: a.bins.map((count, k) => count + (b.bins[k] ?? 0)), above: a.above + b.above, missing: a.missing + b.missing };
}

/** Bins of both in one order; outliers and missing only where one of the two has any. */
export function paired(ref: Histogram, cur: Histogram): { readonly ref: readonly number[]; readonly cur: readonly number[] } {
  const ends = (['below', 'above', 'missing'] as const).filter((end) => ref[end] + cur[end] > 0);
  return { ref: [...ref.bins, ...ends.map((end) => ref[end])], cur: [...cur.bins, ...ends.map((end) => cur[end])] };
}
