import { chiSquareTest, largestDifference, shannonDivergence, stabilityIndex, sum, type TwoCounts } from './distances.ts';
import { countInto, paired, quantileEdges, type Edges } from './histogram.ts';
import { binnedSmirnov, smirnovP, smirnovStatistic } from './kolmogorov-smirnov.ts';
import { cutInCells } from './ordered-cells.ts';
import { decideDrift, indexP, USUAL_RULE, windowAlpha, type DriftRule, type DriftVerdict } from './rule.ts';
import { normedWasserstein, wassersteinDistance } from './wasserstein.ts';

/** One column of one sample. `numbers` holds every cell that is a finite number, `counts` every cell that is not empty by its text; `others`: cells that are neither empty nor a number. */
export interface ColumnSample { readonly numbers: Float64Array; readonly counts: ReadonlyMap<string, number>; readonly missing: number; readonly others: number }

/** What differs between two samples of a column. Null: not defined for it. Distances by bins use the edges or categories told. */
export interface ColumnDrift {
  readonly type: 'numeric' | 'categorical';
  /** Cells with a value. */
  readonly nRef: number;
  readonly nCur: number;
  readonly missing: { readonly ref: number; readonly cur: number };
  readonly psi: number;
  readonly psiP: number;
  readonly jsDistance: number;
  readonly jsDivergence: number;
  /** Of the logarithm in the Jensen-Shannon figures. */
  readonly base: 2;
  readonly wasserstein: number | null;
  /** In standard deviations of the reference. */
  readonly wassersteinNormed: number | null;
  readonly ks: number | null;
  readonly ksP: number | null;
  readonly lInfinity: number;
  readonly chiSquare: number;
  readonly chiSquareP: number;
  readonly edges: Edges | null;
  /** Categories that the reference has not, the most frequent first; at most ten are told. */
  readonly newCategories: readonly string[];
  readonly verdict: DriftVerdict;
}
interface Measured { readonly column: Omit<ColumnDrift, 'verdict'>; /** What the rule goes by. */ readonly counted: TwoCounts }

export interface DriftDocument {
  readonly verdict: DriftVerdict;
  readonly columns: Readonly<Record<string, ColumnDrift>>;
  readonly rule: DriftRule & { /** Level of this window, over all its columns. */ readonly alpha: number };
}

export interface DriftOptions { readonly bins: number; readonly categories: number; readonly rule: DriftRule }
export const USUAL_DRIFT: DriftOptions = { bins: 10, categories: 50, rule: USUAL_RULE };

/** `edges` fixes the bins of a numeric column; null: quantiles of the reference. */
export interface TwoSamples { readonly name: string; readonly ref: ColumnSample; readonly cur: ColumnSample; readonly edges: Edges | null }

export function driftOf(columns: readonly TwoSamples[], options: DriftOptions): DriftDocument {
  return documentOf(columns.map((column) => [column.name, isNumeric(column) ? numericDrift(column, options) : categoricalDrift(column, options)] as const), options.rule);
}

/** Bins that were counted elsewhere: `ordered` bins have a distribution function, named ones have none. */
export interface CountedColumn { readonly name: string; readonly counts: TwoCounts; readonly ordered: boolean }

export function driftOfCounts(columns: readonly CountedColumn[], rule: DriftRule): DriftDocument {
  return documentOf(columns.map(({ name, counts, ordered }) => {
    const [n, m] = [sum(counts.ref), sum(counts.cur)];
    const ks = ordered ? binnedSmirnov(counts.ref, counts.cur) : null;
    const column = {
      type: ordered ? 'numeric' as const : 'categorical' as const, nRef: n, nCur: m, missing: { ref: 0, cur: 0 }, ...byBins(counts), wasserstein: ordered ? stepsApart(counts) : null, wassersteinNormed: null,
      ks, ksP: ks === null ? null : smirnovP(ks, n, m), edges: null, newCategories: [],
    };
    return [name, { column, counted: counts }] as const;
  }), rule);
}

