import type { Range } from '../value/payoff.ts';
import { LastmileError } from '../errors.ts';
import { momentsOf, deviation } from '../analysis/stats/moments.ts';
import { mcnemarExactP } from '../analysis/stats/mcnemar.ts';
import { fastBounds, strictBounds, type MeanBounds, type NullMeans } from './mean-bounds.ts';
import type { MeanMetric } from './mean-metrics.ts';
import type { Engine } from '../deployment.ts';
import type { JudgeOptions } from './options.ts';
import { isAnswered, type PairedRow } from './paired-rows.ts';
import type { FileFinding } from './file-verdict.ts';

/** Differences of the rows that can be judged, in the order of the file. */
export interface Differences {
  readonly judged: readonly { readonly d: number; readonly segment: string | null }[];
  readonly champion: number | null;
  readonly challenger: number | null;
  /** Rows that needed an outcome, and those of them that had one. */
  readonly needed: number;
  readonly labelled: number;
  /** Rows that one version did not answer and that no range gives a difference. */
  readonly unanswered: number;
  /** Gains beyond the range that were cut. */
  readonly cut: number;
}

/** Of one row. `d` null: not known; `worth` null: not known of both. */
interface RowDifference { readonly d: number | null; readonly needsLabel: boolean; readonly worth: { readonly champion: number; readonly challenger: number } | null }
interface Rules { readonly metric: MeanMetric; readonly range: Range | null; readonly prepared: ReturnType<MeanMetric['prepare']> }

export function differencesOf(metric: MeanMetric, rows: readonly PairedRow[], options: JudgeOptions): Differences {
  const range = options.range ?? metric.range(options);
  const rules: Rules = { metric, range, prepared: metric.prepare(rows, options) };
  const compared = rows.filter((row) => row.championError !== row.challengerError || isAnswered(row)).map((row) => ({ segment: row.segment, ...compare(rules, row) }));
  const worths = compared.flatMap(({ worth }) => worth ?? []);
  const needing = compared.filter(({ needsLabel }) => needsLabel);
  return {
    judged: compared.flatMap(({ d, segment }) => d === null ? [] : [{ d: range === null ? d : Math.min(d, range.hi), segment }]),
    champion: meanOf(worths.map(({ champion }) => champion)), challenger: meanOf(worths.map(({ challenger }) => challenger)),
    needed: needing.length, labelled: needing.filter(({ d }) => d !== null).length, unanswered: compared.filter(({ d, needsLabel }) => d === null && !needsLabel).length,
    cut: range === null ? 0 : compared.filter(({ d }) => d !== null && d > range.hi).length,
  };
}

/** A version that alone did not answer has the worst difference that the range allows; without a range nothing can be said. */
function compare({ metric, range, prepared: { score, same } }: Rules, row: PairedRow): RowDifference {
  if (!isAnswered(row)) return { d: range === null ? null : row.challengerError ? range.lo : range.hi, needsLabel: false, worth: null };
  const { champion, challenger, label } = row;
  const worth = metric.needsLabel && label === null ? null : { champion: score(row, 'champion', champion, label ?? ''), challenger: score(row, 'challenger', challenger, label ?? '') };
  if (same(champion, challenger)) return { d: 0, needsLabel: false, worth };
  return { d: worth === null ? null : metric.sign * (worth.challenger - worth.champion), needsLabel: metric.needsLabel, worth };
}

function meanOf(values: readonly number[]): number | null { return values.length === 0 ? null : momentsOf(values).mean; }

/** Means of consecutive runs; what is left at the end is not whole and left out. */
export function blockMeans(values: readonly number[], size: number): readonly number[] {
  if (size === 1) return values;
  return Array.from({ length: Math.floor(values.length / size) }, (_, k) => momentsOf(values.slice(k * size, (k + 1) * size)).mean);
}

/** Planned observations where the option says nothing: those of 5,000 rows. */
const USUAL_ROWS = 5_000;
const FEWEST_PLANNED = 30;

export interface Level { readonly alpha: number; readonly nulls: NullMeans; readonly engine: Engine; readonly blockSize: number }

/** Throws LM_INVALID_REQUEST where the strict engine has no range to go by. */
export function boundsOf(blocks: readonly number[], range: Range | null, options: JudgeOptions, { alpha, nulls, engine, blockSize }: Level): MeanBounds {
  if (engine === 'fast') return fastBounds(blocks, nulls, { alpha, nStar: nStarOf(options, blockSize) });
  if (range === null) throw new LastmileError('LM_INVALID_REQUEST', `The strict engine needs to know how far two answers of ${options.metric} can differ: give --range LO,HI, or --engine fast, which is approximate.`);
  return strictBounds(blocks, nulls, { range, lossBound: options.lossBound, blockSize, vOpt: options.vOpt, alpha });
}

export function nStarOf({ nStar }: Pick<JudgeOptions, 'nStar'>, blockSize: number): number { return nStar ?? Math.max(FEWEST_PLANNED, USUAL_ROWS / blockSize); }

export function meanFinding(metric: MeanMetric, differences: Differences, options: JudgeOptions, level: Level): FileFinding {
  const values = differences.judged.map(({ d }) => d);
  const blocks = blockMeans(values, level.blockSize);
  const bounds = boundsOf(blocks, options.range ?? metric.range(options), options, level);
  const moments = momentsOf(blocks);
  return {
    name: metric.name, n: values.length, blocks: blocks.length, champion: differences.champion, challenger: differences.challenger, difference: blocks.length === 0 ? null : moments.mean,
    ...bounds, ...(metric.name === 'accuracy' || metric.name === 'error-rate' ? mcnemar(values) : {}),
    deviation: deviation(moments), discordant: values.filter((d) => d !== 0).length, worstBlock: blocks.length === 0 ? null : blocks.reduce((a, b) => Math.min(a, b)),
  };
}

/** The exact p-value of a fixed sample, as a cross-check. */
function mcnemar(values: readonly number[]): { readonly pValue: number } {
  return { pValue: mcnemarExactP({ better: values.filter((d) => d > 0).length, worse: values.filter((d) => d < 0).length }) };
}
