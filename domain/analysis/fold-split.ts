import { WHOLE } from '../share.ts';
import type { StoredLeg } from '../record.ts';
import type { PairedSums } from './blocks.ts';
import { NOTHING } from './fold-slot.ts';
import type { Answers, AnsweredRow, PairedMetric, RowMetric } from './metrics/metric.ts';
import { refusedRequest } from './metrics/leg-state.ts';
import { labelsByRequest, outcomeOf, rowsOf, type LabelsOfRequest, type PairFold } from './pair-rows.ts';
import type { RequestLegs } from './requests.ts';

type SplitFold = PairFold<PairedMetric>;
type Version = 'champion' | 'challenger';
/** What one version answered of the requests that the route drew for it. */
interface Arm { readonly requests: AnsweredRow[][]; readonly legs: StoredLeg[] }
/** Requests that were drawn with the same chance. */
type Stratum = Readonly<Record<Version, Arm>>;

/**
 * Split traffic: each request was answered by one version, which chance alone decided. Within a slot, and there among the requests drawn with the same chance, the two arms are random
 * parts of the same traffic, so that the difference of what the metric is in each is unbiased whatever the share is; strata are joined by their requests. Only what was drawn
 * counts: both versions could have been chosen, and the gateway's lease held. A stratum that lacks one arm says nothing. Every request needs its outcome: without the other answer
 * none can be known to be equal.
 */
export function foldSplit(fold: SplitFold): PairedSums {
  const labels = labelsByRequest(fold.labels);
  const strata = new Map<number, Stratum>();
  let [pairs, needed, labelled] = [0, 0, 0];
  for (const request of fold.requests) {
    const drawn = drawOf(request);
    if (drawn === null) continue;
    pairs += 1;
    const rows = rowsAnswered(fold, { leg: drawn.leg, request: pairs }, labels.get(request.inferenceId));
    if (rows === null) continue;
    needed += Number(fold.metric.needsOutcomes);
    if (fold.metric.needsOutcomes && rows.some(({ outcome }) => outcome === null)) continue;
    labelled += Number(fold.metric.needsOutcomes);
    const stratum = strata.get(drawn.challengerPer10k) ?? { champion: { requests: [], legs: [] }, challenger: { requests: [], legs: [] } };
    stratum[drawn.version].requests.push([...rows]);
    stratum[drawn.version].legs.push(drawn.leg);
    strata.set(drawn.challengerPer10k, stratum);
  }
  return { ...joined(fold, [...strata].sort(([a], [b]) => a - b).map(([, stratum]) => stratum)), pairs, needed, labelled };
}

/** Whom chance sent the request to, whoever answered in the end: a challenger that failed and was stood in for was drawn all the same. */
function drawOf({ champion, challenger }: RequestLegs): { readonly version: Version; readonly leg: StoredLeg; readonly challengerPer10k: number } | null {
  const version = challenger !== null && challenger.role !== 'shadow' ? 'challenger' : 'champion';
  const leg = version === 'challenger' ? challenger : champion;
  if (leg === null || leg.role === 'shadow' || leg.leaseLost || refusedRequest(leg)) return null;
  const challengerPer10k = version === 'challenger' ? leg.assignmentPer10k : WHOLE - leg.assignmentPer10k;
  return challengerPer10k > 0 && challengerPer10k < WHOLE ? { version, leg, challengerPer10k } : null;
}

/** A version that failed, or whose answer cannot be used, has a row without a prediction; its outcome is that of the request's first row. Null where the metric does not count failures. */
function rowsAnswered({ metric, terms: { contract } }: SplitFold, { leg, request }: { readonly leg: StoredLeg; readonly request: number }, labels: LabelsOfRequest | undefined): readonly AnsweredRow[] | null {
  const rows = [...rowsOf(leg)].map(([row, prediction]) => ({ prediction: metric.usable(prediction) ? prediction : null, outcome: outcomeOf(contract, labels, row), request }));
  if (rows.length > 0) return rows;
  if (metric.by === 'slot' && metric.countsFailures) return [];
  return metric.needsOutcomes ? [{ prediction: null, outcome: outcomeOf(contract, labels, 0), request }] : null;
}

function joined(fold: SplitFold, strata: readonly Stratum[]): Omit<PairedSums, 'pairs' | 'needed' | 'labelled'> {
  const found = strata.flatMap((stratum) => { const values = valuesOf(fold, stratum); return values === null ? [] : [{ ...values, n: stratum.champion.requests.length + stratum.challenger.requests.length }]; });
  const n = found.reduce((sum, each) => sum + each.n, 0);
  if (n === 0) return NOTHING;
  const over = (value: (of: { readonly champion: number; readonly challenger: number }) => number): number => found.reduce((sum, each) => sum + (value(each) * each.n) / n, 0);
  const { lo, hi } = fold.range;
  const mean = Math.min(Math.max(over(({ champion, challenger }) => challenger - champion), lo), hi);
  return { kind: 'paired', n, mean, m2: 0, min: mean, max: mean, championMean: over(({ champion }) => champion), challengerMean: over(({ challenger }) => challenger), scored: n };
}

function valuesOf({ metric, terms }: SplitFold, { champion, challenger }: Stratum): { readonly champion: number; readonly challenger: number } | null {
  if (champion.requests.length === 0 || challenger.requests.length === 0) return null;
  const values = metric.by === 'slot' ? metric.values(answersOf(champion), answersOf(challenger), terms) : { champion: meanScore(metric, champion, terms), challenger: meanScore(metric, challenger, terms) };
  return values !== null && Number.isFinite(values.champion) && Number.isFinite(values.challenger) ? values : null;
}

function answersOf({ requests, legs }: Arm): Answers { return { rows: requests.flat(), legs }; }

/** A request is one cluster: the mean over its rows, a row without a usable answer at the worst that there is. */
function meanScore(metric: RowMetric, { requests }: Arm, terms: SplitFold['terms']): number {
  const worst = metric.worst(terms);
  const score = ({ prediction, outcome }: AnsweredRow): number => (prediction === null ? worst : outcome === null ? NaN : metric.score(prediction, outcome, terms));
  return requests.reduce((sum, rows) => sum + rows.reduce((total, row) => total + score(row), 0) / rows.length, 0) / requests.length;
}
