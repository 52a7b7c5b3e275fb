import type { TensorMetadata } from '../tensor.ts';
import { codeOf, type Cell } from './feature-code.ts';

/** Of a batch the first rows stand for all; of a wide request the first columns. */
const MOST_ROWS = 8;
export const MOST_COLUMNS = 200;

/** One column of the inputs: a tensor, and which value of its row where that has several. */
export interface FeatureColumn { readonly name: string; readonly input: string; readonly at: number; readonly width: number }

/** The columns of a contract's inputs, `name` or `name[3]`, in their order. A tensor with rows of unknown or more than one dimension has none. */
export function featureColumns(inputs: readonly TensorMetadata[]): readonly FeatureColumn[] {
  return inputs.flatMap(({ name, shape }): readonly FeatureColumn[] => {
    const [, width = 1, ...deeper] = shape;
    if (deeper.length > 0 || width < 1) return [];
    return Array.from({ length: width }, (_, at) => ({ name: width === 1 ? name : `${name}[${String(at)}]`, input: name, at, width }));
  }).slice(0, MOST_COLUMNS);
}

/** Coded values of the request's first rows, a cell a column; null where it has no inputs of that form. */
export function featuresOf(request: unknown, columns: readonly FeatureColumn[]): readonly (readonly Cell[])[] | null {
  const data = dataByName(request);
  if (data === null || columns.length === 0) return null;
  const rows = Math.min(MOST_ROWS, Math.max(0, ...columns.map(({ input, width }) => Math.floor((data.get(input)?.length ?? 0) / width))));
  return Array.from({ length: rows }, (_, row) => columns.map(({ input, at, width }) => codeOf(data.get(input)?.[row * width + at])));
}

function dataByName(request: unknown): ReadonlyMap<string, readonly unknown[]> | null {
  const inputs = member(request, 'inputs');
  if (!Array.isArray(inputs)) return null;
  return new Map(inputs.flatMap((input) => {
    const [name, data] = [member(input, 'name'), member(input, 'data')];
    return typeof name === 'string' && Array.isArray(data) ? [[name, data.flat(DEEPEST)] as const] : [];
  }));
}

/** Rows may be nested once; what lies deeper is no value of a column. */
const DEEPEST = 1;
function member(value: unknown, name: string): unknown { return typeof value === 'object' && value !== null && Object.hasOwn(value, name) ? (value as Readonly<Record<string, unknown>>)[name] : undefined; }
