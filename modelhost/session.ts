import type * as Runtime from 'onnxruntime-node';
import { readOnnxMetadata } from '../artifact/onnx/read.ts';
import { LastmileError } from '../domain/errors.ts';
import type { ModelMetadata, TensorMetadata } from '../domain/tensor.ts';
import { BadRequest, blankInput, readInput, writeOutput, type Values } from './tensors.ts';

type Library = typeof Runtime;
type NativeSession = Runtime.InferenceSession;
type NativeTensor = Runtime.Tensor;

/** How a model calls itself in answers, and what it may use. */
export interface SessionOptions { readonly servedName: string; readonly servedVersion: string; readonly threads: number }

/** One loaded and warmed-up model. */
export interface Session {
  readonly metadata: ModelMetadata;
  /** JSON request in, JSON answer out. Throws BadRequest for the caller's mistakes. */
  infer(body: string): Promise<string>;
  release(): Promise<void>;
}

/**
 * Loads ONNX bytes and answers once, with blank inputs, before it returns: what comes back can serve. LM_VALIDATION_FAILED when the
 * model cannot be loaded or does not run; LM_BACKEND_UNAVAILABLE when onnxruntime-node is not installed.
 */
export async function openSession(bytes: Uint8Array, options: SessionOptions): Promise<Session> {
  const runtime = await loadRuntime();
  const { inputs, outputs } = readOnnxMetadata(bytes);
  const half = [...inputs, ...outputs].find(({ datatype }) => datatype === 'FP16');
  if (half !== undefined) throw new LastmileError('LM_VALIDATION_FAILED', `"${half.name}" is FP16, which has no JSON form in the Open Inference Protocol; add a Cast to FP32 to the graph.`);
  const native = await refusing('cannot be loaded', () => runtime.InferenceSession.create(bytes, {
    executionProviders: ['cpu'], intraOpNumThreads: options.threads, interOpNumThreads: 1, executionMode: 'sequential', logSeverityLevel: 3,
  }));
  const session = { runtime, native, options, inputs, outputs };
  await refusing('fails on its first request (blank inputs)', () => run(session, new Map(inputs.map((input) => [input.name, blankInput(input)])), outputs));
  return {
    metadata: { name: options.servedName, platform: 'onnx', versions: [options.servedVersion], inputs, outputs },
    infer: (body) => infer(session, body),
    release: () => native.release(),
  };
}

interface Opened { readonly runtime: Library; readonly native: NativeSession; readonly options: SessionOptions; readonly inputs: readonly TensorMetadata[]; readonly outputs: readonly TensorMetadata[] }

async function loadRuntime(): Promise<Library> {
  try {
    return await import('onnxruntime-node');
  } catch (error) {
    throw new LastmileError('LM_BACKEND_UNAVAILABLE', 'modelhost needs the optional package onnxruntime-node, which is not installed: run `ONNXRUNTIME_NODE_INSTALL=skip npm install onnxruntime-node@1.30.0`, or serve the model elsewhere with backend: oip.', { cause: error });
  }
}

async function refusing<T>(what: string, step: () => Promise<T>): Promise<T> {
  try {
    return await step();
  } catch (error) {
    throw new LastmileError('LM_VALIDATION_FAILED', `The ONNX model ${what}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}

async function infer(session: Opened, body: string): Promise<string> {
  const request = parseRequest(body);
  const wanted = wantedOutputs(request.outputs, session.outputs);
  const answer = await run(session, readInputs(request.inputs, session.inputs), wanted);
  const { servedName, servedVersion } = session.options;
  const id = typeof request.id === 'string' ? `,"id":${JSON.stringify(request.id)}` : '';
  const outputs = wanted.map((output) => writeOutput(output, valuesOf(answer[output.name], output.name)));
  return `{"model_name":${JSON.stringify(servedName)},"model_version":${JSON.stringify(servedVersion)}${id},"outputs":[${outputs.join(',')}]}`;
}

type Fields = Readonly<Record<string, unknown>>;

function parseRequest(body: string): Fields {
  let request: unknown;
  try { request = JSON.parse(body); } catch { throw new BadRequest('The request body is not JSON.'); }
  if (!isFields(request)) throw new BadRequest('The request body is not an object with inputs.');
  return request;
}

function isFields(value: unknown): value is Fields { return typeof value === 'object' && value !== null && !Array.isArray(value); }

function readInputs(sent: unknown, inputs: readonly TensorMetadata[]): ReadonlyMap<string, Values> {
  if (!Array.isArray(sent)) throw new BadRequest('The request has no list of inputs.');
  const values = new Map<string, Values>();
  for (const tensor of sent as readonly unknown[]) {
    const name = isFields(tensor) ? tensor.name : undefined;
    const input = inputs.find((one) => one.name === name);
    if (!isFields(tensor) || input === undefined) throw new BadRequest(`The request has the input ${JSON.stringify(name) as string | undefined ?? 'without a name'}; the model takes ${listed(inputs)}.`);
    if (values.has(input.name)) throw new BadRequest(`The input "${input.name}" comes twice.`);
    values.set(input.name, readInput(tensor, input));
  }
  const missing = inputs.find(({ name }) => !values.has(name));
  if (missing !== undefined) throw new BadRequest(`The input "${missing.name}" is missing; the model takes ${listed(inputs)}.`);
  return values;
}

function wantedOutputs(asked: unknown, outputs: readonly TensorMetadata[]): readonly TensorMetadata[] {
  if (asked === undefined || asked === null || (Array.isArray(asked) && asked.length === 0)) return outputs;
  if (!Array.isArray(asked)) throw new BadRequest('`outputs` of the request is not a list.');
  return (asked as readonly unknown[]).map((one) => {
    const found = outputs.find(({ name }) => isFields(one) && one.name === name);
    if (found === undefined) throw new BadRequest(`The request asks for the output ${JSON.stringify(isFields(one) ? one.name : one) as string | undefined ?? 'without a name'}; the model has ${listed(outputs)}.`);
    return found;
  });
}

async function run({ runtime, native }: Opened, inputs: ReadonlyMap<string, Values>, outputs: readonly TensorMetadata[]): Promise<Readonly<Record<string, NativeTensor | undefined>>> {
  const feeds: Record<string, NativeTensor> = {};
  for (const [name, { type, data, dims }] of inputs) feeds[name] = new runtime.Tensor(type as 'float32', data as Float32Array, dims);
  try {
    return await native.run(feeds, [...new Set(outputs.map(({ name }) => name))]);
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    if (/invalid|dimension|shape/i.test(text)) throw new BadRequest(`The model refuses the inputs: ${text}`);
    throw error;
  }
}

function valuesOf(tensor: NativeTensor | undefined, name: string): Pick<Values, 'data' | 'dims'> {
  if (tensor === undefined) throw new LastmileError('LM_OFF_CONTRACT', `The model gave no output "${name}".`);
  return { data: tensor.data, dims: tensor.dims };
}

function listed(tensors: readonly TensorMetadata[]): string { return tensors.map(({ name, datatype, shape }) => `"${name}" ${datatype} [${shape.join(', ')}]`).join(', '); }
