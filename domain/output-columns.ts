import type { OutputColumn } from './contract.ts';
import type { Datatype, TensorMetadata } from './tensor.ts';

/** What the numbers of an output can mean by their datatype alone. */
export type OutputKind = 'real' | 'integer' | 'boolean' | 'text';

export function kindOf(datatype: string): OutputKind {
  if (datatype === 'BYTES') return 'text';
  if (datatype === 'BOOL') return 'boolean';
  return REAL.some((real) => real === datatype) ? 'real' : 'integer';
}
const REAL: readonly Datatype[] = ['FP16', 'FP32', 'FP64'];

/** Columns of an output whose first dimension counts rows: 1 for [-1], k for [-1, k], -1 for [-1, -1]; null when it is no table. */
export function columnsOf({ shape }: Pick<TensorMetadata, 'shape'>): number | null {
  if (shape.length <= 1) return 1;
  return shape.length === 2 ? shape[1] ?? null : null;
}

/** As the deployment file writes it: `label`, `probabilities[1]`. */
export function formatColumn({ output, column }: OutputColumn): string { return column === null ? output : `${output}[${String(column)}]`; }

/** As a person reads it: `probabilities FP32 [-1, 2]`. */
export function describeTensor({ name, datatype, shape }: TensorMetadata): string { return `${name} ${datatype} [${shape.join(', ')}]`; }
