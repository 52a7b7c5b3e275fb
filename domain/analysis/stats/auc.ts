/** Scores of rows of both classes; larger means more likely positive. */
export interface Scores { readonly positive: readonly number[]; readonly negative: readonly number[] }

/** Midranks, ascending, of the values as they stand; ties share the mean of their ranks. */
export function midranks(values: readonly number[]): readonly number[] {
  const order = values.map((value, i) => ({ value, i })).sort((a, b) => a.value - b.value);
  const ranks = new Array<number>(values.length);
  for (let from = 0; from < order.length;) {
    let to = from;
    while (to + 1 < order.length && order[to + 1]?.value === order[from]?.value) to += 1;
    for (let k = from; k <= to; k += 1) ranks[order[k]?.i ?? 0] = (from + to) / 2 + 1;
    from = to + 1;
  }
  return ranks;
}

/** Area under the ROC curve: the share of (positive, negative) pairs in the right order, ties by half (Mann and Whitney). NaN without both classes. */
export function auc({ positive, negative }: Scores): number {
  const [m, n] = [positive.length, negative.length];
  const ranks = midranks([...positive, ...negative]);
  const sum = ranks.slice(0, m).reduce((total, rank) => total + rank, 0);
  return (sum - (m * (m + 1)) / 2) / (m * n);
}
