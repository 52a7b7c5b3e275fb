/** Count, mean and Σ (x − mean)², from which numbers far from zero lose no digits (Welford 1962). */
export interface Moments { readonly n: number; readonly mean: number; readonly m2: number }

export const NO_MOMENTS: Moments = { n: 0, mean: 0, m2: 0 };

/** Welford's update. */
export function add({ n, mean, m2 }: Moments, x: number): Moments {
  const delta = x - mean;
  const moved = mean + delta / (n + 1);
  return { n: n + 1, mean: moved, m2: m2 + delta * (x - moved) };
}

/** Chan, Golub, LeVeque 1979: the moments of both. */
export function merge(a: Moments, b: Moments): Moments {
  if (a.n === 0) return b;
  if (b.n === 0) return a;
  const n = a.n + b.n;
  const delta = b.mean - a.mean;
  return { n, mean: a.mean + (delta * b.n) / n, m2: a.m2 + b.m2 + (delta * delta * a.n * b.n) / n };
}

/** Welford's update in place, for what runs over every request. */
export interface RunningMoments { add(x: number): void; moments(): Moments }
export function runningMoments(): RunningMoments {
  let [n, mean, m2] = [0, 0, 0];
  return {
    add(x) {
      const delta = x - mean;
      n += 1;
      mean += delta / n;
      m2 += delta * (x - mean);
    },
    moments: () => ({ n, mean, m2 }),
  };
}

/** Of all of them, in order. */
export function momentsOf(values: readonly number[]): Moments {
  const all = runningMoments();
  for (const x of values) all.add(x);
  return all.moments();
}

/** Sample standard deviation; 0 below two values. */
export function deviation({ n, m2 }: Moments): number { return n < 2 ? 0 : Math.sqrt(m2 / (n - 1)); }
