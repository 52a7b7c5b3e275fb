import type { PairedSums } from './blocks.ts';
import type { Answers, AnsweredRow, SlotMetric } from './metrics/metric.ts';
import { isPair, labelsByRequest, outcomeOf, rowNumbers, rowsOf, type LabelsOfRequest, type PairFold } from './pair-rows.ts';
import type { RequestLegs } from './requests.ts';

type SlotFold = PairFold<SlotMetric>;
interface Rows { readonly champion: readonly AnsweredRow[]; readonly challenger: readonly AnsweredRow[] }

/**
 * A metric that is no mean of rows: its value for each version over the requests of the slot whose outcomes are all known, and their difference as the mean of the
 * slot. Every pair that one of them answered needs its outcome, since a value over some of them is the value of others. A version that failed, or whose answer
 * cannot be used, has a row without a prediction, which the metric counts as the worst answer. n is 0 where either version has no value.
 */
export function foldSlot(fold: SlotFold): PairedSums {
  const { metric, terms, range, requests } = fold;
  const labels = labelsByRequest(fold.labels);
  const used: RequestLegs[] = [];
  const rows: { readonly champion: AnsweredRow[]; readonly challenger: AnsweredRow[] } = { champion: [], challenger: [] };
  let [pairs, needed] = [0, 0];
  for (const request of requests) {
    if (!isPair(request)) continue;
    pairs += 1;
    const of = rowsOfRequest(fold, { legs: request, number: pairs }, labels.get(request.inferenceId));
    if (of === null) continue;
    needed += Number(metric.needsOutcomes);
    if (of === 'unknown') continue;
    used.push(request);
    rows.champion.push(...of.champion);
    rows.challenger.push(...of.challenger);
  }
  const found = metric.values(answersOf(used, rows, 'champion'), answersOf(used, rows, 'challenger'), terms);
  const labelled = metric.needsOutcomes ? used.length : 0;
  if (found === null || !Number.isFinite(found.champion) || !Number.isFinite(found.challenger)) return { ...NOTHING, needed, labelled, pairs };
  const mean = Math.min(Math.max(found.challenger - found.champion, range.lo), range.hi);
  return { kind: 'paired', n: used.length, needed, labelled, pairs, mean, m2: 0, min: mean, max: mean, championMean: found.champion, challengerMean: found.challenger, scored: used.length };
}

/** Of a slot that tells nothing. */
export const NOTHING: PairedSums = { kind: 'paired', n: 0, needed: 0, labelled: 0, pairs: 0, mean: 0, m2: 0, min: 0, max: 0, championMean: 0, challengerMean: 0, scored: 0 };

function answersOf(used: readonly RequestLegs[], rows: Rows, version: 'champion' | 'challenger'): Answers { return { rows: rows[version], legs: used.filter(({ champion, challenger }) => champion !== null && challenger !== null).flatMap((request) => request[version] ?? []) }; }

/** Null where neither version gave a usable answer; 'unknown' while an outcome is missing that the metric needs. */
function rowsOfRequest({ metric, terms: { contract } }: SlotFold, { legs: { champion, challenger }, number: request }: { readonly legs: RequestLegs; readonly number: number }, labels: LabelsOfRequest | undefined): Rows | 'unknown' | null {
  const usable = (found: AnsweredRow['prediction'] | undefined): AnsweredRow['prediction'] => (found !== null && found !== undefined && metric.usable(found) ? found : null);
  // A challenger that failed its caller alone: the champion was not asked, and the outcome of the first row stands for all.
  if (champion === null) return !metric.needsOutcomes ? null : withOutcomes(metric, { champion: [], challenger: [{ prediction: null, outcome: outcomeOf(contract, labels, 0), request }] });
  const [ours, theirs] = [rowsOf(champion), rowsOf(challenger)];
  const rows = rowNumbers(ours, theirs).map((row) => ({ ours: usable(ours.get(row)), theirs: usable(theirs.get(row)), outcome: outcomeOf(contract, labels, row) })).filter((row) => row.ours !== null || row.theirs !== null);
  if (rows.length === 0) return metric.countsFailures ? { champion: [], challenger: [] } : null;
  return withOutcomes(metric, { champion: rows.map((row) => ({ prediction: row.ours, outcome: row.outcome, request })), challenger: rows.map((row) => ({ prediction: row.theirs, outcome: row.outcome, request })) });
}

function withOutcomes({ needsOutcomes }: SlotMetric, rows: Rows): Rows | 'unknown' {
  return needsOutcomes && [...rows.champion, ...rows.challenger].some(({ outcome }) => outcome === null) ? 'unknown' : rows;
}