/** One window: any column with drift is drift; all without enough rows say nothing. */
function documentOf(measured: readonly (readonly [string, Measured])[], rule: DriftRule): DriftDocument {
  const verdicts = decideDrift(measured.map(([, { counted, column: { psi } }]) => ({ counts: counted, index: psi })), rule);
  const columns = Object.fromEntries(measured.map(([name, { column }], k) => [name, { ...column, verdict: verdicts[k] ?? 'insufficient' } satisfies ColumnDrift]));
  const verdict = verdicts.includes('drift') ? 'drift' : verdicts.includes('no-drift') ? 'no-drift' : 'insufficient';
  return { verdict, columns, rule: { ...rule, alpha: windowAlpha(rule) } };
}

function isNumeric({ ref, edges }: TwoSamples): boolean { return edges !== null || (ref.others === 0 && ref.numbers.length > 0); }

function numericDrift({ ref, cur, edges: fixed }: TwoSamples, { bins }: DriftOptions): Measured {
  const [old, young] = [ref.numbers, cur.numbers];
  const cells = cutInCells(old, young);
  const edges = fixed ?? quantileEdges(cells, bins);
  const counted = paired(countInto(old, edges, ref.missing + ref.others), countInto(young, edges, cur.missing + cur.others));
  const both = old.length > 0 && young.length > 0;
  const wasserstein = both ? wassersteinDistance(cells) : null;
  const ks = both ? smirnovStatistic(cells) : null;
  const column = {
    type: 'numeric' as const, nRef: old.length, nCur: young.length, missing: { ref: ref.missing + ref.others, cur: cur.missing + cur.others }, ...byBins(counted),
    wasserstein, wassersteinNormed: wasserstein === null ? null : normedWasserstein(wasserstein, old), ks, ksP: ks === null ? null : smirnovP(ks, old.length, young.length), edges, newCategories: [],
  };
  return { column, counted };
}

/** The most frequent categories of the reference, and all others as one. */
function categoricalDrift({ ref, cur }: TwoSamples, { categories }: DriftOptions): Measured {
  const byFrequency = (sample: ColumnSample): readonly string[] => [...sample.counts].sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1)).map(([name]) => name);
  const kept = byFrequency(ref).slice(0, categories);
  const of = ({ counts, missing }: ColumnSample): readonly number[] => {
    const own = kept.map((name) => counts.get(name) ?? 0);
    return [...own, sum([...counts.values()]) - sum(own), missing];
  };
  const [old, young] = [of(ref), of(cur)];
  // Others and missing only where there are any.
  const used = old.map((count, k) => k < kept.length || count + (young[k] ?? 0) > 0);
  const counted = { ref: old.filter((_, k) => used[k]), cur: young.filter((_, k) => used[k]) };
  const column = {
    type: 'categorical' as const, nRef: sum([...ref.counts.values()]), nCur: sum([...cur.counts.values()]), missing: { ref: ref.missing, cur: cur.missing }, ...byBins(counted),
    wasserstein: null, wassersteinNormed: null, ks: null, ksP: null, edges: null, newCategories: byFrequency(cur).filter((name) => !ref.counts.has(name)).slice(0, MOST_TOLD),
  };
  return { column, counted };
}
const MOST_TOLD = 10;

function byBins(counts: TwoCounts): Pick<ColumnDrift, 'psi' | 'psiP' | 'jsDistance' | 'jsDivergence' | 'base' | 'lInfinity' | 'chiSquare' | 'chiSquareP'> {
  const empty = sum(counts.ref) === 0 || sum(counts.cur) === 0;
  const [psi, jsDivergence] = empty ? [0, 0] : [stabilityIndex(counts), shannonDivergence(counts)];
  const { statistic, p } = empty ? { statistic: 0, p: 1 } : chiSquareTest(counts);
  return { psi, psiP: empty ? 1 : indexP({ counts, index: psi }), jsDistance: Math.sqrt(jsDivergence), jsDivergence, base: 2, lInfinity: empty ? 0 : largestDifference(counts), chiSquare: statistic, chiSquareP: p };
}

/** Wasserstein-1 between bins that lie one step apart, in steps. */
function stepsApart({ ref, cur }: TwoCounts): number {
  const [n, m] = [sum(ref), sum(cur)];
  let [f, g, total] = [0, 0, 0];
  ref.forEach((count, k) => { f += count / n; g += (cur[k] ?? 0) / m; if (k < ref.length - 1) total += Math.abs(f - g); });
  return total;
}
