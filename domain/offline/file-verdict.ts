import type { MeanBounds } from './mean-bounds.ts';

/** One metric as judged on a file. `n`: rows with a difference; `difference`: challenger − champion, turned so that larger is better. */
export interface FileFinding extends MeanBounds {
  readonly name: string;
  readonly n: number;
  readonly blocks: number;
  readonly champion: number | null;
  readonly challenger: number | null;
  readonly difference: number | null;
  /** Of a fixed-sample test, where the method has one. */
  readonly statistic?: number;
  /** Standard deviation of one observation (block, or row). */
  readonly deviation: number;
  /** Rows that differ. */
  readonly discordant: number;
  readonly worstBlock: number | null;
}

export type FileReasonCode =
  | 'proved-better' | 'proved-no-worse' | 'proved-worse' | 'guardrail' | 'segment' | 'not-enough-evidence'
  | 'no-data' | 'coverage' | 'unanswered' | 'burn-in' | 'min-cycles' | 'loss-bound' | 'time-order';
export interface FileReason { readonly code: FileReasonCode; readonly metric: string | null; readonly text: string }

/** What has to hold before a promotion; `value` as measured, `limit` as asked. */
export interface Gate { readonly name: FileReasonCode; readonly pass: boolean; readonly value: number | null; readonly limit: number | null; readonly text: string }

export interface SegmentFinding { readonly segment: string; readonly n: number; readonly difference: number | null; readonly lower: number | null; readonly upper: number | null; readonly eWorse: number; /** Proved worse, with the false discoveries over all segments held (e-BH). */ readonly worse: boolean }

/** Larger e-values are told as this: JSON has no infinity. */
const MOST_E = 1e300;
export function eValue(logE: number): number { return Math.min(MOST_E, Math.exp(logE)); }
