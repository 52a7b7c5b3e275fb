import type { Datatype, TensorMetadata } from '../domain/tensor.ts';

/** A request that the caller must change; the text says how. */
export class BadRequest extends Error {
  override readonly name = 'BadRequest';
}

export type Numbers = Float32Array | Float64Array | Int8Array | Int16Array | Int32Array | BigInt64Array | Uint8Array | Uint16Array | Uint32Array | BigUint64Array;
export interface Values { readonly type: string; readonly data: Numbers | string[]; readonly dims: readonly number[] }

/** How each Open Inference Protocol datatype is held for ONNX Runtime. FP16 has no JSON form in the protocol. */
const HELD: Readonly<Record<Exclude<Datatype, 'FP16' | 'BYTES' | 'BOOL'>, { readonly type: string; readonly from: (data: readonly unknown[], name: string) => Numbers }>> = {
  FP32: { type: 'float32', from: (data, name) => Float32Array.from(data, (value) => real(value, name)) },
  FP64: { type: 'float64', from: (data, name) => Float64Array.from(data, (value) => real(value, name)) },
  INT8: { type: 'int8', from: (data, name) => Int8Array.from(data, integer(name, -128, 127)) },
  INT16: { type: 'int16', from: (data, name) => Int16Array.from(data, integer(name, -32_768, 32_767)) },
  INT32: { type: 'int32', from: (data, name) => Int32Array.from(data, integer(name, -2_147_483_648, 2_147_483_647)) },
  INT64: { type: 'int64', from: (data, name) => BigInt64Array.from(data.map(integer(name, Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER)), BigInt) },
  UINT8: { type: 'uint8', from: (data, name) => Uint8Array.from(data, integer(name, 0, 255)) },
  UINT16: { type: 'uint16', from: (data, name) => Uint16Array.from(data, integer(name, 0, 65_535)) },
  UINT32: { type: 'uint32', from: (data, name) => Uint32Array.from(data, integer(name, 0, 4_294_967_295)) },
  UINT64: { type: 'uint64', from: (data, name) => BigUint64Array.from(data.map(integer(name, 0, Number.MAX_SAFE_INTEGER)), BigInt) },
};

/** One input of a request, checked against the model's own, as values for the runtime. Throws BadRequest. */
export function readInput(sent: Readonly<Record<string, unknown>>, input: TensorMetadata): Values {
  const { name } = input;
  if (sent.datatype !== input.datatype) throw new BadRequest(`Input "${name}" has the datatype ${shown(sent.datatype)}; the model takes ${input.datatype}.`);
  const dims = dimensions(sent.shape, input);
  const data = flatten(sent.data, name);
  const size = dims.reduce((product, dimension) => product * dimension, 1);
  if (data.length !== size) throw new BadRequest(`Input "${name}" has ${String(data.length)} values; its shape [${dims.join(', ')}] says ${String(size)}.`);
  if (input.datatype === 'BYTES') return { type: 'string', data: data.map((value) => text(value, name)), dims };
  if (input.datatype === 'BOOL') return { type: 'bool', data: Uint8Array.from(data, (value) => bool(value, name)), dims };
  if (input.datatype === 'FP16') throw new BadRequest(`Input "${name}" is FP16, which has no JSON form.`);
  const held = HELD[input.datatype];
  return { type: held.type, data: held.from(data, name), dims };
}

/** The blank value of an input: zeros, false or empty texts, one for each variable dimension. */
export function blankInput(input: TensorMetadata): Values {
  const shape = input.shape.map((size) => (size < 0 ? 1 : size));
  const blank = input.datatype === 'BYTES' ? '' : input.datatype === 'BOOL' ? false : 0;
  return readInput({ name: input.name, datatype: input.datatype, shape, data: Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => blank) }, input);
}

/** One output as JSON text. A non-finite number is null, as JSON has none; 64-bit integers keep every digit. */
export function writeOutput({ name, datatype }: TensorMetadata, { data, dims }: Pick<Values, 'data' | 'dims'>): string {
  return `{"name":${JSON.stringify(name)},"datatype":"${datatype}","shape":[${dims.join(',')}],"data":${dataText(datatype, data)}}`;
}

function dataText(datatype: Datatype, data: Values['data']): string {
  if (data instanceof BigInt64Array || data instanceof BigUint64Array) return `[${data.join(',')}]`;
  if (datatype === 'BOOL') return JSON.stringify(Array.from(data, Boolean));
  return JSON.stringify(Array.from<number | string>(data));
}

function dimensions(shape: unknown, { name, shape: taken }: TensorMetadata): readonly number[] {
  if (!Array.isArray(shape) || !shape.every((size) => Number.isSafeInteger(size) && size >= 0)) throw new BadRequest(`Input "${name}" needs a shape: a list of whole numbers.`);
  const dims = shape as readonly number[];
  const fits = dims.length === taken.length && taken.every((size, i) => size === -1 || size === dims[i]);
  if (!fits) throw new BadRequest(`Input "${name}" has the shape [${dims.join(', ')}]; the model takes [${taken.join(', ')}].`);
  return dims;
}

function flatten(data: unknown, name: string): readonly unknown[] {
  if (!Array.isArray(data)) throw new BadRequest(`Input "${name}" needs data: a list, flat or nested.`);
  return Array.isArray(data[0]) ? data.flat(16) : data as readonly unknown[];
}

/** Null stands for NaN: a missing feature. */
function real(value: unknown, name: string): number {
  if (typeof value === 'number') return value;
  if (value === null) return Number.NaN;
  throw new BadRequest(`Input "${name}" holds ${shown(value)}; it takes numbers.`);
}

function integer(name: string, least: number, most: number): (value: unknown) => number {
  return (value) => {
    if (typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most) return value;
    throw new BadRequest(`Input "${name}" holds ${shown(value)}; it takes whole numbers from ${String(least)} to ${String(most)}.`);
  };
}

function bool(value: unknown, name: string): number {
  if (typeof value === 'boolean' || value === 0 || value === 1) return Number(value);
  throw new BadRequest(`Input "${name}" holds ${shown(value)}; it takes true and false.`);
}

function text(value: unknown, name: string): string {
  if (typeof value === 'string') return value;
  throw new BadRequest(`Input "${name}" holds ${shown(value)}; it takes texts.`);
}

function shown(value: unknown): string {
  const json = JSON.stringify(value) as string | undefined ?? 'nothing';
  return json.length > 60 ? `${json.slice(0, 60)}…` : json;
}
