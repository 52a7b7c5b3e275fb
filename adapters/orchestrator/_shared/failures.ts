import { isGrpcServiceError, ServiceError, WorkflowNotFoundError, WorkflowUpdateFailedError, WorkflowUpdateRPCTimeoutOrCancelledError } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { CATALOGUE, isLastmileError, LastmileError, type Code } from '../../../domain/errors.ts';

/** gRPC status codes, by number: the enum lives in a package of the client's own. */
const GRPC = { cancelled: 1, deadlineExceeded: 4, resourceExhausted: 8, failedPrecondition: 9, unavailable: 14 } as const;
const AWAY: readonly number[] = [GRPC.cancelled, GRPC.deadlineExceeded, GRPC.unavailable];
const BUSY_RETRY_MS = 1_000;

export type Gone = 'gone';

/** What a caller of the port sees: our own codes from inside workflows, and what the server or its absence means. 'gone' where no open workflow has the id. */
export function translated(error: unknown): LastmileError | Gone {
  if (isLastmileError(error)) return error;
  if (error instanceof WorkflowNotFoundError) return 'gone';
  if (error instanceof WorkflowUpdateFailedError) return fromWorkflow(error.cause) ?? defect(error);
  if (error instanceof WorkflowUpdateRPCTimeoutOrCancelledError) return away(error);
  const status = statusOf(error);
  if (status === GRPC.resourceExhausted) return new LastmileError('LM_BUSY', 'Temporal takes no more of these calls for now; try again in a second.', { cause: error, retryAfterMs: BUSY_RETRY_MS });
  if (status === GRPC.failedPrecondition) return new LastmileError('LM_BUSY', 'The workflow is busy starting afresh; try again in a second.', { cause: error, retryAfterMs: BUSY_RETRY_MS });
  if (status !== null && AWAY.includes(status) || isConnectionFailure(error)) return away(error);
  return defect(error);
}

function fromWorkflow(cause: unknown): LastmileError | null {
  if (!(cause instanceof ApplicationFailure) || !isCode(cause.type)) return null;
  const [details] = cause.details ?? [];
  return new LastmileError(cause.type, cause.message, { cause, ...(isRecord(details) ? { details } : {}) });
}

/** A refusal by an update that had been accepted while its entity was being restored. */
export function wasLate(error: unknown): boolean {
  const [details] = error instanceof WorkflowUpdateFailedError && error.cause instanceof ApplicationFailure ? error.cause.details ?? [] : [];
  return isRecord(details) && details.late === true;
}

function away(cause: unknown): LastmileError {
  return new LastmileError('LM_ORCHESTRATOR_UNAVAILABLE', 'Temporal, or the worker behind it, did not answer in time; ask again with the same idempotency key, which starts nothing twice.', { cause });
}

function defect(cause: unknown): LastmileError { return new LastmileError('LM_INVARIANT', `Temporal refused the call: ${cause instanceof Error ? cause.message : String(cause)}`, { cause }); }

function statusOf(error: unknown): number | null {
  const inner = error instanceof ServiceError ? error.cause : error;
  return isGrpcServiceError(inner) ? inner.code : null;
}

/** The lazy connection gives up with errors that carry no status. */
function isConnectionFailure(error: unknown): boolean { return error instanceof Error && /connect|deadline|channel|abort/i.test(`${error.name} ${error.message}`); }

function isCode(type: string | null | undefined): type is Code { return typeof type === 'string' && type in CATALOGUE; }
function isRecord(value: unknown): value is Record<string, unknown> { return typeof value === 'object' && value !== null && !Array.isArray(value); }
