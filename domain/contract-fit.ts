import type { Contract } from './contract.ts';
import { describeTensor } from './output-columns.ts';
import type { InferenceRequest, ModelMetadata, TensorMetadata } from './tensor.ts';

/**
 * What keeps a version from answering under a frozen contract; empty when it fits. Every input that callers send must be taken with its
 * datatype and at least the contract's shapes, and no other may be needed; every output that they were promised must come. More outputs are fine.
 */
export function contractProblems(contract: Contract, metadata: ModelMetadata): string[] {
  return [
    ...contract.inputs.flatMap((input) => tensorProblems('input', input, metadata.inputs, accepts)),
    ...(contract.inputs.length === 0 ? [] : metadata.inputs.filter(({ name }) => !named(contract.inputs, name)).map((input) => `it needs the input ${describeTensor(input)}, which callers do not send`)),
    ...contract.outputs.flatMap((output) => tensorProblems('output', output, metadata.outputs, (promised, found) => accepts(found, promised))),
  ];
}

/** What is wrong with a request for these inputs; empty when it can be answered, or when the inputs are not known. */
export function requestProblems(request: InferenceRequest, inputs: readonly TensorMetadata[]): string[] {
  if (inputs.length === 0) return [];
  const missing = inputs.filter(({ name }) => !named(request.inputs, name)).map((input) => `it lacks the input ${describeTensor(input)}`);
  return [...missing, ...request.inputs.flatMap((sent) => {
    const input = named(inputs, sent.name);
    if (input === undefined) return [`it has the input ${sent.name}; the model has ${inputs.map(describeTensor).join(', ')}`];
    if (sent.datatype === input.datatype && accepts(sent.shape, input.shape)) return [];
    return [`its input ${sent.name} is ${sent.datatype} [${sent.shape.join(', ')}]; the model takes ${describeTensor(input)}`];
  })];
}

type Shape = readonly number[];

function tensorProblems(what: string, wanted: TensorMetadata, found: readonly TensorMetadata[], fits: (wanted: Shape, found: Shape) => boolean): string[] {
  const same = named(found, wanted.name);
  if (same === undefined) return [`the ${what} ${describeTensor(wanted)} is missing; it has ${found.length === 0 ? 'none listed' : found.map(describeTensor).join(', ')}`];
  return same.datatype === wanted.datatype && fits(wanted.shape, same.shape) ? [] : [`the ${what} is ${describeTensor(same)}; the contract says ${describeTensor(wanted)}`];
}

/** Every tensor of shape `given` fits `taken`: same rank, and each dimension equal or variable there. */
function accepts(given: Shape, taken: Shape): boolean {
  return given.length === taken.length && given.every((size, i) => taken[i] === -1 || taken[i] === size);
}

function named<T extends { readonly name: string }>(all: readonly T[], name: string): T | undefined { return all.find((one) => one.name === name); }
