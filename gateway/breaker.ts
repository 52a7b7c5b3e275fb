/** What came of a request that was let through: `true` anything but a failure to connect, `false` no connection, null nothing was learnt (given up by us). */
export type Heard = (reached: boolean | null) => void;

export interface Breaker {
  /** Null: nothing is sent now. Else the request may be sent, and what came of it must be told, once, whatever it was. */
  pass(): Heard | null;
}

export interface BreakerOptions {
  /** So many failures to connect in a row open it. */
  readonly failures: number;
  /** After so long one request is let through to see whether the server is back. */
  readonly openMs: number;
  readonly elapsedMs: () => number;
  /** Called when it opens and when it closes, not at each probe that fails. */
  readonly changed: (to: 'open' | 'closed') => void;
}

/**
 * A circuit breaker (Nygard, Release It!, 2007): a server that cannot be reached is asked by one request at a time until it answers. To connect in vain costs a gateway more than to be
 * answered, and that time is taken from the champion's requests. An answer that is late or wrong is an answer: such are results of the model, and open nothing.
 */
export function createBreaker({ failures, openMs, elapsedMs, changed }: BreakerOptions): Breaker {
  let inARow = 0;
  let openUntilMs: number | null = null;
  let probing = false;
  const close = (): void => {
    inARow = 0;
    if (openUntilMs === null) return;
    openUntilMs = null;
    changed('closed');
  };
  const fail = (probe: boolean): void => {
    inARow += 1;
    const wasOpen = openUntilMs !== null;
    // Of those that were under way when it opened none keeps it open for longer.
    if (wasOpen ? !probe : inARow < failures) return;
    openUntilMs = elapsedMs() + openMs;
    if (!wasOpen) changed('open');
  };
  return {
    pass() {
      const probe = openUntilMs !== null;
      if (openUntilMs !== null && (probing || elapsedMs() < openUntilMs)) return null;
      if (probe) probing = true;
      return (reached) => {
        if (probe) probing = false;
        if (reached === true) close();
        else if (reached === false) fail(probe);
      };
    },
  };
}
