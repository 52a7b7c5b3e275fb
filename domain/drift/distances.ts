import { logGammaQ } from '../analysis/stats/log-incomplete-gamma.ts';

/** Counts of two samples over the same bins. */
export interface TwoCounts { readonly ref: readonly number[]; readonly cur: readonly number[] }

const HALF = 0.5;

/** Shares, as they are where every bin holds something of both, else with half a count more in every bin, so that no logarithm is infinite (Jeffreys). */
function shares({ ref, cur }: TwoCounts): { readonly p: readonly number[]; readonly q: readonly number[] } {
  const add = [...ref, ...cur].some((count) => count === 0) ? HALF : 0;
  const of = (counts: readonly number[]): readonly number[] => { const total = sum(counts) + add * counts.length; return counts.map((count) => (count + add) / total); };
  return { p: of(ref), q: of(cur) };
}

/** Population stability index Σ (q − p) ln(q/p), p of the reference: Kullback and Leibler's divergence both ways. 0 and up; natural logarithm. */
export function stabilityIndex(counts: TwoCounts): number {
  const { p, q } = shares(counts);
  return p.reduce((total, share, k) => total + ((q[k] ?? 0) - share) * Math.log((q[k] ?? 0) / share), 0);
}

/** Jensen and Shannon's divergence in bits (base 2), 0 … 1: half of KL(p|m) + KL(q|m), m the mean of both (Lin, IEEE TIT 37 (1991)). Empty bins add nothing. */
export function shannonDivergence({ ref, cur }: TwoCounts): number {
  const [n, m] = [sum(ref), sum(cur)];
  const part = (share: number, mean: number): number => (share === 0 ? 0 : share * Math.log2(share / mean));
  const total = ref.reduce((all, count, k) => {
    const [p, q] = [count / n, (cur[k] ?? 0) / m];
    return all + part(p, (p + q) / 2) + part(q, (p + q) / 2);
  }, 0);
  return Math.max(0, total / 2);
}

/** The largest difference of shares in any bin. */
export function largestDifference({ ref, cur }: TwoCounts): number {
  const [n, m] = [sum(ref), sum(cur)];
  return ref.reduce((most, count, k) => Math.max(most, Math.abs(count / n - (cur[k] ?? 0) / m)), 0);
}

export interface ChiSquare { readonly statistic: number; readonly freedom: number; readonly p: number }

/** Pearson's test of homogeneity of two samples, both with their own noise, without a continuity correction. Bins that are empty in both do not count; p 1 with one bin. */
export function chiSquareTest({ ref, cur }: TwoCounts): ChiSquare {
  const [n, m] = [sum(ref), sum(cur)];
  const used = ref.map((count, k) => [count, cur[k] ?? 0] as const).filter(([a, b]) => a + b > 0);
  const statistic = used.reduce((total, [a, b]) => {
    const [ofRef, ofCur] = [((a + b) * n) / (n + m), ((a + b) * m) / (n + m)];
    return total + (a - ofRef) ** 2 / ofRef + (b - ofCur) ** 2 / ofCur;
  }, 0);
  return { statistic, freedom: used.length - 1, p: chiSquareTail(statistic, used.length - 1) };
}

/** P(χ² > x) with `freedom` degrees: the upper regularised gamma Q(freedom/2, x/2). 1 without any. */
export function chiSquareTail(x: number, freedom: number): number { return freedom < 1 || !(x > 0) ? 1 : Math.exp(logGammaQ(freedom / 2, x / 2)); }

export function sum(values: readonly number[]): number { return values.reduce((total, value) => total + value, 0); }
