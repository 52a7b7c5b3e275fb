/** A gateway not heard from for this long no longer holds the line (ADR 0003). */
export const HEARD_MS = 30_000;
