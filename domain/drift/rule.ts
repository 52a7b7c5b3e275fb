import { benjaminiHochberg } from '../analysis/stats/false-discovery.ts';
import { chiSquareTail, sum, type TwoCounts } from './distances.ts';

/** drift: significant and large. insufficient: too few rows to act on, whatever was seen. */
export type DriftVerdict = 'drift' | 'no-drift' | 'insufficient';

export interface DriftRule {
  /** Stability index below which a change is small, however sure. */
  readonly least: number;
  /** False alarms that are accepted in a month, over all columns, and windows that are looked at in a month. */
  readonly falseAlarms: number;
  readonly windows: number;
}
export const USUAL_RULE: DriftRule = { least: 0.1, falseAlarms: 1, windows: 30 };

/** Of either sample, or of each bin of both. */
const FEWEST_ROWS = 500;
const FEWEST_IN_BIN = 20;

/** The level of one window: of all false alarms of a month its share, at most 1 in 10. */
export function windowAlpha({ falseAlarms, windows }: DriftRule): number { return Math.min(0.1, falseAlarms / windows); }

export interface Evidence { readonly counts: TwoCounts; readonly index: number }

/**
 * p-value of a stability index under no drift: PSI/(1/n + 1/m) is χ² with bins − 1 degrees, both samples with their noise (Yurdakul, Statistical properties of
 * the population stability index, 2018).
 */
export function indexP({ counts: { ref, cur }, index }: Evidence): number {
  const used = ref.filter((count, k) => count + (cur[k] ?? 0) > 0).length;
  return chiSquareTail(index / (1 / sum(ref) + 1 / sum(cur)), used - 1);
}

export function isEnough({ ref, cur }: TwoCounts): boolean {
  return Math.min(sum(ref), sum(cur)) >= FEWEST_ROWS || [...ref, ...cur].every((count) => count >= FEWEST_IN_BIN);
}

/** Verdicts of the columns of one window, in their order: Benjamini and Hochberg over those that have enough rows, at the window's share of the budget. */
export function decideDrift(columns: readonly Evidence[], rule: DriftRule): readonly DriftVerdict[] {
  const enough = columns.map(({ counts }) => isEnough(counts));
  const fallen = benjaminiHochberg(columns.filter((_, k) => enough[k]).map(indexP), windowAlpha(rule));
  let next = 0;
  return columns.map(({ index }, k) => {
    if (enough[k] !== true) return 'insufficient';
    const isSignificant = fallen[next] === true;
    next += 1;
    return isSignificant && index >= rule.least ? 'drift' : 'no-drift';
  });
}
