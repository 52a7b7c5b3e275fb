/** A reservation of an Idempotency-Key without an answer for this long belongs to a call that died; the same call may take it over. */
export const RESERVED_MS = 60_000;
