import type { NextFunction, Request, Response } from 'express';
import { newId } from '../config/ids.ts';

/** On every answer: what browsers must not do with it. No Access-Control header is ever sent: pages of other origins get nothing. */
export const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
};

/** Those, and an id to find the request in the log by. */
export function securityHeaders(_request: Request, response: Response, next: NextFunction): void {
  response.setHeader('x-request-id', newId('req'));
  for (const [name, value] of Object.entries(SECURITY_HEADERS)) response.setHeader(name, value);
  next();
}
