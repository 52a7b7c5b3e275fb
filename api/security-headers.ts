import type { NextFunction, Request, Response } from 'express';
import { newId } from '../config/ids.ts';

/**
 * On every answer: an id to find it in the log by, and what browsers must not do with it.
 * No Access-Control header is ever sent: pages of other origins get nothing.
 */
export function securityHeaders(_request: Request, response: Response, next: NextFunction): void {
  response.setHeader('x-request-id', newId('req'));
  response.setHeader('x-content-type-options', 'nosniff');
  response.setHeader('x-frame-options', 'DENY');
  response.setHeader('referrer-policy', 'no-referrer');
  response.setHeader('cross-origin-resource-policy', 'same-origin');
  response.setHeader('cross-origin-opener-policy', 'same-origin');
  response.setHeader('content-security-policy', "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'");
  next();
}
