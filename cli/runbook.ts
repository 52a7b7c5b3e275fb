import type { Code } from '../domain/errors.ts';

/** Where it says what to do about an error: a page of the package, at the code's heading. */
export function runbookOf(code: Code): string { return `docs/runbooks.md#${code.toLowerCase()}`; }
