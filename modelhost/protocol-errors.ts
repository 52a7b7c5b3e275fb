import { RETRYABLE, type Kind, type LastmileError } from '../domain/errors.ts';

/** HTTP status of each kind of error. */
export const STATUS: Readonly<Record<Kind, number>> = {
  invalid: 400, unauthenticated: 401, forbidden: 403, 'not-found': 404, conflict: 409, mismatch: 422, refused: 422, gone: 410,
  busy: 429, unavailable: 503, timeout: 504, bug: 500,
};

/** The Open Inference Protocol's error body, with our code beside it. */
export function errorBody(error: LastmileError): string { return JSON.stringify({ error: error.message, code: error.code, retryable: RETRYABLE[error.kind] }); }
