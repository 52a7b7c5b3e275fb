/** One step of a fitted function: from this x on it has this value, until the next step. */
export interface IsotonicStep { readonly x: number; readonly value: number }

interface Pool { readonly x: number; value: number; weight: number }

/** Non-decreasing least-squares fit by pooling adjacent violators (Ayer, Brunk, Ewing, Reid, Silverman 1955). Ties in x are one point. O(n log n). */
export function isotonicFit(points: readonly { readonly x: number; readonly y: number }[]): readonly IsotonicStep[] {
  const pools: Pool[] = [];
  for (const { x, value, weight } of tied(points)) {
    pools.push({ x, value, weight });
    for (let last = pools.at(-1), before = pools.at(-2); last !== undefined && before !== undefined && before.value >= last.value; last = pools.at(-1), before = pools.at(-2)) {
      pools.pop();
      before.value = (before.value * before.weight + last.value * last.weight) / (before.weight + last.weight);
      before.weight += last.weight;
    }
  }
  return pools.map(({ x, value }) => ({ x, value }));
}

/** Below the first step its value; NaN without steps. */
export function isotonicValue(steps: readonly IsotonicStep[], x: number): number {
  let [low, high] = [0, steps.length - 1];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((steps[middle]?.x ?? Infinity) <= x) low = middle; else high = middle - 1;
  }
  return steps[low]?.value ?? NaN;
}

function tied(points: readonly { readonly x: number; readonly y: number }[]): readonly Pool[] {
  const pools: Pool[] = [];
  for (const { x, y } of [...points].sort((a, b) => a.x - b.x)) {
    const last = pools.at(-1);
    if (last?.x !== x) { pools.push({ x, value: y, weight: 1 }); continue; }
    last.value = (last.value * last.weight + y) / (last.weight + 1);
    last.weight += 1;
  }
  return pools;
}
