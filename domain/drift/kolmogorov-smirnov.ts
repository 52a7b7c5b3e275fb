import { ascendingIn, type OrderedCells } from './ordered-cells.ts';

/** Beyond this product of the sizes p is by the limit law. */
const MOST_EXACT = 1_000_000;
const MOST_TERMS = 100;

/**
 * Largest distance between the two empirical distribution functions (Smirnov 1939), exact and without sorting the samples: the distances at the ends of cells come from
 * counts, and inside only those cells are looked at in which it could be larger still. Neither sample is empty. O(n + m).
 */
export function smirnovStatistic(cells: OrderedCells): number {
  const { ref, cur } = cells;
  const [n, m] = [ref.values.length, cur.values.length];
  const atEnds = largestAtEnds(cells);
  const wanted = new Uint8Array(ref.counts.length);
  let [i, j, most] = [0, 0, atEnds];
  const starts = new Map<number, readonly [number, number]>();
  for (let cell = 0; cell < wanted.length; cell += 1) {
    const [r, c] = [ref.counts[cell] ?? 0, cur.counts[cell] ?? 0];
    // All of the one before any of the other.
    if (Math.max((i + r) / n - j / m, (j + c) / m - i / n) > atEnds) { wanted[cell] = 1; starts.set(cell, [i, j]); }
    i += r;
    j += c;
  }
  const [a, b] = [ascendingIn(ref, cells, wanted), ascendingIn(cur, cells, wanted)];
  for (const [cell, start] of starts) most = Math.max(most, largestWithin([a(cell), b(cell)], start, [n, m]));
  return most;
}

function largestAtEnds({ ref, cur }: OrderedCells): number {
  const [n, m] = [ref.values.length, cur.values.length];
  let [i, j, most] = [0, 0, 0];
  for (let cell = 0; cell < ref.counts.length; cell += 1) {
    i += ref.counts[cell] ?? 0;
    j += cur.counts[cell] ?? 0;
    most = Math.max(most, Math.abs(i / n - j / m));
  }
  return most;
}

/** Over the ascending values of one cell, with so many of each sample below it. */
function largestWithin([a, b]: readonly [Float64Array, Float64Array], [below, belowToo]: readonly [number, number], [n, m]: readonly [number, number]): number {
  let [i, j, most] = [0, 0, 0];
  while (i < a.length || j < b.length) {
    const value = Math.min(a[i] ?? Infinity, b[j] ?? Infinity);
    while (a[i] === value) i += 1;
    while (b[j] === value) j += 1;
    most = Math.max(most, Math.abs((below + i) / n - (belowToo + j) / m));
  }
  return most;
}

/** The same over ordered bins: the distance at bin ends, at most the one of the values. */
export function binnedSmirnov(ref: readonly number[], cur: readonly number[]): number {
  const [n, m] = [ref, cur].map((counts) => counts.reduce((total, count) => total + count, 0));
  let [f, g, most] = [0, 0, 0];
  ref.forEach((count, k) => {
    f += count / (n ?? NaN);
    g += (cur[k] ?? 0) / (m ?? NaN);
    most = Math.max(most, Math.abs(f - g));
  });
  return most;
}

/** Two-sided p-value of a statistic of samples of n and m values without ties: exact for small samples, else by the limit law. Ties make it too large. */
export function smirnovP(statistic: number, n: number, m: number): number {
  if (!(statistic > 0)) return 1;
  return n * m <= MOST_EXACT ? exactP(statistic, n, m) : limitP(statistic, (n * m) / (n + m));
}

/**
 * P(D >= d): the share of lattice paths from (0, 0) to (n, m) that leave the band |i/n − j/m| < d, by counting those that stay (Hodges, Arkiv för Matematik 3
 * (1958); the weights of Kim and Jennrich 1973 keep the counts in range). O(nm) time, O(m) space.
 */
function exactP(statistic: number, n: number, m: number): number {
  // Just below, so that the statistic itself lies outside.
  const d = statistic - 1e-9 / (n * m) - 1e-12;
  const stays = new Float64Array(m + 1);
  for (let j = 0; j <= m; j += 1) stays[j] = j / m >= d ? 0 : 1;
  for (let i = 1; i <= n; i += 1) {
    const weight = i / (i + m);
    stays[0] = i / n >= d ? 0 : weight * (stays[0] ?? 0);
    for (let j = 1; j <= m; j += 1) {
      const gap = i / n - j / m;
      stays[j] = gap >= d || -gap >= d ? 0 : weight * (stays[j] ?? 0) + (stays[j - 1] ?? 0);
    }
  }
  return Math.min(1, Math.max(0, 1 - (stays[m] ?? 0)));
}

/** Kolmogorov's limit law 2 Σ (−1)^(k−1) exp(−2 k² x²) at x = z + 1/(6 √N) + (z − 1)/(4 N), z = √N d (Vrbik, Pioneer Journal of Theoretical and Applied Statistics 15 (2018)). */
function limitP(statistic: number, size: number): number {
  const z = Math.sqrt(size) * statistic;
  const x = z + 1 / (6 * Math.sqrt(size)) + (z - 1) / (4 * size);
  if (x < 0.3) return 1;
  let total = 0;
  for (let k = 1; k < MOST_TERMS; k += 1) {
    const term = Math.exp(-2 * k * k * x * x);
    total += k % 2 === 1 ? term : -term;
    if (term < 1e-18) break;
  }
  return Math.min(1, Math.max(0, 2 * total));
}
