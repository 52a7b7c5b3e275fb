import { LastmileError } from '../../domain/errors.ts';
import { encodeGraph, type Constant, type GraphValue, type Operator } from './graph.ts';
import { ensembleAttributes, type Tree } from './trees.ts';

export type { Tree } from './trees.ts';

/** A linear predictor on standardised features: intercept + sum of weights[i] * (x[i] - means[i]) / scales[i]. */
export interface LinearTerms {
  readonly weights: readonly number[];
  readonly intercept: number;
  /** Default: zeros. */
  readonly means?: readonly number[];
  /** Default: ones. Zero is refused. */
  readonly scales?: readonly number[];
}

export interface LogisticModel extends LinearTerms {
  readonly name?: string;
  /** The answer is NaN for every row whose feature is above the threshold: a model with a hole, for demonstrations and tests. */
  readonly nanAbove?: { readonly feature: number; readonly threshold: number };
}

/** Binary classifier: features FP32 [-1, n] in; label INT64 [-1] and probabilities FP32 [-1, 2] out, as scikit-learn without ZipMap. */
export function writeLogistic(model: LogisticModel): Uint8Array {
  const linear = linearPredictor(model);
  const hole = model.nanAbove === undefined ? null : nanAbove(model.nanAbove, model.weights.length);
  return encodeGraph({
    name: model.name ?? 'logistic', inputs: [features(model.weights.length)], outputs: CLASSIFIER_OUTPUTS,
    constants: [...linear.constants, ...(hole?.constants ?? []), ...classifier.constants],
    operators: [
      ...linear.operators, ...(hole?.operators ?? []),
      hole === null ? op('Identity', ['linear'], 'logit') : op('Add', ['linear', 'hole'], 'logit'),
      ...classifier.operators,
    ],
  });
}

/** Regression: features FP32 [-1, n] in, variable FP32 [-1, 1] out. */
export function writeLinearRegression(model: LinearTerms & { readonly name?: string }): Uint8Array {
  const { constants, operators } = linearPredictor(model);
  return encodeGraph({
    name: model.name ?? 'linear', inputs: [features(model.weights.length)], outputs: [{ name: 'variable', type: 'FP32', dims: ['batch', 1] }],
    constants, operators: [...operators, op('Identity', ['linear'], 'variable')],
  });
}

/**
 * Boosted trees as a binary classifier: probability = sigmoid(base + sum of leaves). A row goes `low` where its feature is at or below
 * the threshold, both in FP32. Inputs and outputs as writeLogistic.
 */
export function writeBoostedTrees(model: { readonly name?: string; readonly featureCount: number; readonly base: number; readonly trees: readonly Tree[] }): Uint8Array {
  return encodeGraph({
    name: model.name ?? 'boosted-trees', inputs: [features(model.featureCount)], outputs: CLASSIFIER_OUTPUTS, constants: classifier.constants,
    operators: [
      { type: 'TreeEnsembleRegressor', domain: 'ai.onnx.ml', inputs: ['features'], outputs: ['logit'], attributes: ensembleAttributes(model) },
      ...classifier.operators,
    ],
  });
}

interface Part { readonly constants: readonly Constant[]; readonly operators: readonly Operator[] }

const CLASSIFIER_OUTPUTS: readonly GraphValue[] = [{ name: 'label', type: 'INT64', dims: ['batch'] }, { name: 'probabilities', type: 'FP32', dims: ['batch', 2] }];

/** From `logit` [batch, 1] to both outputs. */
const classifier: Part = {
  constants: [floats('one', [1], [1])],
  operators: [
    op('Sigmoid', ['logit'], 'positive'), op('Sub', ['one', 'positive'], 'negative'),
    { ...op('Concat', ['negative', 'positive'], 'probabilities'), attributes: { axis: { int: 1 } } },
    { ...op('ArgMax', ['probabilities'], 'label'), attributes: { axis: { int: 1 }, keepdims: { int: 0 } } },
  ],
};

/** From `features` to `linear` [batch, 1]. */
function linearPredictor({ weights, intercept, means, scales }: LinearTerms): Part {
  const n = weights.length;
  const center = means ?? weights.map(() => 0);
  const spread = scales ?? weights.map(() => 1);
  checkFinite({ weights, means: center, scales: spread, intercept: [intercept] });
  if (n === 0 || center.length !== n || spread.length !== n || spread.includes(0)) {
    throw new LastmileError('LM_VALIDATION_FAILED', `A linear model of ${n} weights needs at least one weight, ${n} means and ${n} scales other than 0; it has ${center.length} means and ${spread.length} scales.`);
  }
  return {
    constants: [floats('means', [1, n], center), floats('scales', [1, n], spread), floats('weights', [n, 1], weights), floats('intercept', [1], [intercept])],
    operators: [op('Sub', ['features', 'means'], 'centered'), op('Div', ['centered', 'scales'], 'standardised'), op('MatMul', ['standardised', 'weights'], 'product'), op('Add', ['product', 'intercept'], 'linear')],
  };
}

/** `hole` [batch, 1]: 0 at or below the threshold; above it the square root of a negative number, which IEEE 754 makes NaN. */
function nanAbove({ feature, threshold }: { feature: number; threshold: number }, n: number): Part {
  if (!Number.isInteger(feature) || feature < 0 || feature >= n) throw new LastmileError('LM_VALIDATION_FAILED', `nanAbove names feature ${feature}; the model has features 0 to ${n - 1}.`);
  checkFinite({ threshold: [threshold] });
  return {
    constants: [{ name: 'hole_feature', dims: [1], values: BigInt64Array.of(BigInt(feature)) }, floats('hole_threshold', [1], [threshold]), floats('zero', [1], [0])],
    operators: [
      { ...op('Gather', ['features', 'hole_feature'], 'hole_value'), attributes: { axis: { int: 1 } } },
      op('Sub', ['hole_threshold', 'hole_value'], 'hole_distance'), op('Sqrt', ['hole_distance'], 'hole_root'), op('Mul', ['hole_root', 'zero'], 'hole'),
    ],
  };
}

function checkFinite(parts: Readonly<Record<string, readonly number[]>>): void {
  for (const [name, values] of Object.entries(parts)) {
    if (!values.every((value) => Number.isFinite(Math.fround(value)))) throw new LastmileError('LM_VALIDATION_FAILED', `The model's ${name} hold a number that FP32 cannot say; train again, or scale the features.`);
  }
}

function features(n: number): GraphValue { return { name: 'features', type: 'FP32', dims: ['batch', n] }; }
function floats(name: string, dims: readonly number[], values: readonly number[]): Constant { return { name, dims, values: Float32Array.from(values) }; }
function op(type: string, inputs: readonly string[], output: string): Operator { return { type, inputs, outputs: [output] }; }
