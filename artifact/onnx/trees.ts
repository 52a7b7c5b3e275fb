import { LastmileError } from '../../domain/errors.ts';
import type { Attribute } from './graph.ts';

/** A binary tree. Low: feature <= threshold. */
export type Tree = { readonly leaf: number } | { readonly feature: number; readonly threshold: number; readonly low: Tree; readonly high: Tree };

interface Row { readonly tree: number; readonly node: number; readonly feature: number; readonly threshold: number; readonly low: number; readonly high: number; readonly leaf: number | null }

/** The attributes of ai.onnx.ml.TreeEnsembleRegressor (version 3) for a sum of trees with one target. */
export function ensembleAttributes({ trees, base, featureCount }: { readonly trees: readonly Tree[]; readonly base: number; readonly featureCount: number }): Readonly<Record<string, Attribute>> {
  const rows = trees.flatMap((tree, index) => flatten(tree, index));
  checkRows(rows, base, featureCount);
  const leaves = rows.filter((row) => row.leaf !== null);
  return {
    n_targets: { int: 1 }, aggregate_function: { text: 'SUM' }, post_transform: { text: 'NONE' }, base_values: { floats: [base] },
    nodes_treeids: { ints: rows.map((row) => row.tree) }, nodes_nodeids: { ints: rows.map((row) => row.node) },
    nodes_featureids: { ints: rows.map((row) => row.feature) }, nodes_values: { floats: rows.map((row) => row.threshold) },
    nodes_modes: { texts: rows.map((row) => (row.leaf === null ? 'BRANCH_LEQ' : 'LEAF')) },
    nodes_truenodeids: { ints: rows.map((row) => row.low) }, nodes_falsenodeids: { ints: rows.map((row) => row.high) },
    nodes_hitrates: { floats: rows.map(() => 1) }, nodes_missing_value_tracks_true: { ints: rows.map(() => 0) },
    target_treeids: { ints: leaves.map((row) => row.tree) }, target_nodeids: { ints: leaves.map((row) => row.node) },
    target_ids: { ints: leaves.map(() => 0) }, target_weights: { floats: leaves.map((row) => row.leaf ?? 0) },
  };
}

/** Node numbers in pre-order, as the operator wants them: the root is 0. */
function flatten(tree: Tree, index: number): Row[] {
  const rows: Row[] = [];
  const visit = (node: Tree): number => {
    const number = rows.length;
    const row = { tree: index, node: number, feature: 0, threshold: 0, low: 0, high: 0, leaf: null };
    if ('leaf' in node) { rows.push({ ...row, leaf: node.leaf }); return number; }
    rows.push(row);
    const low = visit(node.low);
    const high = visit(node.high);
    rows[number] = { ...row, feature: node.feature, threshold: node.threshold, low, high };
    return number;
  };
  visit(tree);
  return rows;
}

function checkRows(rows: readonly Row[], base: number, featureCount: number): void {
  if (rows.length === 0) throw new LastmileError('LM_VALIDATION_FAILED', 'A tree model needs at least one tree.');
  const finite = [base, ...rows.flatMap((row) => [row.threshold, row.leaf ?? 0])].every((value) => Number.isFinite(Math.fround(value)));
  if (!finite) throw new LastmileError('LM_VALIDATION_FAILED', 'A tree holds a threshold or leaf that FP32 cannot say; train again.');
  const wrong = rows.find((row) => !Number.isInteger(row.feature) || row.feature < 0 || row.feature >= featureCount);
  if (wrong !== undefined) throw new LastmileError('LM_VALIDATION_FAILED', `Tree ${wrong.tree} splits on feature ${wrong.feature}; the model has features 0 to ${featureCount - 1}.`);
}
