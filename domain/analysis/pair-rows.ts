import type { Contract, Prediction } from '../contract.ts';
import { labelValue } from '../contract-reading.ts';
import type { InferenceId } from '../ids.ts';
import type { Label, StoredLeg } from '../record.ts';
import type { Range } from '../value/payoff.ts';
import { answered, failed, refusedRequest } from './metrics/leg-state.ts';
import type { PairedMetric, Terms } from './metrics/metric.ts';
import type { RequestLegs } from './requests.ts';

/** What folds of pairs have in common: what they are given, which requests are pairs, their rows, and the outcomes of these. */

export interface PairFold<M extends PairedMetric> {
  readonly metric: M;
  readonly terms: Terms;
  readonly range: Range;
  readonly requests: readonly RequestLegs[];
  readonly labels: readonly Label[];
}

/** Both legs; or a challenger alone that failed its caller, since what fails in serving is often not mirrored. */
export function isPair({ champion, challenger }: RequestLegs): boolean {
  if (challenger === null) return false;
  return champion !== null || (challenger.role !== 'shadow' && failed(challenger) && !refusedRequest(challenger));
}

/** Of one request: its label, or its labels by row where there are several. One label is by far the commonest, and a map for each would cost more than the fold. */
export type LabelsOfRequest = Label | Map<number, Label>;
/** By request and row; of several for one row the newest labelMs holds, ties by receivedAtMs. */
export function labelsByRequest(labels: readonly Label[]): ReadonlyMap<InferenceId, LabelsOfRequest> {
  const byRequest = new Map<InferenceId, LabelsOfRequest>();
  for (const label of labels) {
    const known = byRequest.get(label.inferenceId);
    if (known === undefined) byRequest.set(label.inferenceId, label);
    else if (known instanceof Map) known.set(label.row, newer(known.get(label.row), label));
    else if (known.row === label.row) byRequest.set(label.inferenceId, newer(known, label));
    else byRequest.set(label.inferenceId, new Map([[known.row, known], [label.row, label]]));
  }
  return byRequest;
}

function newer(held: Label | undefined, label: Label): Label {
  return held === undefined || label.labelMs - held.labelMs > 0 || (label.labelMs === held.labelMs && label.receivedAtMs > held.receivedAtMs) ? label : held;
}

export function labelOf(labels: LabelsOfRequest | undefined, row: number): Label | undefined {
  return labels instanceof Map ? labels.get(row) : labels?.row === row ? labels : undefined;
}

/** As the contract reads it; null where there is none that it can read. */
export function outcomeOf(contract: Contract, labels: LabelsOfRequest | undefined, row: number): number | string | null {
  const label = labelOf(labels, row);
  return label === undefined ? null : labelValue(contract, label.value);
}

const NO_ROWS: ReadonlyMap<number, Prediction> = new Map();
/** Predictions by row; none where the leg did not answer readably. */
export function rowsOf(leg: StoredLeg | null): ReadonlyMap<number, Prediction> {
  return leg !== null && answered(leg) ? new Map(leg.predictions.map((prediction) => [prediction.row, prediction])) : NO_ROWS;
}

/** The rows that one of the two answered, in order. */
export function rowNumbers(ours: ReadonlyMap<number, Prediction>, theirs: ReadonlyMap<number, Prediction>): readonly number[] {
  return [...new Set([...ours.keys(), ...theirs.keys()])].sort((a, b) => a - b);
}
