import type { Contract, Prediction } from '../../contract.ts';
import type { StoredLeg } from '../../record.ts';
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
    const [ours, theirs] = [byRow(leg), byRow(other)];
    const compared = [...new Set([...ours.keys(), ...theirs.keys()])].flatMap((row) => differ(contract, ours.get(row) ?? null, theirs.get(row) ?? null) ?? []);
    return compared.length === 0 ? null : compared.filter(Boolean).length / compared.length;
  },
};

type Decision = string | number | null;
function byRow({ predictions }: StoredLeg): ReadonlyMap<number, Prediction> { return new Map(predictions.map((prediction) => [prediction.row, prediction])); }

/** Null where neither decides. */
function differ(contract: Contract, a: Prediction | null, b: Prediction | null): boolean | null {
  const [left, right] = [decision(contract, a), decision(contract, b)];
  if (left === null || right === null) return left === right ? null : true;
  if (typeof left !== 'number' || typeof right !== 'number' || contract.task !== 'regression') return left !== right;
  const scale = contract.range === null ? Math.max(Math.abs(left), Math.abs(right)) : contract.range.max - contract.range.min;
  return Math.abs(left - right) > SAME_NUMBER * scale;
}

function decision({ task }: Contract, row: Prediction | null): Decision {
  const said = task === 'regression' ? row?.score : row?.klass;
  return said === undefined || said === null || Number.isNaN(said) ? null : said;
}
