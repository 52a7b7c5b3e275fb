import type { Contract, Prediction } from '../../contract.ts';
import { answered } from './leg-state.ts';
import type { RateMetric } from './metric.ts';

/** Numbers further apart than this share of the contract's range, or without one of the larger number, are different decisions. */
const SAME_NUMBER = 0.01;

/**
 * Requests where the challenger decides differently; of a batch, the share of its rows. Counted once, at the challenger. It needs no outcome and says nothing of who is right.
 * Where only one of them answers readably they differ; where neither does there is no decision to compare and the request is not counted.
 */
export const disagreement: RateMetric = {
  name: 'disagreement', kind: 'rate', unit: 'share of requests answered by both',
  bad: ({ version, leg, other }, contract) => {
    if (version === 'champion' || other === null) return null;
    if (!answered(leg) || !answered(other)) return answered(leg) || answered(other) ? 1 : null;
    const theirs = new Map(other.predictions.map((row) => [row.row, row]));
    const rows = Math.max(leg.predictions.length, theirs.size);
    const agreeing = leg.predictions.filter((row) => agree(row, theirs.get(row.row), contract)).length;
    return (rows - agreeing) / rows;
  },
};

function agree(a: Prediction, b: Prediction | undefined, { task, range }: Contract): boolean {
  if (b === undefined) return false;
  if (task !== 'regression') return a.klass !== null && a.klass === b.klass;
  if (a.score === null || b.score === null) return false;
  const scale = range === null ? Math.max(Math.abs(a.score), Math.abs(b.score)) : range.max - range.min;
  return Math.abs(a.score - b.score) <= SAME_NUMBER * scale;
}
