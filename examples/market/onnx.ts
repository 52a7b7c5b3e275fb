import { encodeGraph, type Constant, type Graph, type Operator } from '../../artifact/onnx/graph.ts';
import { ensembleAttributes, type Tree } from '../../artifact/onnx/trees.ts';
import { writeBoostedTrees, writeLogistic } from '../../artifact/onnx/write.ts';
import { FEATURES } from './stream.ts';
import type { Stumps } from './stumps.ts';
import { GUARD, LOG_OFFSET, type LogStumps, type MarketModel } from './train.ts';

/** The bytes of model.onnx: features FP32 [-1, 8] in; label and probabilities out. */
export function toOnnx(of: MarketModel): Uint8Array {
  if (of.kind === 'logistic') return writeLogistic({ name: 'market-signal', weights: of.model.weights, intercept: of.model.bias });
  if (of.kind === 'stumps') return writeBoostedTrees({ name: 'market-signal', featureCount: FEATURES.length, base: of.model.bias, trees: treesOf(of.model) });
  return encodeGraph(logStumpsGraph(of.model));
}

function treesOf({ stumps }: Stumps): readonly Tree[] {
  return stumps.map(({ feature, threshold, low, high }) => ({ feature, threshold, low: { leaf: low }, high: { leaf: high } }));
}

/** sigmoid(a * trees + b * log(offset + imbalance) + c); guarded, the logarithm is of max(offset + imbalance, 0) + 0.01. */
function logStumpsGraph({ stumps, stumpsWeight, logWeight, bias, guarded }: LogStumps): Graph {
  const attributes = ensembleAttributes({ featureCount: FEATURES.length, base: stumps.bias, trees: treesOf(stumps) });
  return {
    name: 'market-signal', inputs: [{ name: 'features', type: 'FP32', dims: ['batch', FEATURES.length] }],
    outputs: [{ name: 'label', type: 'INT64', dims: ['batch'] }, { name: 'probabilities', type: 'FP32', dims: ['batch', 2] }],
    constants: [
      { name: 'imbalance_column', dims: [1], values: BigInt64Array.of(BigInt(FEATURES.indexOf('imbalance'))) },
      scalar('offset', LOG_OFFSET), ...(guarded ? [scalar('guard', GUARD)] : []), scalar('a', stumpsWeight), scalar('b', logWeight), scalar('c', bias), scalar('one', 1),
    ],
    operators: [
      { type: 'TreeEnsembleRegressor', domain: 'ai.onnx.ml', inputs: ['features'], outputs: ['trees'], attributes },
      { ...op('Gather', ['features', 'imbalance_column'], 'imbalance'), attributes: { axis: { int: 1 } } },
      op('Add', ['imbalance', 'offset'], 'distance'),
      ...(guarded ? [op('Relu', ['distance'], 'positive_distance'), op('Add', ['positive_distance', 'guard'], 'argument')] : [op('Identity', ['distance'], 'argument')]),
      op('Log', ['argument'], 'log_term'), op('Mul', ['log_term', 'b'], 'log_part'), op('Mul', ['trees', 'a'], 'trees_part'),
      op('Add', ['trees_part', 'log_part'], 'parts'), op('Add', ['parts', 'c'], 'logit'),
      op('Sigmoid', ['logit'], 'positive'), op('Sub', ['one', 'positive'], 'negative'),
      { ...op('Concat', ['negative', 'positive'], 'probabilities'), attributes: { axis: { int: 1 } } },
      { ...op('ArgMax', ['probabilities'], 'label'), attributes: { axis: { int: 1 }, keepdims: { int: 0 } } },
    ],
  };
}

function scalar(name: string, value: number): Constant { return { name, dims: [1], values: Float32Array.of(value) }; }
function op(type: string, inputs: readonly string[], output: string): Operator { return { type, inputs, outputs: [output] }; }
