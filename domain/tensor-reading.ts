import type { OffContract } from './contract.ts';
import { kindOf, type OutputKind } from './output-columns.ts';
import type { TensorMetadata } from './tensor.ts';

/** An output tensor of an answer, checked: rows of equally many values, row-major. */
export interface TensorRows { readonly ok: true; readonly rows: number; readonly columns: number; readonly values: readonly (number | string | boolean)[] }
export interface TensorFault { readonly ok: false; readonly reason: OffContract; readonly detail: string }

/** Reads one tensor of an answer of whatever shape. `promised` is what the contract says of it, when it says anything. */
export function readTensor(tensor: Readonly<Record<string, unknown>>, promised: TensorMetadata | undefined): TensorRows | TensorFault {
  const name = String(tensor.name);
  const shape = shapeOf(tensor.shape);
  if (shape === null) return fault('wrong-shape', `output ${name} has no shape`);
  if (promised !== undefined && !fits(shape, promised.shape)) return fault('wrong-shape', `output ${name} has the shape [${shape.join(', ')}], the contract says [${promised.shape.join(', ')}]`);
  const values = flatten(tensor.data, shape.length);
  if (values === null) return fault('wrong-shape', `output ${name} has no data, or nests it deeper than its shape`);
  const size = shape.reduce((product, dimension) => product * dimension, 1);
  if (size !== values.length) return fault('wrong-shape', `output ${name} has ${values.length} values, its shape [${shape.join(', ')}] says ${size}`);
  const kind = promised === undefined ? null : kindOf(promised.datatype);
  for (const value of values) {
    const wrong = valueFault(value, kind);
    if (wrong !== null) return fault(wrong, `output ${name} holds ${shown(value)}`);
  }
  const rows = shape[0] ?? 1;
  return { ok: true, rows, columns: rows === 0 ? 0 : size / rows, values: values as readonly (number | string | boolean)[] };
}

function fault(reason: OffContract, detail: string): TensorFault { return { ok: false, reason, detail }; }

function shapeOf(shape: unknown): readonly number[] | null {
  return Array.isArray(shape) && shape.length <= MOST_DIMENSIONS && shape.every((size) => Number.isSafeInteger(size) && size >= 0) ? shape as readonly number[] : null;
}
const MOST_DIMENSIONS = 16;

/** One value a row is one value a row: servers that promise [-1] answer [n, 1] (MLServer does), and the other way round. */
function fits(given: readonly number[], promise: readonly number[]): boolean {
  const [shape, promised] = [table(given), table(promise)];
  return shape.length === promised.length && promised.every((size, i) => size === -1 || size === shape[i]);
}
function table(shape: readonly number[]): readonly number[] { return shape.length === 2 && shape[1] === 1 ? shape.slice(0, 1) : shape; }

/** Flat or nested data as one list; null when it is no list or nests deeper than `depth`. */
function flatten(data: unknown, depth: number): readonly unknown[] | null {
  if (!Array.isArray(data)) return null;
  if (!data.some((value) => Array.isArray(value))) return data as readonly unknown[];
  if (depth <= 1) return null;
  const parts = data.map((value) => flatten(value, depth - 1));
  return parts.includes(null) ? null : parts.flatMap((part) => part ?? []);
}

type Kind = OutputKind | null;

function valueFault(value: unknown, kind: Kind): OffContract | null {
  if (kind !== 'text' && isNonFinite(value)) return 'non-finite';
  return IS_OF_KIND[kind ?? 'any'](value) ? null : 'wrong-type';
}

/** Null, NaN as a word, and infinities: JSON says all of them in odd ways. */
function isNonFinite(value: unknown): boolean {
  return value === null || (typeof value === 'number' && !Number.isFinite(value)) || (typeof value === 'string' && NON_FINITE.test(value));
}
const NON_FINITE = /^[-+]?(nan|inf|infinity)$/i;

const IS_OF_KIND: Readonly<Record<OutputKind | 'any', (value: unknown) => boolean>> = {
  any: (value) => ['number', 'string', 'boolean'].includes(typeof value),
  text: (value) => typeof value === 'string',
  boolean: (value) => typeof value === 'boolean' || value === 0 || value === 1,
  integer: (value) => Number.isInteger(value),
  real: (value) => typeof value === 'number',
};

function shown(value: unknown): string {
  const text = typeof value === 'string' ? JSON.stringify(value) : typeof value === 'object' && value !== null ? 'an object' : String(value);
  return text.length > 40 ? `${text.slice(0, 40)}…` : text;
}
