import { isLastmileError, LastmileError } from '../domain/errors.ts';

/** The machine has nothing left to give: no defect, and the same call works once there is room. */
const NO_ROOM: readonly unknown[] = ['ENOSPC', 'EDQUOT', 'EFBIG', 'EMFILE', 'ENFILE'];

/** What a caller is told of an error: a full disk may be tried again, anything that nobody foresaw is a defect (LM_INVARIANT). */
export function toldError(error: unknown): LastmileError {
  if (isLastmileError(error)) return error;
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (NO_ROOM.includes(code)) return new LastmileError('LM_BACKEND_UNAVAILABLE', `modelhost has no room to write a file (${String(code)}): its disk is full, or it may open no more files. The same call works once there is room.`, { cause: error, retryAfterMs: 5_000 });
  return new LastmileError('LM_INVARIANT', 'modelhost failed on this request; its log says why.', { cause: error });
}
