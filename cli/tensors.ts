import { LastmileError } from '../domain/errors.ts';
import type { InferenceRequest, ModelMetadata, Tensor, TensorMetadata } from '../domain/tensor.ts';

export type Cell = number | string | boolean;
export type NamedRow = Readonly<Record<string, Cell>>;

/**
 * Rows of named values as one inference request. A model with one input of several columns takes the values in their order;
 * a model with an input for each feature takes them by name. Throws LM_INVALID_REQUEST that says which do not fit.
 */
export function requestOf(metadata: ModelMetadata, rows: readonly NamedRow[]): InferenceRequest {
  const [only, ...others] = metadata.inputs;
  if (only === undefined) throw new LastmileError('LM_INVALID_REQUEST', `Model ${metadata.name} names no inputs; send a whole request with --data.`);
  if (others.length === 0 && width(only) !== 1) return { inputs: [wide(only, rows)] };
  return { inputs: metadata.inputs.map((input) => narrow(input, rows)) };
}

function wide(input: TensorMetadata, rows: readonly NamedRow[]): Tensor {
  const expected = width(input);
  const data = rows.flatMap((row) => {
    const values = Object.values(row);
    if (expected !== null && values.length !== expected) {
      throw new LastmileError('LM_INVALID_REQUEST', `Input ${input.name} takes ${expected} values, and there are ${values.length}: ${Object.keys(row).join(', ')}. Name the columns, in the model's order, with --features.`);
    }
    return values.map((value) => cell(input, input.name, value));
  });
  return { name: input.name, datatype: input.datatype, shape: [rows.length, data.length / Math.max(rows.length, 1)], data };
}

function narrow(input: TensorMetadata, rows: readonly NamedRow[]): Tensor {
  const data = rows.map((row) => {
    const value = row[input.name];
    if (value === undefined) throw new LastmileError('LM_INVALID_REQUEST', `Input ${input.name} has no value; given are ${Object.keys(row).join(', ')}.`);
    return cell(input, input.name, value);
  });
  return { name: input.name, datatype: input.datatype, shape: input.shape.length <= 1 ? [rows.length] : [rows.length, 1], data };
}

/** Columns of a row: the product of all dimensions but the first; null when one of them varies. */
function width({ shape }: TensorMetadata): number | null {
  const inner = shape.slice(1);
  return inner.some((size) => size < 0) ? null : inner.reduce((product, size) => product * size, 1);
}

function cell(input: TensorMetadata, name: string, value: Cell): Cell {
  if (input.datatype === 'BYTES') return String(value);
  if (input.datatype === 'BOOL') return value === true || value === 1 || value === 'true' || value === '1';
  const number = typeof value === 'string' && value.trim() === '' ? NaN : Number(value);
  if (!Number.isFinite(number)) throw new LastmileError('LM_INVALID_REQUEST', `${name} is ${input.datatype}, and "${String(value)}" is not a finite number.`);
  return number;
}
