import type { GoldenRequest } from './contract.ts';
import type { InferenceResponse } from './tensor.ts';

/**
 * Null when the answer agrees with what is expected, else the first difference in words. Numbers agree within `tolerance`
 * times the larger of 1 and the expected value's size; texts must be equal; a non-finite number agrees with nothing.
 */
export function compareGolden(golden: GoldenRequest, response: InferenceResponse): string | null {
  for (const [name, expected] of Object.entries(golden.expect ?? {})) {
    const tensor = response.outputs.find((output) => output.name === name);
    if (tensor === undefined) return `the answer has no output ${name}; it has ${response.outputs.map((output) => output.name).join(', ')}`;
    const values: readonly unknown[] = tensor.data.flat(NESTING);
    if (values.length !== expected.length) return `output ${name} has ${values.length} values, ${expected.length} were expected`;
    const at = expected.findIndex((value, i) => !agrees(value, values[i], golden.tolerance));
    if (at >= 0) return `output ${name} value ${at} is ${JSON.stringify(values[at])}, expected ${JSON.stringify(expected[at])} within ${golden.tolerance}`;
  }
  return null;
}

const NESTING = 16;

function agrees(expected: number | string, found: unknown, tolerance: number): boolean {
  if (typeof expected === 'string') return found === expected;
  return typeof found === 'number' && Number.isFinite(found) && Math.abs(found - expected) <= tolerance * Math.max(1, Math.abs(expected));
}
