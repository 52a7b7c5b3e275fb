import { normals, uniforms } from '../analysis/stats/seeded-random.ts';

/**
 * Drift of all numeric columns together, of their joint distribution: maximum mean discrepancy with a Gaussian kernel by random Fourier features (Rahimi and Recht,
 * NIPS 2007; Gretton et al., JMLR 13 (2012)). Only mean feature vectors of blocks of rows are kept, so that it is one pass and merges; p by exchanging whole blocks,
 * so that rows that hang together within a block do not count as many.
 */
export interface FeatureSpace {
  readonly seed: number;
  /** Columns as they lie in a row, with what they are standardised by. */
  readonly columns: readonly { readonly at: number; readonly mean: number; readonly deviation: number }[];
}
/** Means of the feature vectors of runs of rows. */
export type BlockMeans = readonly (readonly number[])[];

const FREQUENCIES = 64;
const PERMUTATIONS = 499;
/** Fewer blocks on either side have too few exchanges to tell. */
export const LEAST_BLOCKS = 5;

/** cos and sin of 64 random projections of the standardised row; missing values lie at the mean. The kernel's width is √d, the usual distance of two rows of d columns. */
export function embedding({ seed, columns }: FeatureSpace): (values: readonly (number | null)[]) => Float64Array {
  const normal = normals(seed);
  const scale = 1 / Math.sqrt(Math.max(1, columns.length));
  const weights = Array.from({ length: FREQUENCIES }, () => columns.map(() => normal() * scale));
  return (values) => {
    const row = columns.map(({ at, mean, deviation }) => { const value = values[at]; return value === null || value === undefined || !(deviation > 0) ? 0 : Math.max(-FAR, Math.min(FAR, (value - mean) / deviation)); });
    const out = new Float64Array(2 * FREQUENCIES);
    weights.forEach((weight, k) => {
      const angle = weight.reduce((sum, w, j) => sum + w * (row[j] ?? 0), 0);
      out[2 * k] = Math.cos(angle) / Math.sqrt(FREQUENCIES);
      out[2 * k + 1] = Math.sin(angle) / Math.sqrt(FREQUENCIES);
    });
    return out;
  };
}
/** Standard deviations beyond which a value is as far as any other. */
const FAR = 8;

export interface Discrepancy { readonly mmd2: number; readonly p: number }

/** |μ̂_ref − μ̂_cur|² of the means over blocks, and the share of exchanges of blocks that give as much; null with too few blocks. */
export function discrepancy(ref: BlockMeans, cur: BlockMeans, seed: number): Discrepancy | null {
  if (ref.length < LEAST_BLOCKS || cur.length < LEAST_BLOCKS) return null;
  const all = [...ref, ...cur];
  const apart = (order: readonly number[]): number => distance(meanOf(order.slice(0, ref.length).map((k) => all[k] ?? [])), meanOf(order.slice(ref.length).map((k) => all[k] ?? [])));
  const order = all.map((_, k) => k);
  const mmd2 = apart(order);
  const u = uniforms(seed);
  let asMuch = 0;
  for (let i = 0; i < PERMUTATIONS; i += 1) asMuch += Number(apart(shuffled(order, u)) >= mmd2);
  return { mmd2, p: (1 + asMuch) / (1 + PERMUTATIONS) };
}

function meanOf(vectors: BlockMeans): Float64Array {
  const sum = new Float64Array(vectors[0]?.length ?? 0);
  for (const vector of vectors) vector.forEach((x, k) => { sum[k] = (sum[k] ?? 0) + x / vectors.length; });
  return sum;
}
function distance(a: Float64Array, b: Float64Array): number { return a.reduce((sum, x, k) => sum + (x - (b[k] ?? 0)) ** 2, 0); }

/** Fisher and Yates. */
function shuffled(order: readonly number[], u: () => number): readonly number[] {
  const out = [...order];
  for (let i = out.length - 1; i > 0; i -= 1) {
    const j = Math.floor(u() * (i + 1));
    [out[i], out[j]] = [out[j] ?? 0, out[i] ?? 0];
  }
  return out;
}
