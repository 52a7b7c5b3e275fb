import type { ServerResponse } from 'node:http';
import { isLastmileError, LastmileError, type Kind } from '../domain/errors.ts';

const STATUS: Readonly<Partial<Record<Kind, number>>> = { invalid: 400, unauthenticated: 401, 'not-found': 404, busy: 429, unavailable: 503, timeout: 504 };

/** A refusal with an HTTP status that its code alone does not say. */
export class Refusal extends LastmileError {
  readonly status: number;
  constructor(status: number, message: string) { super('LM_INVALID_REQUEST', message); this.status = status; }
}

/** RFC 9457. What is not of the catalogue tells the caller nothing of itself. */
export function sendProblem(response: ServerResponse, thrown: unknown): void {
  const error = isLastmileError(thrown) ? thrown : new LastmileError('LM_INVARIANT', 'Something went wrong inside the collector; its log says what.', { cause: thrown });
  const status = thrown instanceof Refusal ? thrown.status : STATUS[error.kind] ?? 500;
  response.statusCode = status;
  response.setHeader('content-type', 'application/problem+json');
  if (error.retryable) response.setHeader('retry-after', String(Math.ceil((error.retryAfterMs ?? 1_000) / 1_000)));
  if (status === 413) response.setHeader('connection', 'close');
  response.end(JSON.stringify({ type: `https://lastmile.dev/errors/${error.code}`, title: error.code, status, detail: error.message, code: error.code, details: error.details }));
}
