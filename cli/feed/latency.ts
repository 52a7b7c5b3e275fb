/** Latencies in logarithmic buckets: any number of them in little memory, quantiles within 1 % (DDSketch, VLDB 2019). */
export interface Latencies { add(ms: number): void; quantile(q: number): number | null; readonly count: number }

const RATIO = 1.02;
const LEAST_MS = 0.01;

export function latencies(): Latencies {
  const buckets = new Map<number, number>();
  let count = 0;
  return {
    add: (ms) => {
      const bucket = Math.ceil(Math.log(Math.max(ms, LEAST_MS) / LEAST_MS) / Math.log(RATIO));
      buckets.set(bucket, (buckets.get(bucket) ?? 0) + 1);
      count += 1;
    },
    quantile: (q) => {
      let left = q * (count - 1);
      for (const [bucket, size] of [...buckets].sort(([a], [b]) => a - b)) {
        left -= size;
        if (left < 0) return (2 * LEAST_MS * RATIO ** bucket) / (1 + RATIO);
      }
      return null;
    },
    get count() { return count; },
  };
}
