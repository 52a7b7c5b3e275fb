import type { PairedSums } from './blocks.ts';
import { compareRow, type RowFold } from './fold-rows.ts';
import { isPair, labelOf, labelsByRequest, outcomeOf, rowNumbers, rowsOf, type LabelsOfRequest } from './pair-rows.ts';
import type { RequestLegs } from './requests.ts';
import { pseudoOutcome } from './stats/aipw.ts';
import { momentsOf } from './stats/moments.ts';

export interface SampledFold extends RowFold {
  /** No outcome is taken with a smaller chance. */
  readonly least: number;
}

/** One request: its pseudo-outcome, which is known whether its outcome was taken or not, and how the propensities account for what was needed. */
interface Drawn { readonly d: number; readonly needed: boolean; readonly seen: boolean; readonly weight: number; readonly worth: { readonly champion: number; readonly challenger: number; readonly weight: number } | null }

/**
 * Outcomes that are taken of a random part of the requests, each with a known chance: d of a request that needs one is d/π where it was taken and 0 where it was not
 * (stats/aipw.ts, with no difference as the prediction). Its mean is that of all requests whatever the chance depends on, as long as the chance is what is said.
 * `weight`, Σ 1/π, should come to `needed`: that is how the judge sees a pipeline that lost outcomes.
 */
export function foldSampled(fold: SampledFold): PairedSums {
  const labels = labelsByRequest(fold.labels);
  const drawn: Drawn[] = [];
  let pairs = 0;
  for (const request of fold.requests) {
    if (!isPair(request)) continue;
    pairs += 1;
    const one = drawRequest(fold, request, labels.get(request.inferenceId));
    if (one !== null) drawn.push(one);
  }
  const values = drawn.map(({ d }) => d);
  const { n, mean, m2 } = momentsOf(values);
  const worths = drawn.flatMap(({ worth }) => worth ?? []);
  const weights = worths.reduce((sum, { weight }) => sum + weight, 0);
  const meanOf = (version: 'champion' | 'challenger'): number => (weights === 0 ? 0 : worths.reduce((sum, each) => sum + each.weight * each[version], 0) / weights);
  return {
    kind: 'paired', n, needed: drawn.filter(({ needed }) => needed).length, labelled: drawn.filter(({ seen }) => seen).length, pairs, mean, m2,
    min: values.reduce((a, b) => Math.min(a, b), n === 0 ? 0 : Infinity), max: values.reduce((a, b) => Math.max(a, b), n === 0 ? 0 : -Infinity),
    championMean: meanOf('champion'), challengerMean: meanOf('challenger'), scored: worths.length, weight: drawn.reduce((sum, { weight }) => sum + weight, 0),
  };
}

function drawRequest(fold: SampledFold, { champion, challenger }: RequestLegs, labels: LabelsOfRequest | undefined): Drawn | null {
  const natural = { ...fold, range: { lo: fold.range.lo * fold.least, hi: fold.range.hi * fold.least } };
  if (champion === null) return { d: natural.range.lo, needed: false, seen: false, weight: 0, worth: null };
  const [ours, theirs] = [rowsOf(champion), rowsOf(challenger)];
  const rows = rowNumbers(ours, theirs).flatMap((row) => {
    const propensity = labelOf(labels, row)?.propensity ?? null;
    const isKnown = propensity !== null && propensity >= fold.least && propensity <= 1;
    const compared = compareRow(natural, [ours.get(row), theirs.get(row)], isKnown ? outcomeOf(fold.terms.contract, labels, row) : null);
    return compared === null ? [] : [{ ...compared, propensity: isKnown ? propensity : 1 }];
  });
  if (rows.length === 0) return null;
  const wanting = rows.filter(({ needsLabel }) => needsLabel);
  const seen = wanting.filter(({ d }) => d !== null);
  const average = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  const worths = rows.flatMap(({ worth, propensity }) => (worth === null ? [] : [{ ...worth, weight: 1 / propensity }]));
  return {
    d: Math.min(Math.max(average(rows.map(({ d, needsLabel, propensity }) => (needsLabel ? pseudoOutcome({ value: d, propensity, predicted: 0 }) : d ?? 0))), fold.range.lo), fold.range.hi),
    needed: wanting.length > 0, seen: seen.length > 0, weight: wanting.length === 0 ? 0 : seen.reduce((sum, { propensity }) => sum + 1 / propensity, 0) / wanting.length,
    worth: worths.length === 0 ? null : { champion: average(worths.map((each) => each.champion)), challenger: average(worths.map((each) => each.challenger)), weight: average(worths.map((each) => each.weight)) },
  };
}
