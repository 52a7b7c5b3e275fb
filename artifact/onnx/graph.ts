import { ATTRIBUTE_TYPE, ModelProto } from './schema.ts';

/** One operator of a graph as lastmile writes it. Default domain: ai.onnx. */
export interface Operator {
  readonly type: string;
  readonly domain?: 'ai.onnx.ml';
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes?: Readonly<Record<string, Attribute>>;
}
export type Attribute = { readonly int: number } | { readonly text: string } | { readonly ints: readonly number[] } | { readonly floats: readonly number[] } | { readonly texts: readonly string[] };

/** A constant of the graph, row-major. */
export interface Constant { readonly name: string; readonly dims: readonly number[]; readonly values: Float32Array | BigInt64Array }

/** An input or output; a dimension that is text is variable. */
export interface GraphValue { readonly name: string; readonly type: 'FP32' | 'INT64'; readonly dims: readonly (number | string)[] }

export interface Graph {
  readonly name: string;
  readonly inputs: readonly GraphValue[];
  readonly outputs: readonly GraphValue[];
  readonly constants: readonly Constant[];
  readonly operators: readonly Operator[];
}

const FLOAT = 1;
const INT64 = 7;

/** The bytes of a model: IR version 8, ai.onnx 17, ai.onnx.ml 3. The same graph gives the same bytes. */
export function encodeGraph(graph: Graph): Uint8Array {
  return Uint8Array.from(ModelProto.encode(ModelProto.fromObject({
    ir_version: 8, producer_name: 'lastmile', producer_version: '1', model_version: 1,
    opset_import: [{ domain: '', version: 17 }, { domain: 'ai.onnx.ml', version: 3 }],
    graph: {
      name: graph.name, node: graph.operators.map(operator), initializer: graph.constants.map(constant),
      input: graph.inputs.map(value), output: graph.outputs.map(value),
    },
  })).finish());
}

function operator({ type, domain, inputs, outputs, attributes = {} }: Operator, index: number): object {
  return { op_type: type, domain: domain ?? '', name: `${type}_${String(index)}`, input: [...inputs], output: [...outputs], attribute: Object.entries(attributes).map(([name, of]) => ({ name, ...attribute(of) })) };
}

function attribute(of: Attribute): object {
  if ('int' in of) return { i: of.int, type: ATTRIBUTE_TYPE.INT };
  if ('text' in of) return { s: Buffer.from(of.text), type: ATTRIBUTE_TYPE.STRING };
  if ('ints' in of) return { ints: [...of.ints], type: ATTRIBUTE_TYPE.INTS };
  if ('floats' in of) return { floats: [...of.floats], type: ATTRIBUTE_TYPE.FLOATS };
  return { strings: of.texts.map((text) => Buffer.from(text)), type: ATTRIBUTE_TYPE.STRINGS };
}

function constant({ name, dims, values }: Constant): object {
  return { name, dims: [...dims], data_type: values instanceof Float32Array ? FLOAT : INT64, raw_data: new Uint8Array(values.buffer, values.byteOffset, values.byteLength) };
}

function value({ name, type, dims }: GraphValue): object {
  const dim = dims.map((size) => (typeof size === 'number' ? { dim_value: size } : { dim_param: size }));
  return { name, type: { tensor_type: { elem_type: type === 'FP32' ? FLOAT : INT64, shape: { dim } } } };
}
