import type { Contract } from './contract.ts';
import type { InferenceRequest, TensorMetadata } from './tensor.ts';

/** The one request that a version is smoked, fingerprinted and probed with: the first golden one, else one row of zeros and empty texts. */
export function probeRequest({ golden, inputs }: Pick<Contract, 'golden' | 'inputs'>): InferenceRequest {
  return golden[0]?.request ?? { inputs: inputs.map(blankTensor) };
}

function blankTensor({ name, datatype, shape }: TensorMetadata): InferenceRequest['inputs'][number] {
  const fixed = shape.map((size) => (size < 0 ? 1 : size));
  const blank = datatype === 'BYTES' ? '' : datatype === 'BOOL' ? false : 0;
  return { name, datatype, shape: fixed, data: Array.from({ length: fixed.reduce((a, b) => a * b, 1) }, () => blank) };
}
