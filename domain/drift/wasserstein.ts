/** Wasserstein-1 distance ∫ |F − G| of two empirical distributions, in the unit of the values (Vallender 1973). Both ascending and not empty. O(n + m). */
export function wassersteinDistance(a: Float64Array, b: Float64Array): number {
  let [i, j, total] = [0, 0, 0];
  let before = Math.min(a[0] ?? NaN, b[0] ?? NaN);
  while (i < a.length || j < b.length) {
    // Past its end a sample has no next value.
    const value = Math.min(a[i] ?? Infinity, b[j] ?? Infinity);
    total += Math.abs(i / a.length - j / b.length) * (value - before);
    before = value;
    i = pastEqual(a, i, value);
    j = pastEqual(b, j, value);
  }
  return total;
}

/** The first index from `i` on whose value is another. */
function pastEqual(values: Float64Array, i: number, value: number): number {
  let next = i;
  while (values[next] === value) next += 1;
  return next;
}

/** Least deviation that a distance is divided by: a column that hardly varies would make any move huge. */
const LEAST_DEVIATION = 0.001;

/** In standard deviations of the reference (over n), at least a thousandth. */
export function normedWasserstein(distance: number, reference: Float64Array): number {
  let [mean, m2] = [0, 0];
  reference.forEach((value, i) => { const delta = value - mean; mean += delta / (i + 1); m2 += delta * (value - mean); });
  return distance / Math.max(Math.sqrt(m2 / reference.length), LEAST_DEVIATION);
}
