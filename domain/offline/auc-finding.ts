import { delong } from '../analysis/stats/delong.ts';
import { deviation, momentsOf } from '../analysis/stats/moments.ts';
import { normalQuantile } from '../analysis/stats/normal-distribution.ts';
import type { FileFinding } from './file-verdict.ts';
import { strictBounds } from './mean-bounds.ts';
import type { Level } from './mean-finding.ts';
import type { JudgeOptions } from './options.ts';
import { finiteNumber, isLabelled, outcome, type PairedRow } from './paired-rows.ts';

interface ScoredRow { readonly champion: number; readonly challenger: number; readonly positive: boolean }

/**
 * Difference and interval by DeLong, which hold for one look at a finished file; the e-values by a stream that stands any number of looks: each run of rows
 * of one class is compared with the rows of the other class that wait, every row once, which makes differences in [−1, 1] whose mean is that of the AUCs
 * where the rows are alike over time.
 */
export function aucFinding(rows: readonly PairedRow[], options: JudgeOptions, { alpha, nulls }: Level): FileFinding {
  const known = rows.filter(isLabelled).map((row): ScoredRow => ({ champion: finiteNumber(row, 'champion', row.champion), challenger: finiteNumber(row, 'challenger', row.challenger), positive: outcome(row, row.label) === 1 }));
  const scores = (column: 'champion' | 'challenger', positive: boolean): readonly number[] => known.filter((row) => row.positive === positive).map((row) => row[column]);
  const of = (column: 'champion' | 'challenger') => ({ positive: scores(column, true), negative: scores(column, false) });
  const whole = delong(of('champion'), of('challenger'));
  const stream = freshPairs(known);
  const { logBetter, logWorse } = strictBounds(stream, nulls, { range: { lo: -1, hi: 1 }, lossBound: null, blockSize: 1, vOpt: options.vOpt, alpha });
  const isKnown = Number.isFinite(whole.standardError);
  const radius = -normalQuantile(alpha / 2) * whole.standardError;
  return {
    name: 'auc', n: known.length, blocks: stream.length, champion: finite(whole.champion), challenger: finite(whole.challenger), difference: finite(whole.difference),
    lower: isKnown ? whole.difference - radius : null, upper: isKnown ? whole.difference + radius : null, logBetter, logWorse,
    ...(isKnown ? { statistic: whole.statistic, pValue: whole.p } : {}), method: 'DeLong, one look; e-values by fresh pairs, any number of looks',
    deviation: deviation(momentsOf(stream)), discordant: known.filter(({ champion, challenger }) => champion !== challenger).length, worstBlock: null,
  };
}

/** Challenger's minus champion's share of pairs in the right order, ties by half, one value each time that waiting rows of one class meet a row of the other. */
function freshPairs(rows: readonly ScoredRow[]): readonly number[] {
  const differences: number[] = [];
  let waiting: ScoredRow[] = [];
  for (const row of rows) {
    if (waiting.length === 0 || waiting[0]?.positive === row.positive) { waiting.push(row); continue; }
    const gain = (other: ScoredRow): number => (row.positive ? gainOf(row, other) : gainOf(other, row));
    differences.push(waiting.reduce((sum, other) => sum + gain(other), 0) / waiting.length);
    waiting = [];
  }
  return differences;
}

function gainOf(up: ScoredRow, down: ScoredRow): number { return inOrder(up.challenger, down.challenger) - inOrder(up.champion, down.champion); }
function inOrder(positive: number, negative: number): number { return positive > negative ? 1 : positive === negative ? 0.5 : 0; }
function finite(value: number): number | null { return Number.isFinite(value) ? value : null; }
