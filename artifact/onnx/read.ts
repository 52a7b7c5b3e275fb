import { LastmileError } from '../../domain/errors.ts';
import type { Datatype, TensorMetadata } from '../../domain/tensor.ts';
import { ELEMENT_TYPES, EXTERNAL, ModelProto } from './schema.ts';

/** What an ONNX file says of itself. */
export interface OnnxMetadata {
  readonly inputs: readonly TensorMetadata[];
  /** Tensor outputs; a variable dimension is -1. */
  readonly outputs: readonly TensorMetadata[];
  /** Outputs that are no tensors (ZipMap writes a sequence of maps): they cannot be served. */
  readonly skippedOutputs: readonly string[];
  readonly irVersion: number;
  readonly opsets: readonly { readonly domain: string; readonly version: number }[];
  readonly producer: string;
  readonly operators: readonly string[];
}

/**
 * Reads the header and the graph's signature; runs nothing. LM_VALIDATION_FAILED when the bytes are no ONNX model, when the model
 * keeps weights in other files (they could name any path of the host), or when it has nothing to serve.
 */
export function readOnnxMetadata(bytes: Uint8Array): OnnxMetadata {
  const model = decode(bytes);
  const graph = model.graph;
  if (graph === null || graph.node.length === 0 || model.opset_import.length === 0 || model.ir_version <= 0) throw notOnnx();
  if (keepsWeightsElsewhere(model)) throw refused('keeps weights in external files; save it as one file (onnx.save_model(..., save_as_external_data=False))');
  const constants = new Set(graph.initializer.map(({ name }) => name));
  const outputs = graph.output.map(signature);
  const served = outputs.filter((output) => output.tensor !== null);
  if (served.length === 0) throw refused('has no tensor output; export it with options={"zipmap": False} or add a tensor output');
  return {
    inputs: graph.input.filter(({ name }) => !constants.has(name)).map((input) => tensorOf(signature(input), 'input')),
    outputs: served.map((output) => tensorOf(output, 'output')), skippedOutputs: outputs.filter((output) => output.tensor === null).map(({ name }) => name),
    irVersion: model.ir_version, opsets: model.opset_import.map(({ domain, version }) => ({ domain: domain === '' ? 'ai.onnx' : domain, version })),
    producer: [model.producer_name, model.producer_version].filter((part) => part !== '').join(' '),
    operators: [...new Set(graph.node.map(({ domain, op_type: type }) => (domain === '' || domain === 'ai.onnx' ? type : `${domain}.${type}`)))].sort(),
  };
}

interface Tensor { readonly data_location: number; readonly external_data: readonly unknown[]; readonly name: string }
interface Node { readonly op_type: string; readonly domain: string; readonly attribute: readonly { t: Tensor | null; tensors: readonly Tensor[]; g: GraphMessage | null; graphs: readonly GraphMessage[] }[] }
interface Value { readonly name: string; readonly type: { readonly tensor_type: { elem_type: number; shape: { dim: readonly { dim_value?: number | string; dim_param?: string }[] } | null } | null } | null }
interface GraphMessage { readonly node: readonly Node[]; readonly initializer: readonly Tensor[]; readonly input: readonly Value[]; readonly output: readonly Value[] }
interface ModelMessage { readonly ir_version: number; readonly producer_name: string; readonly producer_version: string; readonly opset_import: readonly { domain: string; version: number }[]; readonly graph: GraphMessage | null; readonly functions: readonly { node: readonly Node[] }[] }

function decode(bytes: Uint8Array): ModelMessage {
  try {
    return ModelProto.toObject(ModelProto.decode(bytes), { longs: Number, arrays: true, defaults: true }) as unknown as ModelMessage;
  } catch (error) {
    throw notOnnx(error);
  }
}

function notOnnx(cause?: unknown): LastmileError { return new LastmileError('LM_VALIDATION_FAILED', 'The bytes are not an ONNX model, or the file is cut off; export it again.', { cause }); }
function refused(why: string): LastmileError { return new LastmileError('LM_VALIDATION_FAILED', `The ONNX model ${why}.`); }

function keepsWeightsElsewhere(model: ModelMessage): boolean {
  const elsewhere = (tensor: Tensor | null): boolean => tensor !== null && (tensor.data_location === EXTERNAL || tensor.external_data.length > 0);
  const inNode = (node: Node): boolean => node.attribute.some(({ t, tensors, g, graphs }) => elsewhere(t) || tensors.some(elsewhere) || inGraph(g) || graphs.some(inGraph));
  const inGraph = (graph: GraphMessage | null): boolean => graph !== null && (graph.initializer.some(elsewhere) || graph.node.some(inNode));
  return inGraph(model.graph) || model.functions.some(({ node }) => node.some(inNode));
}

interface Signature { readonly name: string; readonly tensor: { readonly elementType: number; readonly shape: readonly number[] } | null }

function signature({ name, type }: Value): Signature {
  const tensor = type?.tensor_type ?? null;
  if (tensor === null) return { name, tensor: null };
  return { name, tensor: { elementType: tensor.elem_type, shape: (tensor.shape?.dim ?? []).map(({ dim_value: size }) => (size !== undefined && Number(size) > 0 ? Number(size) : -1)) } };
}

function tensorOf({ name, tensor }: Signature, what: string): TensorMetadata {
  const datatype: Datatype | undefined = tensor === null ? undefined : (ELEMENT_TYPES as Readonly<Record<number, Datatype>>)[tensor.elementType];
  if (tensor === null || datatype === undefined) throw refused(`has the ${what} "${name}" of a kind that the Open Inference Protocol has no datatype for`);
  return { name, datatype, shape: tensor.shape };
}
