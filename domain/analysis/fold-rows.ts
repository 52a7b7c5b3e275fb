import type { Prediction } from '../contract.ts';
import type { StoredLeg } from '../record.ts';
import type { PairedSums } from './blocks.ts';
import { answered } from './metrics/leg-state.ts';
import type { RowMetric } from './metrics/metric.ts';
import { isPair, labelsByRequest, outcomeOf, rowNumbers, rowsOf, type LabelsOfRequest, type PairFold } from './pair-rows.ts';
import type { RequestLegs } from './requests.ts';
import { runningMoments } from './stats/moments.ts';

export type RowFold = PairFold<RowMetric>;

/**
 * One request, or one row of it. `d` is null while a needed outcome is missing; `worth` where the two are not both known.
 *
 * What is known without an outcome: rows that decide the same have d = 0; a version that failed, or whose answer cannot be read, has the worst d
 * that the metric allows against one that answered, and the other way round. Where neither answered there is nothing to compare: the request is
 * in `pairs` only, and the rates count both failures.
 */
export interface Difference { readonly d: number | null; readonly needsLabel: boolean; readonly worth: Worth | null }
interface Worth { readonly champion: number; readonly challenger: number }

/** One pass: a slot may hold as many requests as memory does. */
export function foldRows(fold: RowFold): PairedSums {
  const labels = labelsByRequest(fold.labels);
  const [known, championWorth, challengerWorth] = [runningMoments(), runningMoments(), runningMoments()];
  let [pairs, needed, labelled, min, max] = [0, 0, 0, Infinity, -Infinity];
  for (const request of fold.requests) {
    if (!isPair(request)) continue;
    pairs += 1;
    const compared = compareRequest(fold, request, labels.get(request.inferenceId));
    if (compared === null) continue;
    if (compared.needsLabel) { needed += 1; if (compared.d !== null) labelled += 1; }
    if (compared.d !== null) { known.add(compared.d); min = Math.min(min, compared.d); max = Math.max(max, compared.d); }
    if (compared.worth !== null) { championWorth.add(compared.worth.champion); challengerWorth.add(compared.worth.challenger); }
  }
  const [{ n, mean, m2 }, champion, challenger] = [known.moments(), championWorth.moments(), challengerWorth.moments()];
  return { kind: 'paired', n, needed, labelled, pairs, mean, m2, min: n === 0 ? 0 : min, max: n === 0 ? 0 : max, championMean: champion.mean, challengerMean: challenger.mean, scored: champion.n };
}

/** A request is one cluster: the mean over its rows, known when all of them are. Null when neither version answered any row. */
function compareRequest(fold: RowFold, { champion, challenger }: RequestLegs, labels: LabelsOfRequest | undefined): Difference | null {
  if (champion === null) return { d: fold.range.lo, needsLabel: false, worth: null };
  const alone = singleRow(champion, challenger);
  if (alone !== null) {
    const one = compareRow(fold, alone, outcomeOf(fold.terms.contract, labels, alone[0].row));
    return one === null ? null : { ...one, d: one.d === null ? null : Math.min(Math.max(one.d, fold.range.lo), fold.range.hi) };
  }
  const [ours, theirs] = [rowsOf(champion), rowsOf(challenger)];
  const compared = rowNumbers(ours, theirs).flatMap((row) => {
    const d = compareRow(fold, [ours.get(row), theirs.get(row)], outcomeOf(fold.terms.contract, labels, row));
    return d === null ? [] : [d];
  });
  if (compared.length === 0) return null;
  const d = meanOf(compared.map((row) => row.d));
  return {
    d: d === null ? null : Math.min(Math.max(d, fold.range.lo), fold.range.hi), needsLabel: compared.some(({ needsLabel }) => needsLabel),
    worth: meanWorth(compared),
  };
}

/** Both answered one and the same row: no batch, nothing to average. */
function singleRow(champion: StoredLeg, challenger: StoredLeg | null): readonly [Prediction, Prediction] | null {
  if (challenger === null || !answered(champion) || !answered(challenger) || champion.predictions.length !== 1 || challenger.predictions.length !== 1) return null;
  const [[ours], [theirs]] = [champion.predictions, challenger.predictions];
  return ours !== undefined && ours.row === theirs?.row ? [ours, theirs] : null;
}

export function compareRow({ metric, terms, range }: Pick<RowFold, 'metric' | 'terms' | 'range'>, [champion, challenger]: readonly [Prediction | undefined, Prediction | undefined], outcome: number | string | null): Difference | null {
  const championRow = champion !== undefined && metric.usable(champion) ? champion : null;
  const challengerRow = challenger !== undefined && metric.usable(challenger) ? challenger : null;
  if (championRow === null || challengerRow === null) {
    if (championRow === challengerRow) return null;
    return { d: challengerRow === null ? range.lo : range.hi, needsLabel: false, worth: null };
  }
  const worth = outcome === null ? null : finite({ champion: metric.score(championRow, outcome, terms), challenger: metric.score(challengerRow, outcome, terms) });
  if (metric.same(championRow, challengerRow)) return { d: 0, needsLabel: false, worth };
  return { d: worth === null ? null : worth.challenger - worth.champion, needsLabel: true, worth };
}

/** Null when one of them is. */
function meanOf(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length < values.length ? null : known.reduce((sum, value) => sum + value, 0) / known.length;
}

function meanWorth(rows: readonly Difference[]): Worth | null {
  const champion = meanOf(rows.map(({ worth }) => worth?.champion ?? null));
  const challenger = meanOf(rows.map(({ worth }) => worth?.challenger ?? null));
  return champion === null || challenger === null ? null : { champion, challenger };
}

/** An outcome of the wrong kind scores NaN: as good as none. */
function finite(worth: Worth): Worth | null { return Number.isFinite(worth.champion) && Number.isFinite(worth.challenger) ? worth : null; }
