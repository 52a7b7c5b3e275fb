import type { Json } from '../canonical-json.ts';
import { digestOfJson, type Digest } from '../digest.ts';
import type { InferenceResponse } from '../tensor.ts';

/**
 * What an answer is known by, whatever it calls itself: SHA-256 over name, shape and data of its outputs, in order of their names; nested
 * data is read flat, as the protocol allows both. Null for what is no answer, or holds a number that JSON cannot say.
 */
export function fingerprintOf(response: unknown): Digest | null {
  const outputs = typeof response === 'object' && response !== null && 'outputs' in response ? response.outputs : null;
  if (!Array.isArray(outputs) || outputs.length === 0 || !outputs.every(isTensor)) return null;
  try {
    const parts = [...outputs].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
    return digestOfJson(parts.map(({ name, shape, data }) => ({ name, shape, data: data.flat(NESTING) })) as unknown as Json);
  } catch { return null; }
}

/** The fingerprint of all the answers to one request; null where there is none, or where they differ among themselves. */
export function commonFingerprint(answers: readonly Pick<InferenceResponse, 'outputs'>[]): Digest | null {
  const all = new Set(answers.map(fingerprintOf));
  const [only = null] = all;
  return all.size === 1 ? only : null;
}

const NESTING = 16;

function isTensor(value: unknown): value is { name: string; shape: number[]; data: unknown[] } {
  return typeof value === 'object' && value !== null && 'name' in value && typeof value.name === 'string'
    && 'shape' in value && Array.isArray(value.shape) && 'data' in value && Array.isArray(value.data);
}
