import type { OffContract, Prediction } from './contract.ts';
import type { Cell } from './drift/feature-code.ts';
import type { DeploymentUid, InferenceId, RolloutId, TenantId, VariantId } from './ids.ts';

export const RECORD_VERSION = 1;

/** champion/challenger: answered the caller; shadow: mirrored, never seen by the caller. */
export const LEG_ROLES = ['champion', 'challenger', 'shadow'] as const;
export type LegRole = (typeof LEG_ROLES)[number];

export const LEG_ERRORS = ['status', 'connect', 'timeout', 'aborted', 'protocol'] as const;
export type LegError = (typeof LEG_ERRORS)[number];

/**
 * One leg of one inference as the gateway ships it: the raw answer, not its meaning.
 * All legs of an inference carry the same atMs and eventMs, so that they fall into the same micro-block.
 */
export interface LegRecord {
  readonly v: number;
  readonly tenantId: TenantId;
  readonly deploymentUid: DeploymentUid;
  readonly inferenceId: InferenceId;
  /** The client's own id; unique per deployment, duplicates are counted and left out. */
  readonly alias: string | null;
  readonly variantId: VariantId;
  readonly role: LegRole;
  /** Route revision that decided. */
  readonly revision: number;
  readonly rolloutId: RolloutId | null;
  /** Gateway time when the request was received, UTC ms. */
  readonly atMs: number;
  /** Business time from x-lastmile-event-time, UTC ms. */
  readonly eventMs: number | null;
  readonly status: number;
  readonly error: LegError | null;
  readonly latencyMs: number;
  /** Probability, per 10,000, with which this variant was chosen to answer. Shadow legs: sampling per 10,000. */
  readonly assignmentPer10k: number;
  readonly leaseLost: boolean;
  /** Raw JSON answer, or null when over the cap, binary, or absent. */
  readonly response: string | null;
  readonly unscored: 'too-large' | 'binary' | 'encoded' | null;
  /** Raw JSON request; only on the serving leg, and only where inputs are kept or something is read of them. */
  readonly request: string | null;
}

/** Mirrors that were not sent or not finished, by reason; shown beside every comparison. */
export const DROP_REASONS = ['cap', 'bytes', 'deadline', 'sampled-out'] as const;
export type DropReason = (typeof DROP_REASONS)[number];
export interface DropCount { readonly tenantId: TenantId; readonly deploymentUid: DeploymentUid; readonly variantId: VariantId; readonly reason: DropReason; readonly count: number }

/** What a gateway POSTs to the collector; applied whole or not at all, once per (gatewayId, incarnation, seq). */
export interface RecordBatch {
  readonly v: number;
  readonly gatewayId: string;
  readonly incarnation: number;
  readonly seq: number;
  /** Every leg of every inference received up to here (gateway time) is in this or an earlier batch. Idle gateways send empty batches with it. */
  readonly completeToMs: number;
  readonly records: readonly LegRecord[];
  readonly drops: readonly DropCount[];
}

/**
 * Ruling time of a leg that came without business time where that rules: before every comparison. Its health counts, by gateway time;
 * it moves no watermark and is in no pair.
 */
export const NO_RULING_MS = 0;

/** A leg as stored: extracted by the contract. `_id` of the store is inferenceId + '/' + variantId. */
export interface StoredLeg extends Omit<LegRecord, 'v' | 'response' | 'request'> {
  /** The declared segment of the request; absent on legs that carry no request, and where it is none of those declared. */
  readonly segment?: string;
  /** Coded values of the request's first rows, a cell a column of the contract's inputs (drift/request-features.ts); absent where drift is not watched, and on legs that carry no request. */
  readonly features?: readonly (readonly Cell[])[];
  /** The ruling time: eventMs (NO_RULING_MS without one) when the deployment's clock is event, else atMs. */
  readonly rulingMs: number;
  readonly receivedAtMs: number;
  readonly predictions: readonly Prediction[];
  readonly offContract: OffContract | null;
  /** Kept answer text, size-capped, for the record view. */
  readonly response: string | null;
  readonly request: string | null;
}

/** The true outcome of one row of an inference. Label key: (inferenceId, row). */
export interface Label {
  readonly tenantId: TenantId;
  readonly deploymentUid: DeploymentUid;
  readonly inferenceId: InferenceId;
  readonly row: number;
  readonly value: number | string | boolean;
  /** When the outcome became known, in the ruling clock, UTC ms. */
  readonly labelMs: number;
  readonly receivedAtMs: number;
  readonly source: string;
  /** The chance with which this outcome was taken, above 0; absent where outcomes are not sampled. */
  readonly propensity?: number;
}
