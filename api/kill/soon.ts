import { setTimeout as delay } from 'node:timers/promises';
import { isLastmileError, LastmileError } from '../../domain/errors.ts';

/** The work, or the error of `late` (LM_STORE_UNAVAILABLE) when it takes longer; what is under way then goes on unheard. */
export async function within<T>(ms: number, work: Promise<T>, late: () => LastmileError = storeAway): Promise<T> {
  const over = new AbortController();
  const end = delay(ms, undefined, { signal: over.signal }).then(() => { throw late(); });
  end.catch(() => undefined);
  work.catch(() => undefined);
  try { return await Promise.race([work, end]); } finally { over.abort(); }
}

function storeAway(): LastmileError { return new LastmileError('LM_STORE_UNAVAILABLE', 'MongoDB does not answer.', { retryAfterMs: 1_000 }); }

/** The driver would wait longer for a primary; who wants to kill is told at once of the way that needs no store. */
const STORE_MS = 1_500;
const HINT = 'To kill without it run `lastmile kill` on a machine that has used it before: it goes straight to the gateways.';

export async function orDirectly<T>(work: Promise<T>): Promise<T> {
  try {
    return await within(STORE_MS, work);
  } catch (error) {
    if (!isLastmileError(error) || error.code !== 'LM_STORE_UNAVAILABLE') throw error;
    throw new LastmileError(error.code, `${error.message} ${HINT}`, { cause: error, retryAfterMs: error.retryAfterMs ?? 1_000 });
  }
}
