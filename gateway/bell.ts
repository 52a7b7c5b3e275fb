/** Rung when the API should hear from this gateway at once. */
export interface Bell {
  ring(): void;
  /** Aborted by the next ring; an earlier signal is given up. */
  listen(): AbortSignal;
}

export function createBell(): Bell {
  let listening = new AbortController();
  return {
    ring() { listening.abort(); },
    listen() { listening = new AbortController(); return listening.signal; },
  };
}
