import type { IncomingHttpHeaders } from 'node:http';
import type { Answer } from '../../support/api-world.ts';

/** What holds for every answer of the API, whatever was asked. */

const NO_LEAK = [/\bat (async )?[\w.<>[\] ]*\(?(file:|node:|\/)/, /\.(ts|js|mjs|cjs):\d+/, /node_modules/, /\/(home|root|work|usr|tmp|var|app)\//, /\bError: /, /MongoServerError|BSONError|ZodError|TypeError|RangeError|SyntaxError/, /mongodb(\+srv)?:\/\//];

export function expectSafe({ headers, text, status }: { readonly headers: IncomingHttpHeaders; readonly text: string; readonly status: number }): void {
  expect(headers).toMatchObject({ 'x-content-type-options': 'nosniff', 'x-frame-options': 'DENY', 'referrer-policy': 'no-referrer', 'cross-origin-resource-policy': 'same-origin' });
  expect(headers['x-request-id']).toMatch(/^req_/);
  expect(headers['content-security-policy']).toContain("default-src 'none'");
  expect(headers['content-security-policy']).toContain("frame-ancestors 'none'");
  expect(Object.keys(headers).filter((name) => name.startsWith('access-control') || name === 'server' || name === 'x-powered-by')).toEqual([]);
  if (status >= 400) { expect(headers['cache-control']).toBe('no-store'); expectNoInsides(text); }
}

/** Neither a stack nor a path of a file nor the class of an error of ours. */
export function expectNoInsides(text: string): void { for (const leak of NO_LEAK) expect(text).not.toMatch(leak); }

/** A refusal: 4xx as an RFC 9457 problem. */
export function expectRefusal(answer: Answer): void {
  expectSafe(answer);
  expect(answer.status).toBeGreaterThanOrEqual(400);
  expect(answer.status).toBeLessThan(500);
  expect(answer.headers['content-type']).toBe('application/problem+json');
  expect(answer.json).toMatchObject({ status: answer.status, code: expect.stringMatching(/^LM_/) as string, requestId: answer.headers['x-request-id'] });
}
