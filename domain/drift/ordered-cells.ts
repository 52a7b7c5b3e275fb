/** At most so many cells: their counts stay in the cache. */
const MOST_CELLS = 16_384;
const LEAST_CELLS = 16;
/** Values in a cell, of both samples, where they lie evenly. */
const IN_A_CELL = 32;

/** One sample, in its own order, and how many of its values lie in each cell. */
export interface CellSample { readonly values: Float64Array; readonly counts: Int32Array }

/**
 * Two samples cut by the same cells: equal ones from `low` on, `scale` in a unit, and one at either end for all that lies further out. The cell of a value never falls as
 * the value grows, in rounded arithmetic too, and equal values share a cell.
 */
export interface OrderedCells {
  readonly ref: CellSample;
  readonly cur: CellSample;
  readonly low: number;
  /** 0 where the values have no span that could be cut: all lie in one cell. */
  readonly scale: number;
}

/** So many values of each sample, from all over it, say where the cells go. */
const LOOKED_AT = 2_048;
/** Share of them in either end cell: a few values far out do not crowd all others into one cell. */
const IN_THE_END = 0.004;

/**
 * Cuts two samples of finite numbers so that what rests on their order needs a sort only inside the cells that decide it; counts at the ends of cells are exact whatever
 * the distribution is. O(n + m); values that crowd in one cell cost what sorting them costs.
 */
export function cutInCells(ref: Float64Array, cur: Float64Array): OrderedCells {
  const cells = Math.min(MOST_CELLS, Math.max(LEAST_CELLS, Math.floor((ref.length + cur.length) / IN_A_CELL)));
  const { low, high } = bulkOf(ref, cur);
  const scale = perUnit(cells - 2, high - low);
  const counted = (values: Float64Array): CellSample => ({ values, counts: scale === 0 ? Int32Array.of(values.length) : countCells(values, { low, scale, last: cells - 1 }) });
  return { ref: counted(ref), cur: counted(cur), low, scale };
}

/** So many cells of equal width over a span, in one unit of it; 0 where that is no number that could be computed with: no span, none that is finite, or none at all. */
export function perUnit(cells: number, span: number): number {
  const scale = cells / span;
  return scale > 0 && Number.isFinite(scale) ? scale : 0;
}

function bulkOf(ref: Float64Array, cur: Float64Array): { readonly low: number; readonly high: number } {
  const looked = Float64Array.from([ref, cur].flatMap((values) => {
    const step = Math.max(1, values.length / LOOKED_AT);
    return Array.from({ length: Math.min(values.length, LOOKED_AT) }, (_, k) => values[Math.floor(k * step)] ?? NaN);
  })).sort();
  const cut = Math.floor(IN_THE_END * looked.length);
  return { low: looked[cut] ?? NaN, high: looked[looked.length - 1 - cut] ?? NaN };
}

interface Cut { readonly low: number; readonly scale: number; readonly last: number }

/** By index: the iterator of a typed array takes three times as long. */
function countCells(values: Float64Array, { low, scale, last }: Cut): Int32Array {
  const counts = new Int32Array(last + 1);
  const n = values.length;
  let i = 0;
  while (i < n) {
    const cell = Math.min(Math.max(((values[i] ?? NaN) - low) * scale + 1, 0), last) | 0;
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
  if (scale === 0) { if (wanted[0] === 1) found.set(values); ends[0] = total; } else gather(values, { low, scale, last: counts.length - 1 }, { wanted, ends, found });
  return (cell) => { const end = ends[cell] ?? 0; return found.subarray(end - (counts[cell] ?? 0), end).sort(); };
}

function gather(values: Float64Array, { low, scale, last }: Cut, { wanted, ends, found }: { readonly wanted: Uint8Array; readonly ends: Int32Array; readonly found: Float64Array }): void {
  const n = values.length;
  const [first, final] = [wanted.indexOf(1), wanted.lastIndexOf(1)];
  // Most values are not even near. One comparison, not one a side, which would be half of the time wrongly guessed by the processor.
  const [middle, reach] = [(first + final + 1) / 2, first === 0 || final === last ? Infinity : (final - first) / 2 + 1];
  let i = 0;
  while (i < n) {
    const value = values[i] ?? NaN;
    const place = (value - low) * scale + 1;
    i += 1;
    if (Math.abs(place - middle) > reach) continue;
    const cell = Math.min(Math.max(place, 0), last) | 0;
    if (wanted[cell] !== 1) continue;
    const at = ends[cell] ?? 0;
    found[at] = value;
    ends[cell] = at + 1;
  }
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
