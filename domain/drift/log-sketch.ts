/**
 * Quantile sketch with a bounded relative error (DDSketch: Masson, Rim, Lee, PVLDB 12(12) 2019, arXiv 1908.10693): a value x > 0 falls into bucket
 * ⌈log_γ x⌉, γ = (1 + α)/(1 − α), and is told as 2γ^k/(γ + 1), which is at most α x away. Zero and negative values have buckets of their own. Merging adds counts: merge(a, b) is
 * the sketch of all values of both.
 */
export interface LogSketch { readonly accuracy: number; readonly positive: ReadonlyMap<number, number>; readonly negative: ReadonlyMap<number, number>; readonly zero: number; readonly count: number }

/** Smaller absolute values count as zero: their logarithm would have a bucket of its own each. */
const LEAST = 1e-300;

export function emptySketch(accuracy: number): LogSketch {
  if (!(accuracy > 0 && accuracy < 1)) throw new RangeError('The relative error of a sketch lies between 0 and 1.');
  return { accuracy, positive: new Map(), negative: new Map(), zero: 0, count: 0 };
}

/** A sketch of `values` besides those of `before`. Throws RangeError for what is not finite: count those elsewhere. */
export function sketched(before: LogSketch, values: Iterable<number>): LogSketch {
  const toBucket = 1 / Math.log(gammaOf(before.accuracy));
  const [positive, negative] = [new Map(before.positive), new Map(before.negative)];
  let { zero, count } = before;
  for (const value of values) {
    if (!Number.isFinite(value)) throw new RangeError('A sketch holds finite numbers.');
    count += 1;
    const size = Math.abs(value);
    if (size < LEAST) { zero += 1; continue; }
    const bucket = Math.ceil(Math.log(size) * toBucket);
    const side = value > 0 ? positive : negative;
    side.set(bucket, (side.get(bucket) ?? 0) + 1);
  }
  return { accuracy: before.accuracy, positive, negative, zero, count };
}

/** Throws RangeError for sketches of different accuracy: their buckets are not the same. */
export function mergeSketches(a: LogSketch, b: LogSketch): LogSketch {
  if (a.accuracy !== b.accuracy) throw new RangeError(`A sketch of accuracy ${a.accuracy} does not merge with one of ${b.accuracy}.`);
  const together = (one: ReadonlyMap<number, number>, two: ReadonlyMap<number, number>): ReadonlyMap<number, number> => {
    const all = new Map(one);
    for (const [bucket, count] of two) all.set(bucket, (all.get(bucket) ?? 0) + count);
    return all;
  };
  return { accuracy: a.accuracy, positive: together(a.positive, b.positive), negative: together(a.negative, b.negative), zero: a.zero + b.zero, count: a.count + b.count };
}

/** The lower q-quantile, the value of rank ⌊q (n − 1)⌋, within the relative error. NaN of an empty sketch. */
export function sketchQuantile({ accuracy, positive, negative, zero, count }: LogSketch, q: number): number {
  if (count === 0 || !(q >= 0 && q <= 1)) return NaN;
  const gamma = gammaOf(accuracy);
  const valueOf = (bucket: number): number => (2 * gamma ** bucket) / (gamma + 1);
  const ordered: (readonly [number, number])[] = [
    ...[...negative].sort(([a], [b]) => b - a).map(([bucket, n]) => [-valueOf(bucket), n] as const), [0, zero], ...[...positive].sort(([a], [b]) => a - b).map(([bucket, n]) => [valueOf(bucket), n] as const),
  ];
  let left = Math.floor(q * (count - 1));
  for (const [value, n] of ordered) { if (left < n) return value; left -= n; }
  return NaN;
}

function gammaOf(accuracy: number): number { return (1 + accuracy) / (1 - accuracy); }
