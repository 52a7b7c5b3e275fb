import { orderStatistics, perUnit, type OrderedCells } from './ordered-cells.ts';

/** Which end of a bin belongs to it. left: [a, b), as numpy; right: (a, b]. The outermost bin is closed on both ends. */
export type Closed = 'left' | 'right';

/** Edges of numeric bins, ascending, at least two; values outside are outliers. */
export interface Edges { readonly edges: readonly number[]; readonly closed: Closed }

/** Counts of one column: what lies below the first edge, in each bin, above the last one, and what is missing or no number. */
export interface Histogram { readonly below: number; readonly bins: readonly number[]; readonly above: number; readonly missing: number }

/**
 * Edges at the quantiles k/bins of a reference, by linear interpolation between order statistics (type 7 of Hyndman and Fan, The American Statistician 50
 * (1996), numpy's default). Ties make fewer bins. `ref`: not empty.
 */
export function quantileEdges({ ref, ...cells }: OrderedCells, bins: number): Edges {
  const places = Array.from({ length: bins + 1 }, (_, k) => (k / bins) * (ref.values.length - 1));
  const at = orderStatistics({ ref, ...cells }, places.flatMap((place) => [Math.floor(place), Math.ceil(place)]));
  const edges = places.map((place) => {
    const [low, high] = [at(Math.floor(place)), at(Math.ceil(place))];
    return low + (place - Math.floor(place)) * (high - low);
  });
  const distinct = edges.filter((edge, k) => k === 0 || edge !== edges[k - 1]);
  const [only = 0] = distinct;
  // A column that never varies has one bin of its only value.
  return { edges: distinct.length === 1 ? [only, only] : distinct, closed: 'left' };
}

/** Cells of the guide between the outermost edges: many for each bin, few enough to stay in the cache. */
const CELLS = 2_048;
/** One cell below the edges, and two above: the last edge itself belongs to the last bin. */
const ABOVE = CELLS + 2;
/** In the place of a cell's count: an edge is near. */
const NEAR = -1;

/**
 * Counts values into bins by a guide table (indexed search: Chen and Asau, ACM SIGSIM Simuletter 5 (1974)): the span of the edges is cut into equal cells. A cell
 * without an edge near it is counted as a whole, whatever bin it belongs to; in the others the edges themselves decide. Constant time a value whatever the edges are,
 * several times faster than a binary search, and no allocation.
 */
export function countInto(values: Float64Array, { edges, closed }: Edges, missing = 0): Histogram {
  const last = edges.length - 1;
  const guide = guideOf(Float64Array.from(edges));
  const counts = countBy(values, guide, closed === 'left' ? slotFromLeft : slotFromRight);
  guide.whole.forEach((count, cell) => { if (count !== NEAR) counts[guide.first[cell] ?? 0] = (counts[guide.first[cell] ?? 0] ?? 0) + count; });
  return { below: counts[0] ?? 0, bins: [...counts.subarray(1, last + 1)], above: counts[last + 1] ?? 0, missing };
}

interface Guide {
  readonly sides: Float64Array;
  readonly low: number;
  readonly high: number;
  /** Cells in a unit; 0 where the edges have no span that could be cut. */
  readonly scale: number;
  /** The first count that a value of the cell may belong to; the only one where no edge is near. */
  readonly first: Int32Array;
  /** Values of the cells that are counted as a whole. NEAR where an edge lies in the cell or in one beside it, so that rounding of a value's cell can never pass it. */
  readonly whole: Int32Array;
}

function guideOf(sides: Float64Array): Guide {
  const last = sides.length - 1;
  const [low, high] = [sides[0] ?? NaN, sides[last] ?? NaN];
  const scale = perUnit(CELLS, high - low);
  const [first, whole] = [new Int32Array(ABOVE + 1), new Int32Array(ABOVE + 1)];
  if (scale === 0) whole.fill(NEAR);
  else for (const edge of sides) whole.fill(NEAR, Math.max(1, cellOf(edge, low, scale) - 1), cellOf(edge, low, scale) + 2);
  whole[ABOVE] = scale === 0 ? NEAR : 0;
  let k = 1;
  for (let cell = 1; cell <= ABOVE; cell += 1) {
    const from = low + (cell - 2) / scale;
    while (scale > 0 && k < last && (sides[k] ?? NaN) <= from) k += 1;
    first[cell] = k;
  }
  first[ABOVE] = last + 1;
  return { sides, low, high, scale, first, whole };
}

/** 0 below the first edge. Bounds by arithmetic: branches for them take twice as long. */
function cellOf(value: number, low: number, scale: number): number { return Math.min(Math.max((value - low) * scale + 1, 0), ABOVE) | 0; }

/** Which count a value belongs to: 0 below the first edge, k in the bin that ends with edge k, one more than the last edge above it. */
type SlotOf = (value: number, guide: Guide) => number;

/** [a, b); the last bin closed. */
function slotFromLeft(value: number, { sides, low, high, scale, first }: Guide): number {
  const last = sides.length - 1;
  if (value > high) return last + 1;
  if (value < low) return 0;
  let slot = Math.min(first[cellOf(value, low, scale)] ?? 1, last);
  while (slot < last && value >= (sides[slot] ?? NaN)) slot += 1;
  return slot;
}

/** (a, b]; the first bin closed. */
function slotFromRight(value: number, { sides, low, high, scale, first }: Guide): number {
  const last = sides.length - 1;
  if (value > high) return last + 1;
  if (value < low) return 0;
  let slot = Math.min(first[cellOf(value, low, scale)] ?? 1, last);
  while (slot < last && value > (sides[slot] ?? NaN)) slot += 1;
  return slot;
}

/** So many values at a time: a loop that calls nothing runs twice as fast. */
const CHUNK = 4_096;

function countBy(values: Float64Array, guide: Guide, slotOf: SlotOf): Float64Array {
  const counts = new Float64Array(guide.sides.length + 1);
  const near = new Float64Array(CHUNK);
  for (let from = 0; from < values.length; from += CHUNK) {
    const undecided = countWhole(values.subarray(from, from + CHUNK), guide, near);
    for (const value of near.subarray(0, undecided)) { const slot = slotOf(value, guide); counts[slot] = (counts[slot] ?? 0) + 1; }
  }
  return counts;
}

/** Counts what lies in whole cells; what lies near an edge is put into `near`: how many. By index: the iterator of a typed array takes three times as long. */
function countWhole(values: Float64Array, { low, scale, whole }: Guide, near: Float64Array): number {
  const n = values.length;
  let [i, k] = [0, 0];
  while (i < n) {
    const value = values[i] ?? NaN;
    i += 1;
    // cellOf, in its place.
    const cell = Math.min(Math.max((value - low) * scale + 1, 0), ABOVE) | 0;
    const count = whole[cell] ?? 0;
    if (count === NEAR) { near[k] = value; k += 1; } else whole[cell] = count + 1;
  }
  return k;
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
