/**
 * What is kept of one value of a request: a number as the bucket of its size (DDSketch's, ⌈log_γ |x|⌉; log-sketch.ts), a text as it is up to a length, nothing where
 * there was none. A decoded number is at most 1 % away; codes are in the order of their values.
 */
export type Cell = number | string | null;

const ACCURACY = 0.01;
const GAMMA = (1 + ACCURACY) / (1 - ACCURACY);
const TO_BUCKET = 1 / Math.log(GAMMA);
/** Above the bucket of every double, so that a code's sign is its value's. */
const SHIFT = 50_000;
/** Smaller sizes count as zero. */
const LEAST = 1e-300;
const LONGEST_TEXT = 64;

export function codeOf(value: unknown): Cell {
  if (typeof value === 'number') return Number.isFinite(value) ? numberCode(value) : null;
  if (typeof value === 'string') return value.slice(0, LONGEST_TEXT);
  return typeof value === 'boolean' ? String(value) : null;
}

function numberCode(value: number): number {
  const size = Math.abs(value);
  if (size < LEAST) return 0;
  const code = Math.ceil(Math.log(size) * TO_BUCKET) + SHIFT;
  return value < 0 ? -code : code;
}

/** Within the relative error of 1 %. */
export function valueOfCode(code: number): number {
  if (code === 0) return 0;
  // The largest doubles lie in a bucket whose middle is none.
  const size = Math.min(GAMMA ** (Math.abs(code) - SHIFT) * (2 / (GAMMA + 1)), Number.MAX_VALUE);
  return code < 0 ? -size : size;
}
