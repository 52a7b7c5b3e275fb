import { LastmileError } from './errors.ts';

/** The whole: shares are integers per 10,000. */
export const WHOLE = 10_000;

/** `5%`, `0.5%`, or a fraction 0..1 to an integer per 10,000. Throws LM_INVALID_SPEC when it is not a whole number of 1/10,000. */
export function parseShare(value: string | number): number {
  const percent = typeof value === 'string' ? /^(\d+(?:\.\d+)?)\s*%$/.exec(value) : null;
  const per10k = percent ? Math.round(Number(percent[1]) * 1e6) / 1e4 : typeof value === 'number' ? Math.round(value * WHOLE * 1e4) / 1e4 : NaN;
  if (!Number.isInteger(per10k) || per10k < 0 || per10k > WHOLE) {
    throw new LastmileError('LM_INVALID_SPEC', `"${String(value)}" is not a share; write for example 5%, 0.25% or 0.05 (steps of 0.01%).`);
  }
  return per10k;
}

export function formatShare(per10k: number): string { return `${String(per10k / 100)}%`; }
