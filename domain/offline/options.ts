import { LastmileError } from '../errors.ts';
import type { Engine } from '../deployment.ts';
import type { Range } from '../value/payoff.ts';

export const GOALS = ['better', 'no-worse'] as const;
export type FileGoal = (typeof GOALS)[number];

/** How a file is judged; null where the caller leaves it to the metric. */
export interface JudgeOptions {
  readonly metric: string;
  readonly margin: number;
  readonly alpha: number;
  readonly engine: Engine | null;
  readonly goal: FileGoal;
  readonly blockSize: number | null;
  readonly vOpt: number | null;
  readonly nStar: number | null;
  readonly range: Range | null;
  readonly lossBound: number | null;
  readonly minCycles: number | null;
  /** Rows of one cycle. */
  readonly cycle: number | null;
  /** Scores at or above it count as the positive class. */
  readonly threshold: number;
  readonly positive: string;
  /** Of the pinball loss. */
  readonly quantile: number;
}

const isPositive = (value: number | null): boolean => value === null || (value > 0 && Number.isFinite(value));
const RULES: readonly (readonly [(options: JudgeOptions) => boolean, string])[] = [
  [({ alpha }) => alpha > 0 && alpha < 0.5, 'alpha lies between 0 and 0.5'],
  [({ margin }) => margin >= 0 && Number.isFinite(margin), 'margin is at least 0'],
  [({ range }) => range === null || (range.lo < 0 && range.hi > 0), 'range is LO,HI of the difference challenger − champion, with LO below and HI above 0'],
  [({ vOpt }) => isPositive(vOpt), 'v-opt is above 0'],
  [({ nStar }) => isPositive(nStar), 'n-star is above 0'],
  [({ lossBound }) => isPositive(lossBound), 'loss-bound is above 0'],
  [({ minCycles, cycle }) => minCycles === null || cycle !== null, 'min-cycles needs cycle, the rows of one cycle'],
  [({ threshold }) => Number.isFinite(threshold), 'threshold is a number'],
  [({ quantile }) => quantile > 0 && quantile < 1, 'quantile lies between 0 and 1'],
];

/** Throws LM_INVALID_REQUEST for what no file could be judged by. */
export function checkOptions(options: JudgeOptions): void {
  const wrong = RULES.flatMap(([holds, text]) => (holds(options) ? [] : [text]));
  if (wrong.length > 0) throw new LastmileError('LM_INVALID_REQUEST', `It cannot be judged by these options: ${wrong.join('; ')}.`);
}
