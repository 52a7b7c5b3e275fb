/** At most so many cells: their counts stay in the cache. */
const MOST_CELLS = 65_536;
const LEAST_CELLS = 16;
/** Values in a cell, of both samples, where they lie evenly. */
const IN_A_CELL = 32;

/** One sample, in its own order, and how many of its values lie in each cell. */
export interface CellSample { readonly values: Float64Array; readonly counts: Int32Array }

/** Two samples cut by the same cells of equal width from the least value of both to the largest. */
export interface OrderedCells {
  readonly ref: CellSample;
  readonly cur: CellSample;
  readonly low: number;
  readonly high: number;
  /** Cells in a unit; 0 where the values have no span that could be cut. */
  readonly scale: number;
}

/**
 * Cuts two samples of finite numbers so that what rests on their order needs a sort only inside the cells that decide it. The cell of a value never falls as the value
 * grows, in rounded arithmetic too, and equal values share a cell, so that counts at the ends of cells are exact whatever the distribution is. O(n + m); values that
 * crowd in one cell cost what sorting them costs.
 */
export function cutInCells(ref: Float64Array, cur: Float64Array): OrderedCells {
  const [a, b] = [rangeOf(ref), rangeOf(cur)];
  const [low, high] = [Math.min(a.low, b.low), Math.max(a.high, b.high)];
  const cells = Math.min(MOST_CELLS, Math.max(LEAST_CELLS, Math.floor((ref.length + cur.length) / IN_A_CELL)));
  const scale = (cells - 1) / (high - low);
  // Samples that never vary, that have no values, or whose span is no number: one cell.
  const cut = scale > 0 && Number.isFinite(scale) ? { cells, scale } : { cells: 1, scale: 0 };
  return { ref: { values: ref, counts: countCells(ref, low, cut) }, cur: { values: cur, counts: countCells(cur, low, cut) }, low, high, scale: cut.scale };
}

function rangeOf(values: Float64Array): { readonly low: number; readonly high: number } {
  let [low, high] = [Infinity, -Infinity];
  const n = values.length;
  let i = 0;
  while (i < n) {
    const value = values[i] ?? NaN;
    if (value < low) low = value;
    if (value > high) high = value;
    i += 1;
  }
  return { low, high };
}

/** By index: the iterator of a typed array takes three times as long. */
function countCells(values: Float64Array, low: number, { cells, scale }: { readonly cells: number; readonly scale: number }): Int32Array {
  const counts = new Int32Array(cells);
  const n = values.length;
  let i = 0;
  while (i < n) {
    const cell = (((values[i] ?? NaN) - low) * scale) | 0;
    counts[cell] = (counts[cell] ?? 0) + 1;
    i += 1;
  }
  return counts;
}

/** The values of the wanted cells (1), ascending, by cell. One pass over the sample, and a sort of what is wanted. */
export function ascendingIn({ values, counts }: CellSample, { low, scale }: OrderedCells, wanted: Uint8Array): (cell: number) => Float64Array {
  // Where the next value of each cell goes; at the end, where the cell ends.
  const ends = new Int32Array(counts.length);
  let total = 0;
  counts.forEach((count, cell) => { ends[cell] = total; if (wanted[cell] === 1) total += count; });
  const found = new Float64Array(total);
  const n = values.length;
  let i = 0;
  while (i < n) {
    const value = values[i] ?? NaN;
    const cell = ((value - low) * scale) | 0;
    if (wanted[cell] === 1) {
      const at = ends[cell] ?? 0;
      found[at] = value;
      ends[cell] = at + 1;
    }
    i += 1;
  }
  return (cell) => { const end = ends[cell] ?? 0; return found.subarray(end - (counts[cell] ?? 0), end).sort(); };
}

/** Values of the reference at these ranks from the least, 0: each found inside its cell, without sorting the sample. */
export function orderStatistics(cells: OrderedCells, ranks: readonly number[]): (rank: number) => number {
  const { counts } = cells.ref;
  const wanted = new Uint8Array(counts.length);
  const place = new Map<number, { readonly cell: number; readonly within: number }>();
  let [cell, below] = [0, 0];
  for (const rank of [...new Set(ranks)].sort((a, b) => a - b)) {
    while (below + (counts[cell] ?? Infinity) <= rank) { below += counts[cell] ?? 0; cell += 1; }
    wanted[cell] = 1;
    place.set(rank, { cell, within: rank - below });
  }
  const sorted = ascendingIn(cells.ref, cells, wanted);
  const values = new Map([...place].map(([rank, { cell: of, within }]) => [rank, sorted(of)[within] ?? NaN] as const));
  return (rank) => values.get(rank) ?? NaN;
}
