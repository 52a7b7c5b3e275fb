import { runningMoments } from '../analysis/stats/moments.ts';
import { ascendingIn, type CellSample, type OrderedCells } from './ordered-cells.ts';

/**
 * Wasserstein-1 distance ∫ |F − G| of two empirical distributions, in the unit of the values (Vallender 1973), without sorting the samples: where F − G keeps its sign
 * over a cell, its integral there is that of sums; only the other cells, and those at the ends, which have no bounds, are looked at value by value. Neither sample is
 * empty. O(n + m).
 */
export function wassersteinDistance(cells: OrderedCells): number {
  const { ref, cur, low, scale } = cells;
  const [n, m, last] = [ref.values.length, cur.values.length, ref.counts.length - 1];
  const width = 1 / scale;
  const [ofRef, ofCur] = [offsetsIn(ref, cells), offsetsIn(cur, cells)];
  const looked = new Uint8Array(last + 1);
  const starts = new Map<number, readonly [number, number]>();
  let [i, j, total] = [0, 0, 0];
  for (let cell = 0; cell <= last; cell += 1) {
    const [r, c] = [ref.counts[cell] ?? 0, cur.counts[cell] ?? 0];
    const gap = i / n - j / m;
    const mayCross = gap + r / n > 0 && gap - c / m < 0;
    if (mayCross || cell === 0 || cell === last) { looked[cell] = 1; starts.set(cell, [i, j]); }
    else total += Math.abs(gap * width + (r * width - (ofRef[cell] ?? 0)) / n - (c * width - (ofCur[cell] ?? 0)) / m);
    i += r;
    j += c;
  }
  const [a, b] = [ascendingIn(ref, cells, looked), ascendingIn(cur, cells, looked)];
  const edge = (cell: number): number | null => (cell === 0 || cell > last ? null : low + (cell - 1) * width);
  for (const [cell, start] of starts) total += within([a(cell), b(cell)], start, [n, m], [edge(cell), edge(cell + 1)]);
  return total;
}

/** Sums of the values in each cell, from the beginning of the cell. */
function offsetsIn({ values, counts }: CellSample, { low, scale }: OrderedCells): Float64Array {
  const [n, last, width] = [values.length, counts.length - 1, 1 / scale];
  const sums = new Float64Array(last + 1);
  let i = 0;
  while (i < n) {
    const above = (values[i] ?? NaN) - low;
    const cell = Math.min(Math.max(above * scale + 1, 0), last) | 0;
    sums[cell] = (sums[cell] ?? 0) + (above - (cell - 1) * width);
    i += 1;
  }
  return sums;
}

/** ∫ |F − G| over one cell, by its ascending values, with so many of each sample below it. Null: nothing lies further out, so that the integral ends with the values. */
function within([a, b]: readonly [Float64Array, Float64Array], [below, belowToo]: readonly [number, number], [n, m]: readonly [number, number], [from, to]: readonly [number | null, number | null]): number {
  let [i, j, total, before] = [0, 0, 0, from];
  while (i < a.length || j < b.length) {
    const value = Math.min(a[i] ?? Infinity, b[j] ?? Infinity);
    if (before !== null) total += Math.abs((below + i) / n - (belowToo + j) / m) * (value - before);
    before = value;
    while (a[i] === value) i += 1;
    while (b[j] === value) j += 1;
  }
  // Above its largest value F − G is as at the end of the cell. No cell ends before its values, but rounding may say so.
  return before === null || to === null ? total : total + Math.abs((below + i) / n - (belowToo + j) / m) * Math.max(0, to - before);
}

/** Least deviation that a distance is divided by: a column that hardly varies would make any move huge. */
const LEAST_DEVIATION = 0.001;

/** In standard deviations of the reference (over n), at least a thousandth. */
export function normedWasserstein(distance: number, reference: Float64Array): number {
  const all = runningMoments();
  for (const value of reference) all.add(value);
  const { n, m2 } = all.moments();
  return distance / Math.max(Math.sqrt(m2 / n), LEAST_DEVIATION);
}
