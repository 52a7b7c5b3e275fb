import { writeBoostedTrees, writeLinearRegression, writeLogistic, type LogisticModel, type Tree } from '../../artifact/onnx/write.ts';

/** Small models with known answers, and the same arithmetic in plain TypeScript to compare with. */
export const CHURN: LogisticModel = { name: 'churn', weights: [0.8, -1.3, 0.05], intercept: 0.2, means: [1, 2, 40], scales: [2, 0.5, 10] };
export const churnOnnx = (): Uint8Array => writeLogistic(CHURN);
/** Another version: other weights, so another digest. */
export const churnOnnx2 = (): Uint8Array => writeLogistic({ ...CHURN, weights: [0.7, -1.1, 0.1] });
/** NaN for rows whose first feature is above 10. */
export const churnOnnxWithHole = (): Uint8Array => writeLogistic({ ...CHURN, nanAbove: { feature: 0, threshold: 10 } });

export const TREES: readonly Tree[] = [
  { feature: 0, threshold: 0.5, low: { leaf: -0.7 }, high: { feature: 1, threshold: -1, low: { leaf: 0.1 }, high: { leaf: 0.9 } } },
  { feature: 1, threshold: 2, low: { leaf: 0.3 }, high: { leaf: -0.2 } },
  { leaf: 0.05 },
];
export const treesOnnx = (): Uint8Array => writeBoostedTrees({ featureCount: 2, base: -0.15, trees: TREES });
export const LINEAR = { weights: [2, -0.5], intercept: 1.5, means: [10, 0], scales: [4, 1] };
export const linearOnnx = (): Uint8Array => writeLinearRegression(LINEAR);

export function sigmoid(x: number): number { return 1 / (1 + Math.exp(-x)); }
export function linearOf({ weights, intercept, means, scales }: Omit<LogisticModel, 'nanAbove'>, row: readonly number[]): number {
  return weights.reduce((sum, weight, i) => sum + weight * ((row[i]! - (means?.[i] ?? 0)) / (scales?.[i] ?? 1)), intercept);
}
export function treeOf(tree: Tree, row: readonly number[]): number { return 'leaf' in tree ? tree.leaf : treeOf(row[tree.feature]! <= tree.threshold ? tree.low : tree.high, row); }
