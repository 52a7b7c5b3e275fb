import { LastmileError } from '../errors.ts';
import { ratioDifference, ratioOf, type RatioPart } from '../analysis/stats/ratio.ts';
import { deviation, momentsOf } from '../analysis/stats/moments.ts';
import { classReader, nameOf } from './classes.ts';
import type { FileFinding } from './file-verdict.ts';
import { asymptoticBounds, strictBounds, type MeanBounds } from './mean-bounds.ts';
import { nStarOf, type Level } from './mean-finding.ts';
import type { JudgeOptions } from './options.ts';
import { isLabelled, type PairedRow } from './paired-rows.ts';

/** A metric that is a ratio of counts of the confusion matrix: what one row adds to numerator and denominator. */
export interface ConfusionMetric { readonly name: string; readonly part: (predicted: boolean, actual: boolean) => RatioPart }

const count = (holds: boolean): number => (holds ? 1 : 0);
export const CONFUSION_METRICS: readonly ConfusionMetric[] = [
  { name: 'precision', part: (predicted, actual) => ({ y: count(predicted && actual), x: count(predicted) }) },
  { name: 'recall', part: (predicted, actual) => ({ y: count(predicted && actual), x: count(actual) }) },
  // 2 TP / (2 TP + FP + FN)
  { name: 'f1', part: (predicted, actual) => ({ y: 2 * count(predicted && actual), x: count(predicted) + count(actual) }) },
];

interface Parts { readonly champion: readonly RatioPart[]; readonly challenger: readonly RatioPart[] }

function partsOf({ part }: ConfusionMetric, rows: readonly PairedRow[], options: JudgeOptions): Parts {
  const classOf = classReader(rows, options);
  const positive = nameOf(options.positive);
  const known = rows.filter(isLabelled);
  if (known.length > 0 && !known.some(({ label }) => nameOf(label) === positive)) throw new LastmileError('LM_INVALID_REQUEST', `No outcome is "${options.positive}"; say with --positive which class counts as positive.`);
  const of = (column: 'champion' | 'challenger'): readonly RatioPart[] => known.map((row) => part(classOf(row[column]) === positive, nameOf(row.label) === positive));
  return { champion: of('champion'), challenger: of('challenger') };
}

/** Engine fast: the linearised difference over all rows. Engine strict: the mean over blocks of the difference within a block; blocks without a denominator say nothing. */
export function confusionFinding(metric: ConfusionMetric, rows: readonly PairedRow[], options: JudgeOptions, level: Level): FileFinding {
  const { champion, challenger } = partsOf(metric, rows, options);
  const all = ratioDifference(champion, challenger);
  const common = { name: metric.name, n: champion.length, champion: numberOrNull(all.champion), challenger: numberOrNull(all.challenger), discordant: champion.filter(({ x, y }, i) => { const other = challenger[i]; return x !== other?.x || y !== other.y; }).length };
  if (level.engine === 'fast') return { ...common, ...linearisedFinding({ champion: summed(champion, level.blockSize), challenger: summed(challenger, level.blockSize) }, options, level) };
  const challengers = runs(challenger, level.blockSize);
  const differences = runs(champion, level.blockSize).map((run, k) => ratioOf(challengers[k] ?? []) - ratioOf(run)).filter(Number.isFinite);
  return { ...common, ...blockFinding(differences, options, level) };
}

function linearisedFinding({ champion, challenger }: Parts, options: JudgeOptions, level: Level): Omit<FileFinding, 'name' | 'n' | 'champion' | 'challenger' | 'discordant'> {
  const { influence, champion: before, challenger: after } = ratioDifference(champion, challenger);
  const spread = deviation(momentsOf(influence));
  const bounds: MeanBounds = asymptoticBounds({ n: influence.length, mean: after - before, deviation: Number.isFinite(spread) ? spread : 0 }, level.nulls, { alpha: level.alpha, nStar: nStarOf(options, level.blockSize), method: 'asymptotic, linearised ratio' });
  return { ...bounds, blocks: influence.length, difference: numberOrNull(after - before), deviation: spread, worstBlock: null };
}

/** Differences of a metric within blocks, each in [−1, 1]. */
export function blockFinding(differences: readonly number[], options: JudgeOptions, { nulls, alpha, blockSize }: Level): Omit<FileFinding, 'name' | 'n' | 'champion' | 'challenger' | 'discordant'> {
  const bounds = strictBounds(differences, nulls, { range: options.range ?? { lo: -1, hi: 1 }, lossBound: options.lossBound, blockSize, vOpt: options.vOpt, alpha });
  const moments = momentsOf(differences);
  return { ...bounds, method: `${bounds.method}, differences within blocks`, blocks: differences.length, difference: differences.length === 0 ? null : moments.mean, deviation: deviation(moments), worstBlock: differences.length === 0 ? null : differences.reduce((a, b) => Math.min(a, b)) };
}

/** Whole runs of `size`. */
export function runs<T>(items: readonly T[], size: number): readonly (readonly T[])[] {
  return Array.from({ length: Math.floor(items.length / size) }, (_, k) => items.slice(k * size, (k + 1) * size));
}

function summed(parts: readonly RatioPart[], size: number): readonly RatioPart[] {
  return size === 1 ? parts : runs(parts, size).map((run) => run.reduce((total, { y, x }) => ({ y: total.y + y, x: total.x + x }), { y: 0, x: 0 }));
}

function numberOrNull(value: number): number | null { return Number.isFinite(value) ? value : null; }
