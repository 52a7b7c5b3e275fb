import type { ServerResponse } from 'node:http';
import { LastmileError, type Code, type Kind } from '../domain/errors.ts';

/** HTTP status of each kind on the inference path. A kind that is not here does not compile. */
export const STATUS: Readonly<Record<Kind, number>> = {
  invalid: 400, unauthenticated: 401, forbidden: 403, 'not-found': 404, conflict: 409, mismatch: 422, refused: 422, gone: 410,
  busy: 429, unavailable: 503, timeout: 504, bug: 500,
};

/** An error whose status HTTP itself gives: 405, 408, 413, or 502 for a variant that failed. */
export class HttpError extends LastmileError {
  readonly status: number;
  constructor(status: number, code: Code, message: string) {
    super(code, message);
    this.status = status;
  }
}

export function statusOf(error: LastmileError): number { return error instanceof HttpError ? error.status : STATUS[error.kind]; }

/** OIP v2 error body: {"error": message}; the stable code is in the header x-lastmile-error. */
export function respondError(response: ServerResponse, error: LastmileError): void {
  if (response.headersSent) { response.destroy(); return; }
  const body = Buffer.from(JSON.stringify({ error: error.message }));
  if (error.kind === 'unauthenticated') response.setHeader('www-authenticate', 'Bearer');
  if (error.retryAfterMs !== undefined) response.setHeader('retry-after', Math.ceil(error.retryAfterMs / 1_000));
  response.writeHead(statusOf(error), { 'content-type': 'application/json', 'content-length': body.length, 'x-lastmile-error': error.code });
  response.end(body);
}

export function respondJson(response: ServerResponse, status: number, value: unknown): void {
  const body = Buffer.from(JSON.stringify(value));
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': body.length });
  response.end(body);
}
