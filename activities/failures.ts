import { ApplicationFailure, ApplicationFailureCategory, type ApplicationFailureOptions } from '@temporalio/common';
import { isLastmileError, type Kind, type LastmileError } from '../domain/errors.ts';

/** An expected "no" keeps logs and metrics quiet; the rest is worth a look. */
const CATEGORY: Readonly<Record<Kind, ApplicationFailureCategory | null>> = {
  invalid: null, unauthenticated: null, forbidden: null, 'not-found': null, conflict: null, mismatch: null,
  refused: ApplicationFailureCategory.BENIGN, gone: ApplicationFailureCategory.BENIGN,
  busy: ApplicationFailureCategory.BENIGN, unavailable: null, timeout: null, bug: null,
};

/** A catalogue error as Temporal sees it: type = code, retryable as its kind says, next attempt when the error names a time. */
export function toFailure(error: LastmileError): ApplicationFailure {
  const options: ApplicationFailureOptions = { message: error.message, type: error.code, nonRetryable: !error.retryable, details: [error.details] };
  const category = CATEGORY[error.kind];
  if (category !== null) options.category = category;
  if (error.retryAfterMs !== undefined) options.nextRetryDelay = error.retryAfterMs;
  return ApplicationFailure.create(options);
}

type AnyActivity = (input: never) => Promise<unknown>;

/** Wraps every activity, so that errors leave as failures in one place. Errors that are not ours stay retryable, as Temporal treats them. */
export function withFailures<T extends { readonly [K in keyof T]: AnyActivity }>(activities: T): T {
  const wrapped = Object.entries<AnyActivity>(activities).map(([name, run]) => [name, async (input: never): Promise<unknown> => {
    try {
      return await run(input);
    } catch (error) {
      throw isLastmileError(error) ? toFailure(error) : error;
    }
  }] as const);
  return Object.fromEntries(wrapped) as unknown as T;
}
