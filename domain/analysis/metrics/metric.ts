import type { Contract, Prediction } from '../../contract.ts';
import type { ValueModel } from '../../deployment.ts';
import type { StoredLeg } from '../../record.ts';
import type { Range } from '../../value/payoff.ts';

/** What a metric may look at besides the answers: the champion's frozen contract, and what answers are worth. */
export interface Terms {
  readonly contract: Contract;
  readonly value: ValueModel | null;
  /** Of the pinball loss; null where the file names none. */
  readonly quantile: number | null;
}

/**
 * A mean of differences d = challenger − champion on the same request, larger is better.
 * One row is judged by `score`; fold-rows.ts makes d of a request from its rows, so that every metric treats batches,
 * missing outcomes and unusable answers in the same way.
 */
export interface RowMetric {
  readonly name: string;
  readonly kind: 'paired';
  readonly by: 'row';
  readonly needsOutcomes: true;
  readonly unit: string;
  /** Hard range of d per row, so of d per request too; or, as text, what the contract or the value model lacks to give one. */
  range(terms: Terms): Range | string;
  /** Whether this row can be scored at all; one that cannot counts as failed. */
  usable(row: Prediction): boolean;
  /** Rows of which it is known without an outcome that d = 0. */
  same(champion: Prediction, challenger: Prediction): boolean;
  /** What a usable row is worth once its outcome is known; larger is better. NaN where the outcome is of the wrong kind. */
  score(row: Prediction, label: number | string, terms: Terms): number;
  /** The lowest score there is: what no answer is worth where traffic is split, and no answer of the other version stands beside it. */
  worst(terms: Terms): number;
}

/** One row as a version answered it; without a prediction where it failed, or where the metric cannot use it. */
export interface AnsweredRow { readonly prediction: Prediction | null; readonly outcome: number | string | null; /** Which request of the slot it is a row of. */ readonly request: number }

/** What one version answered in a slot: its rows, and its legs of the requests that both were asked. */
export interface Answers { readonly rows: readonly AnsweredRow[]; readonly legs: readonly StoredLeg[] }

/** A metric of differences that is no mean of rows: what it is for each version over all requests of a slot (fold-slot.ts). */
export interface SlotMetric {
  readonly name: string;
  readonly kind: 'paired';
  readonly by: 'slot';
  readonly unit: string;
  readonly needsOutcomes: boolean;
  /** Requests that neither version answered belong to it too: what it looks at is the legs. */
  readonly countsFailures: boolean;
  /** Hard range of the difference; or, as text, what the contract or the value model lacks to give one. */
  range(terms: Terms): Range | string;
  usable(row: Prediction): boolean;
  /** Larger is better. Null where the slot does not tell it of either version. */
  values(champion: Answers, challenger: Answers, terms: Terms): { readonly champion: number; readonly challenger: number } | null;
}

export type PairedMetric = RowMetric | SlotMetric;

/** Both answers to the request before, in the same slot; of requests that both answered readably. */
export interface AnsweredBefore { readonly champion: StoredLeg; readonly challenger: StoredLeg }

/** One leg of a request, whose it is, and the other version's leg of the same request where there is one. */
export interface LegInRequest { readonly version: 'champion' | 'challenger'; readonly leg: StoredLeg; readonly other: StoredLeg | null; readonly before: AnsweredBefore | null }

/** A metric of events, counted for each version and each role on its own. */
export interface RateMetric {
  readonly name: string;
  readonly kind: 'rate';
  readonly unit: string;
  /** 1 bad, 0 good, or a share of the request's rows between; null where this leg is not counted. */
  bad(of: LegInRequest, contract: Contract): number | null;
}

/** Whether callers were split as the route promised; judged in every rollout, never named in a file. */
export interface ShareMetric { readonly name: 'share'; readonly kind: 'share'; readonly unit: string }

export type Metric = PairedMetric | RateMetric | ShareMetric;
