import { BSON, MongoError, MongoNetworkError, MongoServerError, MongoServerSelectionError, MongoWriteConcernError } from 'mongodb';
import { isLastmileError, LastmileError } from '../../../domain/errors.ts';

const DUPLICATE_KEY = 11_000;
/** Unauthorized, AuthenticationFailed. */
const NO_ACCESS = new Set([13, 18]);
/** BSONObjectTooLarge, and the same when an update would make it so. */
const TOO_LARGE = new Set([10_334, 17_419, 17_280]);
/** MaxTimeMSExpired, ExceededTimeLimit, LockTimeout, Interrupted and its kin of a server that stops. */
const PASSING = new Set([50, 262, 24, 11_600, 11_601, 11_602, 91, 189, 10_107, 13_435, 13_436, 133, 112]);
const SOCKET_ENDED = new Set(['ECONNRESET', 'EPIPE', 'ECONNREFUSED', 'ECONNABORTED', 'ETIMEDOUT']);

export function isDuplicateKey(error: unknown): boolean { return error instanceof MongoServerError && error.code === DUPLICATE_KEY; }

/** A driver's error as one of the catalogue, with its cause. Errors of ours pass unchanged. */
export function storeError(error: unknown): LastmileError {
  if (isLastmileError(error)) return error;
  if (isDuplicateKey(error)) return new LastmileError('LM_CONFLICT', 'A document with the same key exists already with other content.', { cause: error });
  if (error instanceof MongoServerError && TOO_LARGE.has(Number(error.code))) return new LastmileError('LM_INVALID_REQUEST', 'The document is larger than MongoDB allows (16 MiB); send less at once.', { cause: error });
  if (error instanceof BSON.BSONError) return new LastmileError('LM_INVALID_REQUEST', `The document holds something that MongoDB cannot store: ${error.message}.`, { cause: error });
  if (error instanceof MongoServerError && NO_ACCESS.has(Number(error.code))) return unavailable('MongoDB refuses the access; check user and password in MONGODB_URI and the rights of the user', error);
  if (isPassing(error)) return unavailable('MongoDB does not answer, or has no primary at the moment; nothing was acknowledged, the same call may be made again', error);
  return new LastmileError('LM_INVARIANT', `MongoDB refused an operation that should be legal: ${error instanceof Error ? error.message : String(error)}.`, { cause: error });
}

function isPassing(error: unknown): boolean {
  if (error instanceof MongoServerError && !(error instanceof MongoWriteConcernError)) {
    return PASSING.has(Number(error.code)) || error.hasErrorLabel('RetryableWriteError') || error.hasErrorLabel('TransientTransactionError');
  }
  if (error instanceof MongoNetworkError || error instanceof MongoServerSelectionError || error instanceof MongoWriteConcernError) return true;
  if (isSocketError(error)) return true;
  // What is left of the driver's own errors on a path that worked before: a closed client or a cleared pool.
  return error instanceof MongoError && /Topology|Pool|NotConnected|Expired|ClientClosed|Timeout/.test(error.name);
}

/** A socket that ends while the driver writes may come out as the system's own error, without the driver's class around it. */
/** By its shape: where realms differ (Jest, workers) an error of Node's own is no instance of our Error. */
function isSocketError(error: unknown): boolean { return typeof error === 'object' && error !== null && 'code' in error && SOCKET_ENDED.has(String(error.code)); }

function unavailable(what: string, cause: unknown): LastmileError { return new LastmileError('LM_STORE_UNAVAILABLE', `${what}.`, { cause, retryAfterMs: 1_000 }); }

/** The same port with every driver error translated; the one place where they leave. */
export function withStoreErrors<T extends object>(port: T): T {
  const wrapped = Object.entries(port).map(([name, member]: [string, unknown]) => [name, typeof member === 'function' ? translating(member as AnyMethod) : member] as const);
  return Object.fromEntries(wrapped) as T;
}

type AnyMethod = (...args: readonly unknown[]) => Promise<unknown>;

function translating(method: AnyMethod): AnyMethod {
  return async (...args) => {
    try {
      return await method(...args);
    } catch (error) {
      throw storeError(error);
    }
  };
}
