import type { InferenceRequest, TensorMetadata } from './tensor.ts';

export const TASKS = ['binary', 'multiclass', 'regression'] as const;
export type Task = (typeof TASKS)[number];

/** Where a number is found in an answer: output tensor, and the column when a row has several. */
export interface OutputColumn { readonly output: string; readonly column: number | null }

/** A request whose answer is known. `expect` maps output names to row-major values; null asks only for a good answer. */
export interface GoldenRequest {
  readonly request: InferenceRequest;
  readonly expect: Readonly<Record<string, readonly (number | string)[]>> | null;
  readonly tolerance: number;
}

/**
 * What a deployment promises its callers, frozen with the digest of the version that set it.
 * `score`: probability of the positive class (binary) or the value (regression). `klass`: the output that carries a class.
 */
export interface Contract {
  readonly task: Task;
  readonly inputs: readonly TensorMetadata[];
  readonly outputs: readonly TensorMetadata[];
  readonly score: OutputColumn | null;
  readonly klass: OutputColumn | null;
  readonly classes: readonly (string | number)[] | null;
  readonly positive: string | number | null;
  /** Binary: a score at or above it is a positive decision. */
  readonly threshold: number;
  /** Scores outside are off contract. */
  readonly range: { readonly min: number; readonly max: number } | null;
  readonly golden: readonly GoldenRequest[];
  readonly latencyLimitMs: number;
}

/** What the file may say about the contract; the rest is inferred from the model's graph or the backend's metadata. */
export interface ContractOverrides {
  readonly task?: Task | undefined;
  readonly score?: OutputColumn | undefined;
  readonly klass?: OutputColumn | undefined;
  readonly classes?: readonly (string | number)[] | undefined;
  readonly positive?: string | number | undefined;
  readonly threshold?: number | undefined;
  readonly range?: { readonly min: number; readonly max: number } | undefined;
  readonly golden: readonly GoldenRequest[];
  readonly latencyLimitMs: number;
}

/** One row of an answer as the contract reads it. Binary: `klass` is 1 or 0 by the threshold. */
export interface Prediction { readonly row: number; readonly score: number | null; readonly klass: string | number | null }

/** The contract's reading of one answer: predictions per row, or why it is off contract. */
export type Reading = { readonly ok: true; readonly predictions: readonly Prediction[] } | { readonly ok: false; readonly reason: OffContract; readonly detail: string };

export const OFF_CONTRACT = ['unparsable', 'missing-output', 'wrong-shape', 'wrong-type', 'non-finite', 'out-of-range', 'unknown-class'] as const;
export type OffContract = (typeof OFF_CONTRACT)[number];
