import type { ServerResponse } from 'node:http';
import { isLastmileError, LastmileError, type Code, type Kind } from '../domain/errors.ts';
import type { Problem } from './contract.ts';

/** HTTP status of each kind of error; a kind that is missing here does not compile. */
export const STATUS: Readonly<Record<Kind, number>> = {
  invalid: 400, unauthenticated: 401, forbidden: 403, 'not-found': 404, conflict: 409, mismatch: 422, refused: 422, gone: 410,
  busy: 429, unavailable: 503, timeout: 504, bug: 500,
};
const TITLE: Readonly<Record<Kind, string>> = {
  invalid: 'Not understood', unauthenticated: 'No valid key', forbidden: 'Not allowed', 'not-found': 'Not found', conflict: 'In the way of another',
  mismatch: 'Key used before', refused: 'Refused', gone: 'Gone', busy: 'Too much at once', unavailable: 'Not available', timeout: 'Took too long', bug: 'Defect',
};

/** A request that HTTP itself refuses: too large, wrong media type, wrong method. */
export class HttpRefusal extends LastmileError {
  readonly status: number;
  constructor(status: number, message: string) { super('LM_INVALID_REQUEST', message); this.status = status; }
}

export function invalidRequest(message: string, problems: readonly { readonly path: string; readonly problem: string }[] = []): LastmileError {
  return new LastmileError('LM_INVALID_REQUEST', message, problems.length === 0 ? {} : { details: { problems } });
}

/** Any thrown value as a catalogue error. What is not ours tells nothing of itself to the caller. */
export function asLastmileError(error: unknown): LastmileError {
  if (isLastmileError(error)) return error;
  const status = typeof error === 'object' && error !== null && 'status' in error ? error.status : null;
  if (typeof status === 'number' && status >= 400 && status < 500) return new HttpRefusal(status, 'The request cannot be read; check its path and its encoding.');
  return new LastmileError('LM_INVARIANT', 'Something went wrong inside lastmile. Its log has the details under this request id.', { cause: error });
}

export function statusOf(error: LastmileError): number { return error instanceof HttpRefusal ? error.status : STATUS[error.kind]; }

/** RFC 9457. Never a stack, never a cause. */
export function problemOf(error: LastmileError, requestId: string): Problem {
  return { type: `https://lastmile.dev/errors/${error.code satisfies Code}`, title: TITLE[error.kind], status: statusOf(error), detail: error.message, code: error.code, details: error.details, requestId };
}

export function sendProblem(response: ServerResponse, error: LastmileError, requestId: string): void {
  const problem = problemOf(error, requestId);
  const retryAfterMs = error.retryAfterMs ?? (error.retryable ? 5_000 : undefined);
  response.statusCode = problem.status;
  response.setHeader('content-type', 'application/problem+json');
  response.setHeader('cache-control', 'no-store');
  if (retryAfterMs !== undefined) response.setHeader('retry-after', String(Math.max(1, Math.ceil(retryAfterMs / 1_000))));
  if (problem.status === 401) response.setHeader('www-authenticate', 'Bearer realm="lastmile"');
  if (problem.status === 413 || problem.status === 408) response.setHeader('connection', 'close');
  response.end(JSON.stringify(problem));
}
