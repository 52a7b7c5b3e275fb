import type { RolloutId, TenantId } from '../ids.ts';

/** Sums of paired differences d = challenger − champion, larger is better; one d per request (mean over its rows). */
export interface PairedSums {
  readonly kind: 'paired';
  /** Pairs with a known d. */
  readonly n: number;
  /** Pairs that need a label for their d, and those of them that have it in time. */
  readonly needed: number;
  readonly labelled: number;
  /** Pairs seen at all. */
  readonly pairs: number;
  readonly mean: number;
  /** Σ(d − mean)² (Welford). */
  readonly m2: number;
  readonly min: number;
  readonly max: number;
  /** What each version's answers were worth, over the requests where both answered and every row has its outcome; 0 where there is none. */
  readonly championMean: number;
  readonly challengerMean: number;
  /** How many requests those are; absent means n. */
  readonly scored?: number;
  /** Σ 1/π over the requests whose needed outcome was taken with a known chance π; absent where outcomes are not sampled. */
  readonly weight?: number;
}

/** Events per leg role: errors, slow answers, off-contract answers. Never pooled over roles. */
export interface RateSums {
  readonly kind: 'rate';
  readonly champion: Count;
  /** The challenger where it answered callers, and where it was mirrored. */
  readonly challengerServing: Count;
  readonly challengerShadow: Count;
  readonly championShadow: Count;
}
export interface Count { readonly n: number; readonly bad: number }

/** Who answered, against the probability that the route promised: one cell per share while the lease held. */
export interface ShareSums { readonly kind: 'share'; readonly cells: readonly { readonly challengerPer10k: number; readonly challenger: number; readonly total: number }[] }

/**
 * Evidence of one metric in one slot of τ: a pure function of the records and labels of that slot (decision D5).
 * Sealed once; `short` when coverage was not met by maturity + grace. Never fed again.
 */
export interface MicroBlock {
  readonly tenantId: TenantId;
  readonly rolloutId: RolloutId;
  readonly metric: string;
  /** floor(time / tauMs), time by the metric's clock. */
  readonly slot: number;
  readonly fromMs: number;
  readonly toMs: number;
  readonly state: 'sealed' | 'short';
  readonly sums: PairedSums | RateSums | ShareSums;
  readonly sealedAtMs: number;
}

/** What the collector tells of blocks not yet sealed, for progress only; no verdict reads it. */
export interface Progress {
  readonly tenantId: TenantId;
  readonly rolloutId: RolloutId;
  /** Highest ruling time seen in records of the deployment; the ruling now when the clock is event. */
  readonly watermarkMs: number;
  readonly lastRecordAtMs: number | null;
  readonly pairs: number;
  readonly openSlots: number;
  readonly labelCoverage: number | null;
  readonly labelDelayMs: number | null;
  /** Counted drops of the challenger's mirrors by reason. */
  readonly drops: Readonly<Record<string, number>>;
  readonly duplicates: number;
  readonly updatedAtMs: number;
}
